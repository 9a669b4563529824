//! Straight lines through measured points.

/// The line `a + b·x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What is paid anyway.
    pub a: f64,
    /// What each unit of `x` adds.
    pub b: f64,
    /// The largest deviation of a point from the line, as a share of the point.
    pub worst: f64,
}

impl Line {
    /// The line with the least squares of relative deviations: points at 10 and at 10,000 weigh the same. None for fewer
    /// than two different points, or if one is not over 0.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        if points.iter().any(|&(_, y)| y <= 0.0) {
            return None;
        }
        let sum = |term: fn(f64, f64) -> f64| points.iter().map(|&(x, y)| term(x, y) / (y * y)).sum::<f64>();
        let (weight, x, y) = (sum(|_, _| 1.0), sum(|x, _| x), sum(|_, y| y));
        let (xx, xy) = (sum(|x, _| x * x), sum(|x, y| x * y));
        let determinant = weight * xx - x * x;
        if points.len() < 2 || determinant.abs() <= f64::EPSILON * weight * xx {
            return None;
        }
        let b = (weight * xy - x * y) / determinant;
        let a = (y - b * x) / weight;
        let worst = points.iter().map(|&(x, y)| ((a + b * x - y) / y).abs()).fold(0.0, f64::max);
        Some(Self { a, b, worst })
    }

    /// The height of the line.
    pub fn at(&self, x: f64) -> f64 {
        self.a + self.b * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line() {
        let points = [1.0, 10.0, 100.0, 10_000.0].map(|x| (x, 3.0 + 0.5 * x));
        let line = Line::through(&points).expect("a line");
        assert!((line.a - 3.0).abs() < 1e-6 && (line.b - 0.5).abs() < 1e-6 && line.worst < 1e-6, "{line:?}");
    }

    #[test]
    fn a_small_point_weighs_as_much_as_a_large_one() {
        let line = Line::through(&[(1.0, 10.0), (2.0, 11.0), (1000.0, 2000.0)]).expect("a line");
        assert!(line.worst < 0.1, "{line:?}");
        assert!((line.at(1000.0) - 2000.0).abs() < 200.0);
    }

    #[test]
    fn too_few_points_give_no_line() {
        assert_eq!(Line::through(&[]), None);
        assert_eq!(Line::through(&[(1.0, 2.0)]), None);
        assert_eq!(Line::through(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(Line::through(&[(1.0, 0.0), (2.0, 3.0)]), None);
    }
}
