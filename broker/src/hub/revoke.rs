//! Whose a session is: no subject has more than it may, and what somebody has open ends at once when they are shut out.

use std::sync::Arc;
use std::time::Duration;

use super::shared::Hub;
use crate::auth::{Caller, Permitted, RevocationsFull, Revoked};
use crate::clock::Now;
use crate::outbound::Outbound;

/// What a session that was shut out is told.
pub(crate) const REVOKED: &str = "access was revoked";

/// Why a session can't go on as somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// They were shut out meanwhile.
    Revoked,
    /// They have as many sessions as one may (`max_connections_per_subject`).
    TooMany,
}

impl Hub {
    /// Shuts somebody out for a time, and ends their sessions; how many those were.
    ///
    /// # Errors
    /// As many are shut out as may be (`max_revocations`).
    pub(crate) fn revoke(
        &self,
        who: Permitted<Revoked>,
        hold: Duration,
        now: Now,
    ) -> Result<usize, RevocationsFull> {
        let who = who.into_inner();
        let hold = hold.min(self.limits.max_revocation());
        let until_ms = now.wall_ms.saturating_add(u64::try_from(hold.as_millis()).unwrap_or(u64::MAX));
        // It holds before anybody is looked for: whoever enters meanwhile is looked at again by [`Hub::identify`].
        self.authority.revoke(who.clone(), until_ms, self.limits.max_revocations(), now)?;
        let mut ended = 0;
        for outbound in self.all_outbounds() {
            if outbound.caller().is_some_and(|caller| is_meant(&who, &caller)) {
                self.shut_out(&outbound, REVOKED);
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Notes who a session is, and counts it among the sessions of its subject until it is [detached](super::Shard::detach).
    /// A session that was counted is not counted again.
    ///
    /// # Errors
    /// The session is to end.
    pub(crate) fn identify(&self, outbound: &Outbound, caller: &Caller, now: Now) -> Result<(), NotTaken> {
        // No session ever goes on as somebody else.
        if outbound.caller().is_none() && !self.count_subject(caller) {
            return Err(NotTaken::TooMany);
        }
        outbound.set_caller(caller);
        self.authority.check_revoked(caller, now).map_err(|_| NotTaken::Revoked)
    }

    fn count_subject(&self, caller: &Caller) -> bool {
        let most = self.limits.max_connections_per_subject();
        caller.shared_subject().is_none_or(|subject| self.subjects.enter(Arc::clone(subject), most))
    }

    /// A session that was this caller's has ended.
    pub(super) fn uncount_subject(&self, caller: Option<&Caller>) {
        let subject = caller.and_then(Caller::shared_subject);
        let _ = subject.inspect(|subject| self.subjects.leave(subject));
    }
}

fn is_meant(who: &Revoked, caller: &Caller) -> bool {
    match who {
        Revoked::Subject(subject) => caller.subject() == Some(subject),
        Revoked::Token(token_id) => caller.token_id() == Some(token_id),
    }
}
