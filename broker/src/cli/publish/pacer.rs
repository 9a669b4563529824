//! An even pace: when the next message is due.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// How far a pacer that was held up may run ahead of its pace to catch up.
const MAX_BURST: Duration = Duration::from_millis(10);

/// An even pace. What is late is made up for, but never in a burst of more than [`MAX_BURST`]'s worth.
#[derive(Debug)]
pub(super) struct Pacer {
    interval: Duration,
    due: Instant,
}

impl Pacer {
    pub(super) fn new(per_second: NonZeroU32, now: Instant) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.get(), due: now }
    }

    /// Takes the next message's turn: the time until which it must wait, if it must.
    pub(super) fn turn(&mut self, now: Instant) -> Option<Instant> {
        let behind = now.saturating_duration_since(self.due);
        self.due += behind.saturating_sub(MAX_BURST);
        let turn = self.due;
        self.due += self.interval;
        (turn > now).then_some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacer(per_second: u32, now: Instant) -> Pacer {
        Pacer::new(NonZeroU32::new(per_second).unwrap(), now)
    }

    #[test]
    fn messages_are_due_at_even_distances() {
        let start = Instant::now();
        let mut pacer = pacer(4, start);
        let turns: Vec<_> = (0..3).map(|_| pacer.turn(start)).collect();
        let quarter = Duration::from_millis(250);
        assert_eq!(turns, [None, Some(start + quarter), Some(start + quarter * 2)]);
    }

    #[test]
    fn after_a_long_pause_at_most_ten_milliseconds_worth_comes_at_once() {
        let start = Instant::now();
        let mut pacer = pacer(1_000, start);
        let later = start + Duration::from_secs(5);
        let at_once = (0..1_000).take_while(|_| pacer.turn(later).is_none()).count();
        assert_eq!(at_once, 11, "ten that are late, and the one that is due");
    }
}
