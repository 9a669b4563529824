//! Whether and when to connect again after a connection has ended or could not be had. Pure: it is handed the time.

use std::time::{Duration, Instant};

use fanfare_protocol::CloseCode;
use fanfare_protocol::codes::Reconnect;

use crate::backoff::Backoff;
use crate::closed::Closed;
use crate::error::Error;
use crate::limits::STEADY_AFTER;
use crate::random::Random;

/// What a program wants done when there is no connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Whether the first connection is tried for again.
    pub(crate) at_first: bool,
    /// Whether later ones are.
    pub(crate) later: bool,
    /// Whether a new token can be had when one is not accepted.
    pub(crate) renews_token: bool,
    pub(crate) backoff: Backoff,
    /// Time without a connection after which no other is tried for.
    pub(crate) give_up_after: Option<Duration>,
}

/// Whether and when to connect again, for one client.
#[derive(Debug)]
pub(crate) struct Reconnector {
    policy: Policy,
    random: Random,
    /// Tries that failed, and connections that did not last, since one lasted.
    failures: u32,
    /// When the first of them failed.
    since: Option<Instant>,
    welcomed_at: Option<Instant>,
    was_welcome: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Connect at this time.
    TryAt(Instant),
    /// Don't connect again: the session has ended for this reason.
    End(Closed),
}

impl Reconnector {
    pub(crate) fn new(policy: Policy, random: Random) -> Self {
        Self { policy, random, failures: 0, since: None, welcomed_at: None, was_welcome: false }
    }

    /// The broker has let this client in.
    pub(crate) fn welcomed(&mut self, now: Instant) {
        self.was_welcome = true;
        self.welcomed_at = Some(now);
    }

    /// A connection has ended, or could not be had. The broker may have said when it wants this client back.
    pub(crate) fn failed(&mut self, now: Instant, cause: &Error, return_at: Option<Instant>) -> Next {
        if self.welcomed_at.take().is_some_and(|at| now.saturating_duration_since(at) >= STEADY_AFTER) {
            self.failures = 0;
            self.since = None;
        }
        let since = *self.since.get_or_insert(now);
        let wanted = if self.was_welcome { self.policy.later } else { self.policy.at_first };
        let advice = advice(cause, self.policy.renews_token);
        if !wanted || advice == Reconnect::Never {
            return Next::End(last_word(cause, now - since));
        }
        let give_up_at = self.policy.give_up_after.map(|after| since + after);
        if give_up_at.is_some_and(|at| at <= now) {
            return Next::End(gave_up(cause, now - since));
        }
        let pause = self.pause(advice, return_at.is_some());
        self.failures = self.failures.saturating_add(1);
        let try_at = return_at.unwrap_or(now).max(now + pause);
        Next::TryAt(give_up_at.map_or(try_at, |at| try_at.min(at)))
    }

    /// Tries that failed, and connections that did not last, since one lasted.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// At once only if the broker wants it and the connection lasted; so nothing goes round without a pause.
    fn pause(&mut self, advice: Reconnect, invited: bool) -> Duration {
        let random = self.random.next();
        if self.failures == 0 && (invited || advice == Reconnect::Now) {
            return Duration::ZERO;
        }
        self.policy.backoff.pause(self.failures, random)
    }
}

fn advice(cause: &Error, renews_token: bool) -> Reconnect {
    match cause {
        Error::Closed(Closed::ByBroker { code, .. }) if renews_token && asks_for_token(*code) => {
            Reconnect::BackOff
        }
        Error::Closed(closed) => closed.reconnect(),
        Error::Refused { status: 408 | 429, .. } => Reconnect::BackOff,
        Error::Refused { status: 400..=499, .. } => Reconnect::Never,
        _ => Reconnect::BackOff,
    }
}

fn asks_for_token(code: u16) -> bool {
    let code = CloseCode::from_number(code);
    matches!(code, Some(CloseCode::Unauthenticated | CloseCode::TokenExpired))
}

fn last_word(cause: &Error, after: Duration) -> Closed {
    match cause {
        Error::Closed(closed) => closed.clone(),
        Error::Refused { status, text, .. } => Closed::Refused { status: *status, text: text.clone() },
        _ => gave_up(cause, after),
    }
}

