//! Revocations: subjects and tokens that are not accepted until a time, though nothing else is wrong with them.

use std::collections::HashMap;

/// Who is shut out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Revoked {
    /// Every token with this `sub`, and `key:NAME` for an API key.
    Subject(Box<str>),
    /// The token with this `jti`.
    Token(Box<str>),
}

/// There are as many revocations as there may be: one more would have to push another out, which lets somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as many revocations hold as may (max_revocations); the next ends in {retry_after_ms} ms")]
pub(crate) struct Full {
    /// Time until the first of them ends, in milliseconds.
    pub(crate) retry_after_ms: u64,
}

/// All that hold now.
#[derive(Debug, Default)]
pub(crate) struct Revocations {
    /// Until when each holds, in milliseconds since 1970.
    until_ms: HashMap<Revoked, u64>,
}

impl Revocations {
    /// Shuts somebody out until a time, or for longer if they are already. `most` is how many there may be.
    pub(crate) fn add(&mut self, who: Revoked, until_ms: u64, most: usize, now_ms: u64) -> Result<(), Full> {
        if let Some(until) = self.until_ms.get_mut(&who) {
            *until = (*until).max(until_ms);
            return Ok(());
        }
        if self.until_ms.len() >= most {
            self.sweep(now_ms);
        }
        if self.until_ms.len() >= most {
            let first = self.until_ms.values().copied().min().unwrap_or(now_ms);
            return Err(Full { retry_after_ms: first.saturating_sub(now_ms) });
        }
        self.until_ms.insert(who, until_ms);
        Ok(())
    }

    /// Whether a caller with this subject and token is shut out.
    pub(crate) fn hold(&self, subject: Option<&str>, token_id: Option<&str>, now_ms: u64) -> bool {
        if self.until_ms.is_empty() {
            return false;
        }
        let holds = |who: &Revoked| self.until_ms.get(who).is_some_and(|until| now_ms < *until);
        subject.is_some_and(|subject| holds(&Revoked::Subject(subject.into())))
            || token_id.is_some_and(|token_id| holds(&Revoked::Token(token_id.into())))
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
        assert_eq!(revocations.add(subject("c"), 100, 2, 40), Ok(()));
    }
}
