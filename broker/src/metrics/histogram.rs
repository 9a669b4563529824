//! A histogram of durations with fixed buckets, cheap enough for the hot path.

use std::time::Duration;

use super::Counter;

/// Upper bounds of the buckets in seconds: a factor of about 2.5 apart, from 10 µs to 10 s.
pub(crate) const BOUNDS_SECONDS: [f64; 19] = [
    1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// How many were observed, by bucket; the last is over every bound.
pub(crate) type Counts = [u64; BOUNDS_SECONDS.len() + 1];

/// Counts of observed durations by bucket, and their sum.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [Counter; BOUNDS_SECONDS.len() + 1],
    sum_nanos: Counter,
}

impl Histogram {
    pub(crate) fn observe(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BOUNDS_SECONDS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].add(1);
        self.sum_nanos.add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many were observed, by bucket; the last is over every bound.
    pub(crate) fn counts(&self) -> Counts {
        std::array::from_fn(|bucket| self.buckets[bucket].get())
    }

    pub(crate) fn sum_seconds(&self) -> f64 {
        Duration::from_nanos(self.sum_nanos.get()).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_on_a_bound_counts_below_it() {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_micros(10));
        histogram.observe(Duration::from_secs(11));
        let counts = histogram.counts();
        assert_eq!((counts[0], counts[BOUNDS_SECONDS.len()]), (1, 1));
        assert!((histogram.sum_seconds() - 11.000_01).abs() < 1e-9);
    }
}
