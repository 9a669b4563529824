//! A pace: so many a second. Whoever asks counts in one number that all threads share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Moment;

const COUNT_BITS: u32 = 32;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

/// How many there were in this second: its number in the upper half, their count in the lower.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// Whether there may be one more, if there may be so many a second.
    pub(super) fn allows(&self, per_second: usize, now: Moment) -> bool {
        let now = now.since(Moment::after_start(Duration::ZERO)).as_secs() << COUNT_BITS;
        let most = u64::try_from(per_second).unwrap_or(u64::MAX).min(COUNT_MAX);
        let count = |state: u64| {
            // A clock that another thread read a little earlier begins no second anew.
            let state = if state < now { now } else { state };
            (state & COUNT_MAX < most).then_some(state + 1)
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_and_the_next_one_as_many_again() {
        let (pace, at) = (Pace::default(), |ms| Moment::after_start(Duration::from_millis(ms)));
        let allowed = |from: u64, to: u64| (from..to).filter(|ms| pace.allows(3, at(*ms))).count();
        assert_eq!((allowed(0, 1_000), allowed(1_000, 2_000), allowed(7_500, 8_000)), (3, 3, 3));
        assert!(!pace.allows(3, at(6_000)), "an earlier reading of the clock begins no second anew");
        assert!(!pace.allows(0, at(9_000)));
    }
}
