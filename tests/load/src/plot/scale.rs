//! From values to places on a page, and where an axis has its marks.

/// Values this many times apart are told apart better by their logarithm.
const LOG_FROM: f64 = 20.0;
/// About how many marks an even scale has.
const MARKS: f64 = 6.0;
/// Room beyond the outermost values of a logarithmic scale.
const LOG_ROOM: f64 = 1.25;
/// Room beyond the largest value of an even scale.
const EVEN_ROOM: f64 = 1.05;

/// A scale along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    is_log: bool,
    /// The values at the two ends.
    values: (f64, f64),
    /// The places of the two ends, in pixels.
    places: (f64, f64),
}

impl Scale {
    /// A scale on which these values have room between two places: even from 0 on, or logarithmic if they are far apart
    /// and all over 0. None if there is no value over 0.
    pub fn holding(values: impl IntoIterator<Item = f64> + Clone, places: (f64, f64)) -> Option<Self> {
        let min = values.clone().into_iter().fold(f64::INFINITY, f64::min);
        let max = values.into_iter().fold(0.0, f64::max);
        if !max.is_finite() || max <= 0.0 {
            return None;
        }
        let is_log = min > 0.0 && max / min > LOG_FROM;
        let values = if is_log { (min / LOG_ROOM, max * LOG_ROOM) } else { (min.min(0.0), max * EVEN_ROOM) };
        Some(Self { is_log, values, places })
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        let along = |value: f64| if self.is_log { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let (first, last) = (along(self.values.0), along(self.values.1));
        let share = (along(value) - first) / (last - first);
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Whether a value has its place between the ends.
    pub fn holds(&self, value: f64) -> bool {
        (self.values.0..=self.values.1).contains(&value)
    }

    /// Values that are marked.
    pub fn marks(&self) -> Vec<f64> {
        let marks = if self.is_log { log_marks(self.values) } else { even_marks(self.values) };
        marks.into_iter().filter(|&mark| self.holds(mark)).collect()
    }
}

/// 1, 2 and 5 times powers of ten; the powers alone if there are many.
fn log_marks((min, max): (f64, f64)) -> Vec<f64> {
    let factors: &[f64] = if max / min > 1e3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let mut marks = Vec::new();
    let mut power = 10_f64.powf(min.log10().floor());
    while power <= max {
        marks.extend(factors.iter().map(|factor| factor * power));
        power *= 10.0;
    }
    marks
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn even_marks((min, max): (f64, f64)) -> Vec<f64> {
    let rough = (max - min) / MARKS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|&step| step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let mut marks = Vec::new();
    let mut index = (min / step).ceil();
    while index * step <= max {
        marks.push(index * step);
        index += 1.0;
    }
    marks
}

/// A mark's text: as few digits as tell it, thousands apart.
pub fn text(value: f64) -> String {
    if value.abs() < 1000.0 {
        // Steps such as 0.1 + 0.2 leave a trace far behind the point.
        return format!("{}", (value * 1e6).round() / 1e6);
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_near_each_other_are_on_an_even_scale_from_nothing_on() {
        let scale = Scale::holding([2.0, 4.0, 10.0], (100.0, 205.0)).expect("there are values");
        assert_eq!((scale.at(0.0), scale.at(10.0)), (100.0, 200.0));
        assert_eq!(scale.marks(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    }

    #[test]
    fn values_far_apart_are_on_a_logarithmic_scale() {
        let scale = Scale::holding([1.0, 100.0, 10_000.0], (0.0, 100.0)).expect("there are values");
        assert!((scale.at(100.0) - 50.0).abs() < 1e-9);
        assert_eq!(scale.marks(), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let near = Scale::holding([10.0, 400.0], (0.0, 100.0)).expect("there are values");
        assert_eq!(near.marks(), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0]);
    }

    #[test]
    fn a_scale_can_run_upwards() {
        let scale = Scale::holding([10.0], (300.0, 100.0)).expect("there are values");
        assert!(scale.at(0.0) > scale.at(5.0) && scale.at(5.0) > scale.at(10.0));
    }

    #[test]
    fn nothing_has_no_scale() {
        assert_eq!(Scale::holding([], (0.0, 1.0)), None);
        assert_eq!(Scale::holding([0.0, f64::INFINITY], (0.0, 1.0)), None);
    }

    #[test]
    fn marks_have_no_more_digits_than_they_need() {
        let texts = [0.0, 0.1 + 0.2, 25.0, 1000.0, 65_536.0, 1_234_567.0].map(text);
        assert_eq!(texts, ["0", "0.3", "25", "1,000", "65,536", "1,234,567"]);
    }
}
