//! Revocations: subjects and tokens that are not accepted until a time, though nothing else is wrong with them.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Who is shut out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Revoked {
    /// Every token with this `sub`, and `key:NAME` for an API key.
    Subject(Box<str>),
    /// The token with this `jti`.
    Token(Box<str>),
}

impl Revoked {
    /// The subject or the token's id: just one of them.
    pub(crate) fn names(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Subject(subject) => (Some(subject), None),
            Self::Token(token_id) => (None, Some(token_id)),
        }
    }
}

/// There are as many revocations as there may be: one more would have to push another out, which lets somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as many revocations hold as may (max_revocations); the next ends in {retry_after_ms} ms")]
pub(crate) struct Full {
    /// Time until the first of them ends, in milliseconds.
    pub(crate) retry_after_ms: u64,
}

/// Somebody is shut out until a time, in milliseconds since 1970, or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) who: Revoked,
    pub(crate) until_ms: Option<u64>,
}

/// All that hold now.
#[derive(Debug, Default)]
pub(crate) struct Revocations {
    /// Until when each holds, in milliseconds since 1970.
    until_ms: BTreeMap<Revoked, u64>,
    /// What has changed since it was last taken, in order, if anybody takes it. They are at most as many as there are
    /// requests at a time.
    changes: Option<Vec<Change>>,
}

impl Revocations {
    /// Those that outlived the last process; from now on changes are noted, to be taken.
    pub(crate) fn restore(&mut self, changes: impl IntoIterator<Item = Change>) {
        for Change { who, until_ms } in changes {
            match until_ms {
                Some(until_ms) => drop(self.until_ms.insert(who, until_ms)),
                None => drop(self.until_ms.remove(&who)),
            }
        }
        self.changes = Some(Vec::new());
    }

    /// Shuts somebody out until a time, or for longer if they are already; gives the time. `most` is how many there may
    /// be.
    pub(crate) fn add(&mut self, who: Revoked, until_ms: u64, most: usize, now_ms: u64) -> Result<u64, Full> {
        let known = self.until_ms.get(&who).copied();
        if known.is_none() && self.until_ms.len() >= most {
            self.sweep(now_ms);
            if self.until_ms.len() >= most {
                let first = self.until_ms.values().copied().min().unwrap_or(now_ms);
                return Err(Full { retry_after_ms: first.saturating_sub(now_ms) });
            }
        }
        let until_ms = known.map_or(until_ms, |known| known.max(until_ms));
        self.until_ms.insert(who.clone(), until_ms);
        self.note(Change { who, until_ms: Some(until_ms) });
        Ok(until_ms)
    }

    /// Lets somebody in again; false if nothing kept them out.
    pub(crate) fn lift(&mut self, who: Revoked, now_ms: u64) -> bool {
        let Some(until) = self.until_ms.remove(&who) else { return false };
        self.note(Change { who, until_ms: None });
        now_ms < until
    }

    fn note(&mut self, change: Change) {
        if let Some(changes) = &mut self.changes {
            changes.push(change);
        }
    }

    /// What has changed since the last call; with `anew`, all that hold instead.
    pub(crate) fn take_changes(&mut self, anew: bool) -> Vec<Change> {
        let changes = self.changes.as_mut().map(std::mem::take).unwrap_or_default();
        if !anew {
            return changes;
        }
        let holds = |(who, until): (&Revoked, &u64)| Change { who: who.clone(), until_ms: Some(*until) };
        self.until_ms.iter().map(holds).collect()
    }

    /// Whether a caller with this subject and token is shut out.
    pub(crate) fn hold(&self, subject: Option<&str>, token_id: Option<&str>, now_ms: u64) -> bool {
        if self.until_ms.is_empty() {
            return false;
        }
        let holds = |who: &Revoked| self.until_of(who, now_ms).is_some();
        subject.is_some_and(|subject| holds(&Revoked::Subject(subject.into())))
            || token_id.is_some_and(|token_id| holds(&Revoked::Token(token_id.into())))
    }

    /// Until when somebody is shut out; none if nobody keeps them out now.
    pub(crate) fn until_of(&self, who: &Revoked, now_ms: u64) -> Option<u64> {
        self.until_ms.get(who).copied().filter(|until| now_ms < *until)
    }

