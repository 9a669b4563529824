//! Requests that await their answer, oldest first.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Requests that await their answer. Each has a number, its `id` on the wire if it has one there.
#[derive(Debug)]
pub(super) struct Requests<T> {
    waiting: BTreeMap<u64, Waiting<T>>,
    /// Pings have no `id`: their answers come in order. Some may have timed out meanwhile.
    pings: VecDeque<u64>,
    next: u64,
    timeout: Duration,
}

/// One request.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    /// Whom to answer.
    pub(super) ticket: T,
    /// The request in a word or two, for people.
    pub(super) what: &'static str,
    until: Instant,
}

impl<T> Requests<T> {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { waiting: BTreeMap::new(), pings: VecDeque::new(), next: 0, timeout }
    }

    pub(super) fn add(&mut self, now: Instant, what: &'static str, ticket: T) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting.insert(number, Waiting { ticket, what, until: now + self.timeout });
        number
    }

    pub(super) fn add_ping(&mut self, now: Instant, ticket: T) {
        let number = self.add(now, "ping", ticket);
        self.pings.push_back(number);
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Waiting<T>> {
        self.waiting.remove(&number)
    }

    /// The ping that a `pong` answers.
    pub(super) fn take_ping(&mut self) -> Option<Waiting<T>> {
        self.pings.pop_front().and_then(|number| self.take(number))
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When the oldest request times out: all have the same time, so it is the first.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, oldest)| oldest.until)
    }

    /// A request that has timed out.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Option<Waiting<T>> {
        let oldest = self.waiting.first_entry()?;
        (oldest.get().until <= now).then(|| oldest.remove())
    }

    /// Any request.
    pub(super) fn take_first(&mut self) -> Option<Waiting<T>> {
        self.waiting.pop_first().map(|(_, waiting)| waiting)
    }
}
