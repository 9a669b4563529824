//! Times by the million in little memory, and what is told of them.

use std::ops::AddAssign;
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

/// Times are told apart to a thousandth.
const DIGITS: u8 = 3;
/// Below this, times are not told apart.
const MIN_NS: u64 = 100;
/// Longer times count as this one.
const MAX_NS: u64 = 3_600_000_000_000;

/// Times, each within a thousandth.
#[derive(Debug)]
pub(super) struct Latencies(Histogram<u64>);

/// What is told of many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Percentiles {
    pub(super) p50: Duration,
    pub(super) p90: Duration,
    pub(super) p99: Duration,
    pub(super) p99_9: Duration,
    pub(super) max: Duration,
}

impl Latencies {
    /// Begins with none.
    ///
    /// # Errors
    /// Never with these bounds; the library can't know.
    pub(super) fn new() -> Result<Self, CreationError> {
        Histogram::new_with_bounds(MIN_NS, MAX_NS, DIGITS).map(Self)
    }

    pub(super) fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    /// The percentiles; none of nothing.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        let at = |quantile| Duration::from_nanos(self.0.value_at_quantile(quantile).min(self.0.max()));
        (!self.0.is_empty()).then(|| Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            max: at(1.0),
        })
    }

    /// The share of times over this one, from 0 to 1.
    pub(super) fn share_over(&self, time: Duration) -> f64 {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let below = self.0.quantile_below(ns);
        if self.0.is_empty() { 0.0 } else { 1.0 - below }
    }
}

impl AddAssign<&Latencies> for Latencies {
    fn add_assign(&mut self, other: &Self) {
        // Both have the same bounds, so it can't fail.
        let _ = self.0.add(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_true_to_a_thousandth() {
        let mut latencies = Latencies::new().unwrap();
        assert_eq!(latencies.percentiles(), None);
        (1..=10_000).for_each(|us| latencies.record(us * 1_000));
        let Percentiles { p50, p90, p99, p99_9, max } = latencies.percentiles().unwrap();
        for (measured, true_us) in
            [(p50, 5_000.0), (p90, 9_000.0), (p99, 9_900.0), (p99_9, 9_990.0), (max, 10_000.0)]
        {
            let us = measured.as_secs_f64() * 1e6;
            assert!((us / true_us - 1.0).abs() < 0.001, "{us} µs for {true_us} µs");
        }
    }

    #[test]
    fn a_share_over_a_time_is_told() {
        let mut latencies = Latencies::new().unwrap();
        assert!(latencies.share_over(Duration::ZERO).abs() < 1e-9);
        (1..=100).for_each(|ms| latencies.record(ms * 1_000_000));
        let share = latencies.share_over(Duration::from_millis(90));
        assert!((share - 0.1).abs() < 0.011, "{share}");
    }

    #[test]
    fn what_two_threads_recorded_adds_up() {
        let (mut all, mut other) = (Latencies::new().unwrap(), Latencies::new().unwrap());
        all.record(1_000);
        other.record(2_000_000);
        all += &other;
        assert_eq!(all.percentiles().unwrap().max.as_millis(), 2);
    }
}
