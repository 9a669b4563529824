//! How long deliveries take, from the moment for which each message was intended.

use std::time::Instant;

use hdrhistogram::Histogram;

use crate::error::LoadError;
use crate::samples::Figure;
use crate::schedule::Schedule;

/// Longest latency that is told apart, in microseconds; longer ones count as this.
const LATENCY_MAX_MICROS: u64 = 60_000_000;
/// Decimal digits that are kept of a latency.
const DIGITS: u8 = 3;

/// The latencies of a stretch of messages that are published at a steady rate.
///
/// They count from the moment for which a message was intended. So a publisher that is held up makes latencies
/// longer and not fewer.
#[derive(Debug)]
pub struct Latencies {
    schedule: Schedule,
    now: Instant,
    first: u32,
    end: u32,
    histogram: Histogram<u32>,
}

impl Latencies {
    /// Latencies against this schedule. No message counts until [`Latencies::begin`].
    ///
    /// # Errors
    /// The bounds of the histogram contradict each other.
    pub fn new(schedule: Schedule) -> Result<Self, LoadError> {
        let histogram = Histogram::new_with_max(LATENCY_MAX_MICROS, DIGITS)
            .map_err(|error| LoadError::Machine(format!("no histogram: {error}")))?;
        Ok(Self { schedule, now: Instant::now(), first: u32::MAX, end: u32::MAX, histogram })
    }

    /// Counts the messages from `first` on, and forgets what was counted before.
    pub fn begin(&mut self, first: u32) {
        (self.first, self.end) = (first, u32::MAX);
        self.histogram.reset();
    }

    /// Counts no message from `end` on; those before it count whenever they come.
    pub fn end(&mut self, end: u32) {
        self.end = end;
    }

    /// What is delivered next was read now.
    pub fn read_at(&mut self, now: Instant) {
        self.now = now;
    }

    /// Takes note that a subscriber got message `number`.
    #[inline]
    pub fn delivered(&mut self, number: u32) {
        if (self.first..self.end).contains(&number) {
            let late = self.now.saturating_duration_since(self.schedule.intended(number));
            self.histogram.saturating_record(u64::try_from(late.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// The latency that this share of deliveries did not exceed, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "at most a minute in microseconds")]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        self.histogram.value_at_quantile(share) as f64 / 1e3
    }

    /// What is kept of them.
    pub fn figures(&self) -> Vec<Figure> {
        [("latency p50", 0.5), ("latency p99", 0.99), ("latency p99.9", 0.999), ("latency max", 1.0)]
            .map(|(name, share)| Figure::new(name, "ms", self.quantile_ms(share)))
            .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn latencies_count_from_the_intended_moment_of_each_message_of_the_stretch() {
        let start = Instant::now();
        let mut latencies = Latencies::new(Schedule::new(100, 0, start)).expect("sound bounds");
        let deliver = |latencies: &mut Latencies, at_ms, number| {
            latencies.read_at(start + Duration::from_millis(at_ms));
            latencies.delivered(number);
        };
        deliver(&mut latencies, 900, 0);
        latencies.begin(10);
        for number in 10..110 {
            deliver(&mut latencies, 10 * u64::from(number) + 2, number);
        }
        latencies.end(110);
        deliver(&mut latencies, 5000, 110);
        deliver(&mut latencies, 1500, 109);
        assert!((latencies.quantile_ms(0.5) - 2.0).abs() < 0.01);
        assert!((latencies.quantile_ms(0.99) - 2.0).abs() < 0.01);
        assert!((latencies.quantile_ms(1.0) - 410.0).abs() < 1.0);
    }
}
