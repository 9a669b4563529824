//! Medians, spreads and ratios of a handful of samples.

/// Median and spread of some samples, in their own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The middle sample; the mean of the two middle ones if their number is even.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// The spread of some samples; none if there are none.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = sorted.len() / 2;
        let lower = (sorted.len() - 1) / 2;
        Some(Self { median: f64::midpoint(sorted[lower], sorted[upper]), min, max })
    }
}

/// How two subjects compare that were measured in turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median of one divided by the median of the other.
    pub of_medians: f64,
    /// The ratios within each pair, which share the machine's mood of that moment.
    pub of_pairs: Spread,
}

impl Ratio {
    /// Compares samples with those of the floor, pair by pair; none if there are none or a floor is 0.
    pub fn of(samples: &[f64], floor: &[f64]) -> Option<Self> {
        if floor.iter().any(|&f| f <= 0.0) {
            return None;
        }
        let pairs: Vec<f64> = samples.iter().zip(floor).map(|(sample, floor)| sample / floor).collect();
        Some(Self {
            of_medians: Spread::of(samples)?.median / Spread::of(floor)?.median,
            of_pairs: Spread::of(&pairs)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_sample_whatever_their_order() {
        let spread = Spread::of(&[3.0, 1.0, 10.0, 2.0, 4.0]);
        assert_eq!(spread, Some(Spread { median: 3.0, min: 1.0, max: 10.0 }));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 9.0]).map(|s| s.median), Some(3.0));
    }

    #[test]
    fn no_samples_have_no_spread_and_no_ratio() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Ratio::of(&[], &[]), None);
    }

    #[test]
    fn pairs_compare_what_was_measured_at_the_same_time() {
        let ratio = Ratio::of(&[2.0, 40.0, 9.0], &[1.0, 20.0, 3.0]).expect("there are samples");
        assert!((ratio.of_medians - 3.0).abs() < 1e-9);
        assert_eq!(ratio.of_pairs, Spread { median: 2.0, min: 2.0, max: 3.0 });
    }

    #[test]
    fn a_floor_of_nothing_has_no_ratio() {
        assert_eq!(Ratio::of(&[1.0], &[0.0]), None);
    }
}
