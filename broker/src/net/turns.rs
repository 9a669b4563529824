//! Turns: each slot of a shard has one in every interval, by the time that has passed, however rarely anybody looks.

use std::time::Duration;

use crate::clock::Moment;

/// Slots take their turns in so many groups, so that the work is spread over the interval; a slot's group is what is left
/// of its number.
const SPREAD: u32 = 64;
const GROUPS: usize = SPREAD as usize;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    interval: Duration,
    /// When each group has its next turn.
    next: [Moment; GROUPS],
}

impl Turns {
    /// The first turns are spread over the interval from now on.
    pub(super) fn new(interval: Duration, now: Moment) -> Self {
        let mut next = now;
        let next = std::array::from_fn(|_| {
            next = next.plus(interval / SPREAD);
            next
        });
        Self { interval, next }
    }

    /// The groups whose turn has come; they have the next one an interval later. With another interval than before, the
    /// turns are spread anew.
    pub(super) fn take(&mut self, now: Moment, interval: Duration) -> Vec<usize> {
        if interval != self.interval {
            *self = Self::new(interval, now);
        }
        let due = |(_, next): &(usize, &mut Moment)| **next <= now;
        let due = self.next.iter_mut().enumerate().filter(due);
        due.map(|(group, next)| {
            // A turn that comes late does not move the later ones: so groups never have theirs at once.
            let missed = now.since(*next).as_nanos() / interval.as_nanos().max(1);
            *next = next.plus(interval * u32::try_from(missed + 1).unwrap_or(u32::MAX));
            group
        })
        .collect()
    }
}

/// The slots of a group, of so many.
pub(super) fn slots_of(group: usize, slots: usize) -> impl Iterator<Item = u32> {
    (group..slots).step_by(GROUPS).map(|slot| u32::try_from(slot).unwrap_or(u32::MAX))
}

/// Who is pinged when, and since when each could have answered.
#[derive(Debug)]
pub(super) struct Pings {
    turns: Turns,
    /// When each group was pinged last, and the time before.
    pinged: [[Option<Moment>; 2]; GROUPS],
}

impl Pings {
    pub(super) fn new(heartbeat: Duration, now: Moment) -> Self {
        Self { turns: Turns::new(heartbeat, now), pinged: [[None; 2]; GROUPS] }
    }

    /// The groups that are to be pinged now.
    pub(super) fn take(&mut self, now: Moment, heartbeat: Duration) -> Vec<usize> {
        let groups = self.turns.take(now, heartbeat);
        for group in &groups {
            if let Some([last, before]) = self.pinged.get_mut(*group) {
                *before = last.replace(now);
            }
        }
        groups
    }

    /// When a slot was pinged for the last time at least a heartbeat ago: who was there then could have answered.
    pub(super) fn answerable(&self, slot: u32, now: Moment, heartbeat: Duration) -> Option<Moment> {
        let pinged = self.pinged.get(slot as usize % GROUPS)?;
        pinged.iter().flatten().copied().find(|at| now.since(*at) >= heartbeat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(25);
    const SLOTS: usize = 200;

    fn at(ms: u64) -> Moment {
        Moment::after_start(Duration::from_millis(ms))
    }

    #[test]
    fn every_slot_has_one_turn_in_each_interval_however_far_apart_the_looks_are() {
        for look_ms in [10, 500, 7_000, 10_000, 24_000] {
            let mut turns = Turns::new(HEARTBEAT, at(0));
            let mut had = vec![at(0); SLOTS];
            let mut count = 0;
            for now in (1..=300_000 / look_ms).map(|look| at(look * look_ms)) {
                for slot in turns.take(now, HEARTBEAT).into_iter().flat_map(|group| slots_of(group, SLOTS)) {
                    count += 1;
                    let waited = now.since(std::mem::replace(&mut had[slot as usize], now));
                    assert!(waited <= HEARTBEAT + Duration::from_millis(look_ms), "{slot} waited {waited:?}");
                }
            }
            assert!(had.iter().all(|last| at(300_000).since(*last) <= HEARTBEAT * 2));
            assert!(count <= SLOTS * 12, "{count} turns in 12 intervals");
        }
    }

    #[test]
    fn turns_stay_spread_after_a_long_time_without_a_look() {
        let mut turns = Turns::new(HEARTBEAT, at(0));
        assert_eq!(turns.take(at(1_000_000), HEARTBEAT).len(), GROUPS);
        for look in 1..=250 {
            let due = turns.take(at(1_000_000 + look * 100), HEARTBEAT).len();
            assert!(due <= 1, "{due} groups at once");
        }
    }

    #[test]
    fn another_interval_holds_from_now_on() {
        let mut turns = Turns::new(HEARTBEAT, at(0));
        assert!(turns.take(at(100), Duration::from_millis(640)).is_empty(), "spread anew");
        assert_eq!(turns.take(at(740), Duration::from_millis(640)).len(), GROUPS);
    }

    #[test]
    fn only_a_ping_that_is_a_heartbeat_old_can_have_been_answered() {
        let mut pings = Pings::new(HEARTBEAT, at(0));
        assert_eq!(pings.answerable(0, at(60_000), HEARTBEAT), None, "it was never pinged");
        let pinged = at(60_000);
        pings.take(pinged, HEARTBEAT);
        assert_eq!(pings.answerable(0, at(84_999), HEARTBEAT), None);
        assert_eq!(pings.answerable(0, at(85_000), HEARTBEAT), Some(pinged));
        pings.take(at(86_000), HEARTBEAT);
        assert_eq!(pings.answerable(0, at(90_000), HEARTBEAT), Some(pinged), "the last one is too young");
        assert_eq!(pings.answerable(0, at(111_000), HEARTBEAT), Some(at(86_000)));
    }
}
