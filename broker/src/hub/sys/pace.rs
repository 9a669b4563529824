//! The pace of an event: so many a second are told, and the others counted.

use std::time::Duration;

use crate::clock::Moment;

/// Events of a kind that are told within a second.
const TOLD_PER_SECOND: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);

/// How many events of a kind were told within this second, and how many were not.
#[derive(Debug, Default)]
pub(super) struct Pace {
    began: Moment,
    told: u32,
    left_out: u64,
}

impl Pace {
    /// Whether an event that happens now is told; if not, it is counted.
    pub(super) fn allows(&mut self, now: Moment) -> bool {
        if now.since(self.began) >= SECOND {
            self.began = now;
            self.told = 0;
        }
        let allows = self.told < TOLD_PER_SECOND;
        if allows {
            self.told += 1;
        } else {
            self.left_out += 1;
        }
        allows
    }

    /// How many were not told since the last call.
    pub(super) fn take_left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_pace_is_counted_and_the_next_second_begins_anew() {
        let mut pace = Pace::default();
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        let told = (0..250).filter(|ms| pace.allows(at(2_000 + ms))).count();
        assert_eq!((told, pace.take_left_out(), pace.take_left_out()), (100, 150, 0));
        assert!(!pace.allows(at(2_999)));
        assert!(pace.allows(at(3_000)));
        assert_eq!(pace.take_left_out(), 1);
    }
}
