//! When messages of a steady rate are due.

use std::time::{Duration, Instant};

/// A steady rate: each message is due one interval after the one before.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    start: Instant,
    interval: Duration,
    first: u32,
}

impl Schedule {
    /// Message `first` is due at `start`, then `per_second` of them a second.
    pub fn new(per_second: u32, first: u32, start: Instant) -> Self {
        Self { start, interval: Duration::from_secs(1) / per_second.max(1), first }
    }

    /// The moment for which a message is intended.
    #[inline]
    pub fn intended(&self, number: u32) -> Instant {
        self.start + self.interval * number.saturating_sub(self.first)
    }

    /// The messages below this number are due.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a run has far fewer messages"
    )]
    pub fn due(&self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.start);
        self.first + 1 + elapsed.div_duration_f64(self.interval) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_due_from_its_intended_moment_on() {
        let start = Instant::now();
        let schedule = Schedule::new(100, 7, start);
        assert_eq!(schedule.intended(7), start);
        assert_eq!(schedule.intended(10), start + Duration::from_millis(30));
        assert_eq!(schedule.due(start), 8);
        assert_eq!(schedule.due(start + Duration::from_millis(29)), 10);
        assert_eq!(schedule.due(start + Duration::from_millis(31)), 11);
    }
}
