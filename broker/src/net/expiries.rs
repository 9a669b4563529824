//! Expiries: when which session is to be looked at because its token may have expired. No timer a session.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clock::Moment;
use crate::engine::SessionId;

/// A session's slot and name.
type Seat = (u32, SessionId);

/// Sessions with a token that expires, by when they are to be looked at. Each has one entry, for as long as it is open.
#[derive(Debug, Default)]
pub(super) struct Expiries(BTreeSet<(Moment, Seat)>);

impl Expiries {
    /// Notes a session whose token expires at this moment; to the second, so that many are looked at together.
    pub(super) fn add(&mut self, slot: u32, session: SessionId, expires: Moment) {
        self.0.insert((up_to_the_second(expires), (slot, session)));
    }

    /// Lets go of a session that ended, or goes on with another token than the one that expires at this moment.
    pub(super) fn forget(&mut self, slot: u32, session: SessionId, expires: Moment) {
        self.0.remove(&(up_to_the_second(expires), (slot, session)));
    }

    /// A session whose token may have expired by now.
    pub(super) fn pop_due(&mut self, now: Moment) -> Option<Seat> {
        let (due, seat) = *self.0.first()?;
        if due > now {
            return None;
        }
        self.0.pop_first();
        Some(seat)
    }
}

fn up_to_the_second(moment: Moment) -> Moment {
    let elapsed = moment.since(Moment::default());
    Moment::after_start(Duration::from_secs(elapsed.as_secs() + u64::from(elapsed.subsec_nanos() > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_due_within_a_second_after_its_token_expires() {
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        let mut expiries = Expiries::default();
        expiries.add(2, SessionId(8), at(2_000));
        expiries.add(1, SessionId(7), at(1_001));
        expiries.add(1, SessionId(7), at(1_900));
        assert_eq!(expiries.pop_due(at(1_999)), None);
        assert_eq!(expiries.pop_due(at(2_000)), Some((1, SessionId(7))));
        assert_eq!(expiries.pop_due(at(2_000)), Some((2, SessionId(8))));
        assert_eq!(expiries.pop_due(at(9_000)), None);
    }

    #[test]
    fn a_session_that_ended_leaves_nothing_behind() {
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        let mut expiries = Expiries::default();
        expiries.add(1, SessionId(7), at(1_001));
        expiries.forget(1, SessionId(7), at(1_001));
        assert!(expiries.0.is_empty());
    }
}
