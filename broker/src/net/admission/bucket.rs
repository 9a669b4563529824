//! A token bucket: so many events a second, a few of them at once.

use std::time::Duration;

use crate::clock::Moment;

/// What an unused bucket holds is good for this time: so much may come at once, and at least one event.
const BURST: Duration = Duration::from_millis(100);

/// When the next event may be. It keeps one moment, not a count: the one at which the bucket is full again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    full_at: Moment,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(now: Moment) -> Self {
        Self { full_at: now }
    }

    /// Takes one event out of a bucket for this many a second; 0 counts as 1.
    ///
    /// # Errors
    /// There is none: the time until there is.
    pub(crate) fn take(&mut self, per_second: usize, now: Moment) -> Result<(), Duration> {
        let wait = self.full_at.since(now).saturating_sub(BURST);
        if !wait.is_zero() {
            return Err(wait);
        }
        let each = Duration::from_secs(1) / u32::try_from(per_second).unwrap_or(u32::MAX).max(1);
        self.full_at = self.full_at.max(now).plus(each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    /// How many events a bucket gives away up to a moment, if in every millisecond all are taken that there are.
    fn taken(per_second: usize, until: u64) -> usize {
        let mut bucket = Bucket::new(at(0));
        (0..until)
            .map(|now| {
                std::iter::repeat_with(|| bucket.take(per_second, at(now))).take_while(Result::is_ok).count()
            })
            .sum()
    }

    #[test]
    fn over_a_long_time_it_gives_its_rate_and_the_burst() {
        assert_eq!(taken(1_000, 10_000), 10_100);
        assert_eq!(taken(20, 10_000), 202);
    }

    #[test]
    fn the_slowest_bucket_has_one_event_at_once() {
        let mut bucket = Bucket::new(at(0));
        assert_eq!(bucket.take(1, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(Duration::from_millis(900)));
        assert_eq!(bucket.take(1, at(900)), Ok(()));
    }

    #[test]
    fn who_waits_as_long_as_told_is_served() {
        let mut bucket = Bucket::new(at(0));
        let mut now = at(0);
        for _ in 0..100 {
            if let Err(wait) = bucket.take(7, now) {
                now = now.plus(wait);
                assert_eq!(bucket.take(7, now), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_not_used_does_not_add_up() {
        let mut bucket = Bucket::new(at(0));
        let day = Moment::after_start(Duration::from_hours(24));
        let burst = std::iter::repeat_with(|| bucket.take(1_000, day)).take_while(Result::is_ok).count();
        assert_eq!(burst, 101);
    }
}