    /// At most so many of those that hold, subjects before tokens and each by name, after this one.
    pub(crate) fn page(&self, after: Option<&Revoked>, most: usize, now_ms: u64) -> Vec<(Revoked, u64)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = self.until_ms.range::<Revoked, _>((from, Bound::Unbounded));
        let holding = rest.filter(|(_, until)| now_ms < **until);
        holding.take(most).map(|(who, until)| (who.clone(), *until)).collect()
    }

    /// Forgets those that have ended.
    pub(crate) fn sweep(&mut self, now_ms: u64) {
        self.until_ms.retain(|_, until| now_ms < *until);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.until_ms.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str) -> Revoked {
        Revoked::Subject(name.into())
    }

    #[test]
    fn a_revocation_holds_until_its_time_and_no_longer() {
        let mut revocations = Revocations::default();
        revocations.add(subject("alice"), 100, 10, 0).unwrap();
        revocations.add(Revoked::Token("t1".into()), 50, 10, 0).unwrap();
        assert!(revocations.hold(Some("alice"), None, 99));
        assert!(!revocations.hold(Some("alice"), None, 100));
        assert!(revocations.hold(Some("bob"), Some("t1"), 49));
        assert!(!revocations.hold(Some("t1"), Some("alice"), 0), "a subject is no token, nor the reverse");
        revocations.sweep(60);
        assert_eq!(revocations.len(), 1);
    }

    #[test]
    fn a_second_revocation_makes_the_first_longer_and_never_shorter() {
        let mut revocations = Revocations::default();
        for until in [100, 50] {
            revocations.add(subject("alice"), until, 1, 0).unwrap();
        }
        assert!(revocations.hold(Some("alice"), None, 99));
    }

    #[test]
    fn where_there_is_no_room_none_is_forgotten_early() {
        let mut revocations = Revocations::default();
        revocations.add(subject("a"), 100, 2, 0).unwrap();
        revocations.add(subject("b"), 40, 2, 0).unwrap();
        assert_eq!(revocations.add(subject("c"), 100, 2, 10), Err(Full { retry_after_ms: 30 }));
        assert!(revocations.hold(Some("a"), None, 10) && revocations.hold(Some("b"), None, 10));
        assert_eq!(revocations.add(subject("c"), 100, 2, 40), Ok(100));
    }

    #[test]
    fn who_is_let_in_again_is_not_shut_out() {
        let mut revocations = Revocations::default();
        revocations.add(subject("a"), 100, 2, 0).unwrap();
        assert!(revocations.lift(subject("a"), 50) && !revocations.hold(Some("a"), None, 50));
        assert!(!revocations.lift(subject("a"), 50), "nothing holds any more");
        revocations.add(subject("b"), 100, 2, 0).unwrap();
        assert!(!revocations.lift(subject("b"), 100), "it had ended by itself");
    }

    #[test]
    fn pages_give_each_that_holds_once() {
        let mut revocations = Revocations::default();
        for (who, until) in
            [(Revoked::Token("a".into()), 9), (subject("b"), 9), (subject("a"), 9), (subject("gone"), 5)]
        {
            revocations.add(who, until, 10, 0).unwrap();
        }
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = revocations.page(after.as_ref(), 2, 5);
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            all.extend(page.into_iter().map(|(who, _)| who));
        }
        assert_eq!(all, [subject("a"), subject("b"), Revoked::Token("a".into())]);
    }

    #[test]
    fn what_changed_makes_another_that_holds_the_same() {
        let mut first = Revocations::default();
        first.restore([Change { who: subject("old"), until_ms: Some(100) }]);
        first.add(subject("a"), 100, 10, 0).unwrap();
        first.add(subject("a"), 50, 10, 0).unwrap();
        first.lift(subject("old"), 0);
        let changes = first.take_changes(false);
        assert_eq!((changes.len(), first.take_changes(false).len()), (3, 0));
        for changes in [changes, first.take_changes(true)] {
            let mut second = Revocations::default();
            second.restore([Change { who: subject("old"), until_ms: Some(100) }]);
            let is_anew = changes.len() == 1;
            second.restore(changes);
            assert!(second.hold(Some("a"), None, 99));
            assert_eq!(second.hold(Some("old"), None, 99), is_anew);
        }
    }
}
