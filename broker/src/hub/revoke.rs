//! Revoking: somebody is shut out, and what they have open ends at once.

use std::time::Duration;

use super::shared::Hub;
use crate::auth::{Caller, Permitted, RevocationsFull, Revoked};
use crate::clock::Now;
use crate::outbound::Outbound;

/// What a session that was shut out is told.
pub(crate) const REVOKED: &str = "access was revoked";

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

    /// Notes who a session is. False if they were shut out meanwhile: then the session is to end.
    pub(crate) fn identify(&self, outbound: &Outbound, caller: &Caller, now: Now) -> bool {
        outbound.set_caller(caller);
        self.authority.check_revoked(caller, now).is_ok()
    }
}

fn is_meant(who: &Revoked, caller: &Caller) -> bool {
    match who {
        Revoked::Subject(subject) => caller.subject() == Some(subject),
        Revoked::Token(token_id) => caller.token_id() == Some(token_id),
    }
}