fn gave_up(cause: &Error, after: Duration) -> Closed {
    Closed::GaveUp { after, last: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const POLICY: Policy = Policy {
        at_first: false,
        later: true,
        renews_token: false,
        backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) },
        give_up_after: None,
    };

    fn closed(code: u16) -> Error {
        Closed::ByBroker { code, reason: String::new() }.into()
    }

    fn lost() -> Error {
        Closed::Lost { detail: "reset".into() }.into()
    }

    fn refused(status: u16) -> Error {
        Error::Refused { address: "a".into(), status, text: String::new() }
    }

    fn unreachable() -> Error {
        let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        Error::Connect { address: "a".into(), source: Arc::new(source) }
    }

    /// One that was connected for this long.
    fn connected(policy: Policy, lasted: Duration) -> (Reconnector, Instant) {
        let now = Instant::now();
        let mut reconnector = Reconnector::new(policy, Random::seeded(7));
        reconnector.welcomed(now);
        (reconnector, now + lasted)
    }

    /// The pause after this end of a connection that had lasted.
    fn pause_after(policy: Policy, cause: &Error) -> Option<Duration> {
        let (mut reconnector, now) = connected(policy, STEADY_AFTER);
        match reconnector.failed(now, cause, None) {
            Next::TryAt(at) => Some(at - now),
            Next::End(_) => None,
        }
    }

    #[test]
    fn the_close_code_says_whether_and_when() {
        for code in [1000, 4000, 4001, 4002, 4003, 4099] {
            assert_eq!(pause_after(POLICY, &closed(code)), None, "{code}");
        }
        for code in [1001, 1005, 1006, 4100, 4101, 4199, 4300] {
            let pause = pause_after(POLICY, &closed(code)).unwrap();
            assert!(pause > Duration::ZERO && pause < POLICY.backoff.first, "{code}: {pause:?}");
        }
        for code in [4200, 4201, 4299] {
            assert_eq!(pause_after(POLICY, &closed(code)), Some(Duration::ZERO), "{code}");
        }
    }

    #[test]
    fn a_token_that_is_not_accepted_is_final_unless_there_can_be_a_new_one() {
        let renewing = Policy { renews_token: true, ..POLICY };
        for code in [4001, 4002] {
            assert!(pause_after(renewing, &closed(code)).is_some(), "{code}");
        }
        assert_eq!(pause_after(renewing, &closed(4003)), None);
    }

    #[test]
    fn a_refused_handshake_is_final_if_it_is_this_clients_fault() {
        for status in [400, 401, 403, 404] {
            let (mut reconnector, now) = connected(POLICY, STEADY_AFTER);
            let next = reconnector.failed(now, &refused(status), None);
            assert_eq!(next, Next::End(Closed::Refused { status, text: String::new() }));
        }
        for status in [301, 408, 429, 500, 503] {
            assert!(pause_after(POLICY, &refused(status)).is_some(), "{status}");
        }
        assert!(pause_after(POLICY, &unreachable()).is_some());
    }

    #[test]
    fn the_first_connection_is_tried_for_once_unless_told_otherwise() {
        let now = Instant::now();
        let first = |policy| Reconnector::new(policy, Random::seeded(1)).failed(now, &lost(), None);
        assert_eq!(first(POLICY), Next::End(Closed::Lost { detail: "reset".into() }));
        assert!(matches!(first(Policy { at_first: true, ..POLICY }), Next::TryAt(_)));
        assert_eq!(pause_after(Policy { later: false, ..POLICY }, &lost()), None);
    }

    #[test]
    fn the_broker_says_when_it_wants_the_client_back() {
        let (mut reconnector, now) = connected(POLICY, STEADY_AFTER);
        let at = now + Duration::from_millis(1_234);
        assert_eq!(reconnector.failed(now, &closed(4200), Some(at)), Next::TryAt(at));
    }

    #[test]
    fn connections_that_do_not_last_come_less_and_less_often_whatever_the_broker_says() {
        for cause in [closed(4200), lost()] {
            let (mut reconnector, mut now) = connected(POLICY, Duration::ZERO);
            let begun = now;
            for _ in 0..1_000 {
                let Next::TryAt(at) = reconnector.failed(now, &cause, Some(now)) else { panic!("given up") };
                now = at;
                reconnector.welcomed(now);
            }
            let mean = (now - begun) / 1_000;
            assert!(mean > POLICY.backoff.max / 3, "a connection every {mean:?}");
        }
    }

    #[test]
    fn one_that_lasts_begins_the_pauses_anew() {
        let (mut reconnector, mut now) = connected(POLICY, STEADY_AFTER);
        for _ in 0..20 {
            let Next::TryAt(at) = reconnector.failed(now, &unreachable(), None) else { panic!("given up") };
            now = at;
        }
        assert_eq!(reconnector.failures(), 20);
        reconnector.welcomed(now);
        now += STEADY_AFTER;
        let Next::TryAt(at) = reconnector.failed(now, &lost(), None) else { panic!("given up") };
        assert!(at - now < POLICY.backoff.first);
    }

    #[test]
    fn it_gives_up_when_told_to_after_a_last_try() {
        let after = Duration::from_secs(10);
        let (mut reconnector, begun) =
            connected(Policy { give_up_after: Some(after), ..POLICY }, STEADY_AFTER);
        let mut now = begun;
        let why = loop {
            match reconnector.failed(now, &unreachable(), None) {
                Next::TryAt(at) => now = at,
                Next::End(why) => break why,
            }
        };
        assert_eq!(now, begun + after);
        assert!(matches!(why, Closed::GaveUp { after: a, .. } if a == after));
    }
}
