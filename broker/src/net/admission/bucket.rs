//! A token bucket: so many events a second, a few of them at once.

use std::time::Duration;

use crate::clock::Moment;

/// What an unused bucket holds is good for this time: so much may come at once, and at least one event.
const BURST: Duration = Duration::from_millis(100);

/// When the next event may be. It keeps one moment, not a count: the one at which the bucket is full again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    full_at: Moment,
    /// Time that one event takes.
    each: Duration,
}

impl Bucket {
    /// A full bucket for this many events a second; 0 counts as 1.
    pub(crate) fn new(per_second: usize, now: Moment) -> Self {
        let per_second = u32::try_from(per_second).unwrap_or(u32::MAX).max(1);
        Self { full_at: now, each: Duration::from_secs(1) / per_second }
    }

    /// Takes one event out.
    ///
    /// # Errors
    /// There is none: the time until there is.
    pub(crate) fn take(&mut self, now: Moment) -> Result<(), Duration> {
        let wait = self.full_at.since(now).saturating_sub(BURST);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.full_at = self.full_at.max(now).plus(self.each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    /// How many events a bucket gives away up to a moment, if every millisecond all are taken that there are.
    fn taken(bucket: &mut Bucket, until: u64) -> usize {
        (0..until)
            .map(|now| std::iter::repeat_with(|| bucket.take(at(now))).take_while(Result::is_ok).count())
            .sum()
    }

    #[test]
    fn over_a_long_time_it_gives_its_rate_and_the_burst() {
        assert_eq!(taken(&mut Bucket::new(1_000, at(0)), 10_000), 10_100);
        assert_eq!(taken(&mut Bucket::new(20, at(0)), 10_000), 202);
    }

    #[test]
    fn the_slowest_bucket_has_one_event_at_once() {
        let mut bucket = Bucket::new(1, at(0));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(900)));
        assert_eq!(bucket.take(at(900)), Ok(()));
    }

    #[test]
    fn who_waits_as_long_as_told_is_served() {
        let mut bucket = Bucket::new(7, at(0));
        let mut now = at(0);
        for _ in 0..100 {
            if let Err(wait) = bucket.take(now) {
                now = now.plus(wait);
                assert_eq!(bucket.take(now), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_not_used_does_not_add_up() {
        let mut bucket = Bucket::new(1_000, at(0));
        let day = Moment::after_start(Duration::from_hours(24));
        let burst = std::iter::repeat_with(|| bucket.take(day)).take_while(Result::is_ok).count();
        assert_eq!(burst, 101);
    }
}
