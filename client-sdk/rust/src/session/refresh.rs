//! When a session needs a new token: before the broker ends it because the old one has expired.

use std::time::{Duration, Instant};

use crate::limits::{MIN_REFRESH_PAUSE, REFRESH_FIFTHS};

/// The token of one connection.
#[derive(Debug)]
pub(super) struct Refresh {
    /// Whether another token can be had at all.
    renews: bool,
    due: Option<Instant>,
    /// Times that there was none, or it was not accepted.
    failures: u32,
}

impl Refresh {
    pub(super) fn new(renews: bool) -> Self {
        Self { renews, due: None, failures: 0 }
    }

    /// The broker says how long the token lasts, if it expires.
    pub(super) fn lasts(&mut self, now: Instant, expires_in: Option<Duration>) {
        self.failures = 0;
        let life = expires_in.filter(|_| self.renews);
        self.due = life.map(|life| now + (life / 5 * REFRESH_FIFTHS).max(MIN_REFRESH_PAUSE));
    }

    /// When a new token is wanted.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether a new token is wanted now, which is said once.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }

    /// There was none; says how often that has happened before.
    pub(super) fn failed(&mut self) -> u32 {
        let before = self.failures;
        self.failures = before.saturating_add(1);
        before
    }

    /// A new token is wanted at this time.
    pub(super) fn want_at(&mut self, at: Instant) {
        self.due = Some(at);
    }

    /// The connection has ended, and its token with it.
    pub(super) fn disconnected(&mut self) {
        self.due = None;
    }
}
