//! Whose a session is: no subject has more than it may, and what somebody has open ends at once when they are shut out,
//! until they are let in again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::shared::Hub;
use crate::auth::{Caller, Permitted, RevocationsFull, Revoked, write_revocations};
use crate::clock::Now;
use crate::journal::Journal;
use crate::outbound::Outbound;
use crate::sync::Mutex;

/// What a session that was shut out is told.
pub(crate) const REVOKED: &str = "access was revoked";
/// What the session of an API key is told that is not in the configuration any more.
const KEY_GONE: &str = "this API key is not accepted any more";
/// The journal is written anew when it has this many lines more than twice those that are needed. Few in tests, so that
/// they get there.
const SPARE_LINES: usize = if cfg!(test) { 10 } else { 1_000 };

/// Where revocations are kept that are to outlive the process.
pub(super) type Ledger = Option<Mutex<Journal>>;

/// What a revocation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShutOut {
    /// How many sessions it ended.
    pub(crate) ended: usize,
    /// Until when it holds, in milliseconds since 1970.
    pub(crate) until_ms: u64,
}

/// Why a session can't go on as somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// They were shut out meanwhile.
    Revoked,
    /// They have as many sessions as one may (`max_connections_per_subject`).
    TooMany,
}

impl Hub {
    /// Shuts somebody out for a time, and ends their sessions. It holds as long as this process unless
    /// [`Hub::keep_revocations`] comes after it.
    ///
    /// # Errors
    /// As many are shut out as may be (`max_revocations`).
    pub(crate) fn revoke(
        &self,
        who: Permitted<Revoked>,
        hold: Duration,
        now: Now,
    ) -> Result<ShutOut, RevocationsFull> {
        let who = who.into_inner();
        let hold = hold.min(self.limits.max_revocation_time());
        let until_ms = now.wall_ms.saturating_add(u64::try_from(hold.as_millis()).unwrap_or(u64::MAX));
        // It holds before anybody is looked for: whoever enters meanwhile is looked at again by [`Hub::identify`].
        let until_ms = self.authority.revoke(who.clone(), until_ms, self.limits.max_revocations(), now)?;
        let ended = self.shut_out_all(|caller| is_meant(&who, caller), REVOKED);
        Ok(ShutOut { ended, until_ms })
    }

    /// Lets somebody in again, until [`Hub::keep_revocations`] for this process alone; false if nothing kept them out.
    pub(crate) fn lift(&self, who: Permitted<Revoked>, now: Now) -> bool {
        self.authority.lift(who.into_inner(), now)
    }

    /// Until when somebody is shut out, in milliseconds since 1970.
    pub(crate) fn revoked_until(&self, who: Permitted<Revoked>, now: Now) -> Option<u64> {
        self.authority.revoked_until(&who.into_inner(), now)
    }

    /// At most so many of those who are shut out, and until when; in order, after this one.
    pub(crate) fn revoked(
        &self,
        after: Permitted<Option<Revoked>>,
        most: usize,
        now: Now,
    ) -> Vec<(Revoked, u64)> {
        self.authority.revoked(after.into_inner().as_ref(), most, now)
    }

    /// Sees to it that all that was revoked and lifted before this call outlives the process, however that ends; false if
    /// there is nowhere to keep it. It writes to disk: not to be called where others wait.
    ///
    /// # Errors
    /// The disk refuses. The next call writes all of it again.
    pub(crate) fn keep_revocations(&self) -> io::Result<bool> {
        let Some(ledger) = &self.ledger else { return Ok(false) };
        // Changes are taken under this lock, so they come to the file in their order; and whoever finds theirs taken
        // waited here until they were written.
        let mut journal = ledger.lock();
        let spare = 2 * self.authority.revocations() + SPARE_LINES;
        let anew = journal.lines().is_none_or(|lines| lines >= spare);
        let changes = self.authority.take_changes(anew);
        if anew {
            journal.rewrite(changes.chunks(1).map(write_revocations))?;
        } else if !changes.is_empty() {
            journal.append(&write_revocations(&changes))?;
        }
        Ok(true)
    }

    /// Ends the sessions of API keys that are not accepted any more.
    pub(crate) fn end_without_key(&self) -> usize {
        let is_gone = |caller: &Caller| !self.authority.knows_key_of(caller);
        self.shut_out_all(is_gone, KEY_GONE)
    }

    fn shut_out_all(&self, is_meant: impl Fn(&Caller) -> bool, reason: &str) -> usize {
        let outbounds = self.all_outbounds().into_iter();
        let meant = outbounds.filter(|outbound| outbound.caller().is_some_and(|caller| is_meant(&caller)));
        meant.inspect(|outbound| self.shut_out(outbound, reason)).count()
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::*;
    use crate::auth::{AuthSettings, Authority, read_revocations};
    use crate::engine::{KeyLimits, MemoryEngine};
    use crate::limits::{Limits, LiveLimits};
    use crate::metrics::Metrics;

    fn hub(file: &Path) -> Hub {
        let (limits, metrics) = (Limits::default(), Arc::new(Metrics::new(1, &[])));
        let engine = MemoryEngine::new(&[], KeyLimits::from(&limits), Vec::new(), Now::default()).unwrap();
        let hub = Hub::new(engine, 1, Arc::new(LiveLimits::new(&limits)), metrics).unwrap();
        let authority = Arc::new(Authority::new(AuthSettings::default()));
        let (journal, found) = Journal::read(file).unwrap();
        authority.restore(found.lines.iter().flat_map(|line| read_revocations(line).unwrap()));
        hub.with_authority(authority).with_ledger(Some(journal))
    }

    fn subject(name: &str) -> Permitted<Revoked> {
        Caller::unlimited().administer(Revoked::Subject(name.into())).unwrap()
    }

    struct File(PathBuf);

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn however_often_it_changes_who_is_shut_out_the_file_stays_small_and_says_it() {
        let name = format!("fanfare-revocations-{}", std::process::id());
        let file = File(std::env::temp_dir().join(name));
        let first = hub(&file.0);
        let (hold, now) = (Duration::from_mins(1), Now::default());
        for round in 0..50_u64 {
            first.revoke(subject("stays"), hold, Now { wall_ms: round, ..now }).unwrap();
            first.revoke(subject("goes"), hold, now).unwrap();
            first.keep_revocations().unwrap();
            assert!(first.lift(subject("goes"), now));
            first.keep_revocations().unwrap();
            let lines = Journal::read(&file.0).unwrap().1.lines.len();
            assert!(lines <= 2 + SPARE_LINES + 2, "{lines} lines for one that holds");
        }
        let second = hub(&file.0);
        assert_eq!(second.revoked_until(subject("stays"), now), Some(49 + 60_000));
        assert_eq!(second.revoked_until(subject("goes"), now), None);
    }

    #[test]
    fn without_a_file_nothing_is_kept_and_that_is_said() {
        let file = File(std::env::temp_dir().join("fanfare-no-such-revocations"));
        let hub = hub(&file.0).with_ledger(None);
        hub.revoke(subject("alice"), Duration::from_mins(1), Now::default()).unwrap();
        assert!(!hub.keep_revocations().unwrap() && !file.0.exists());
    }
}
