//! Requests that await their answer, oldest first; they outlive connections.

use std::collections::{BTreeMap, VecDeque};
use std::mem::take;
use std::time::{Duration, Instant};

use fanfare_protocol::{ClientFrame, ErrorCode};

use super::call::Call;
use crate::closed::Closed;
use crate::error::Error;
use crate::limits::Limits;
use crate::request_error::RequestError;

/// Requests that await their answer. Each has a number, its `id` on the wire if it has one there.
#[derive(Debug)]
pub(super) struct Requests<T> {
    waiting: BTreeMap<u64, Waiting<T>>,
    /// Pings have no `id`: their answers come in order. Some may have timed out meanwhile.
    pings: VecDeque<u64>,
    next: u64,
    timeout: Duration,
    limits: Limits,
    /// Time after its first sending within which a message with a key may be sent again.
    repeat_within: Duration,
}

/// One request.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    /// Whom to answer; nobody if the session asks for itself.
    pub(super) ticket: Option<T>,
    asked: Asked,
    /// When it was first sent: the broker may have got it, on this connection or an earlier one.
    sent: Option<Instant>,
    /// Why the last connection ended that it was sent on, if it has.
    lost: Option<Closed>,
    /// What the broker said the last time, if it is asked again after a pause.
    refused: Option<(u32, RequestError)>,
    until: Instant,
}

/// What is asked.
#[derive(Debug)]
enum Asked {
    /// Something that can be sent, and sent again.
    Repeatable(Call),
    /// A message without a key, which can be sent once.
    Once(Option<Call>),
    /// To open a subscription, which knows more.
    Subscribe,
    /// A sign of life.
    Ping,
    /// To go on with this token, on this connection.
    Refresh(String),
}

impl<T> Requests<T> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            waiting: BTreeMap::new(),
            pings: VecDeque::new(),
            next: 0,
            timeout: limits.request_timeout,
            limits: *limits,
            repeat_within: limits.repeat_within(None),
        }
    }

    /// The broker says how long it remembers keys, if it does.
    pub(super) fn keys_last(&mut self, window: Option<Duration>) {
        self.repeat_within = self.limits.repeat_within(window);
    }

    pub(super) fn add_call(&mut self, asked_at: Instant, call: Call, ticket: T) -> u64 {
        let asked = if call.is_repeatable() { Asked::Repeatable(call) } else { Asked::Once(Some(call)) };
        self.add(asked_at, asked, Some(ticket))
    }

    pub(super) fn add_subscribe(&mut self, asked_at: Instant, ticket: T) -> u64 {
        self.add(asked_at, Asked::Subscribe, Some(ticket))
    }

    pub(super) fn add_ping(&mut self, asked_at: Instant, ticket: Option<T>) -> u64 {
        self.add(asked_at, Asked::Ping, ticket)
    }

    pub(super) fn add_refresh(&mut self, asked_at: Instant, token: String) -> u64 {
        self.add(asked_at, Asked::Refresh(token), None)
    }

    fn add(&mut self, asked_at: Instant, asked: Asked, ticket: Option<T>) -> u64 {
        let number = self.next;
        self.next += 1;
        let until = asked_at + self.timeout;
        let waiting = Waiting { ticket, asked, sent: None, lost: None, refused: None, until };
        self.waiting.insert(number, waiting);
        number
    }

    /// The frame to be sent for a request, if it still waits.
    pub(super) fn send(&mut self, now: Instant, number: u64) -> Option<ClientFrame<'static>> {
        let waiting = self.waiting.get_mut(&number)?;
        waiting.sent.get_or_insert(now);
        match &mut waiting.asked {
            Asked::Repeatable(call) => Some(call.clone().into_frame(number)),
            Asked::Once(call) => call.take().map(|call| call.into_frame(number)),
            Asked::Subscribe => None,
            Asked::Refresh(token) => Some(ClientFrame::Refresh { id: number, token: take(token).into() }),
            Asked::Ping => {
                self.pings.push_back(number);
                Some(ClientFrame::Ping)
            }
        }
    }

    /// Takes a message with a key that was sent so long ago that the broker may have forgotten the key: sent again, it
    /// might be published twice. Says how to tell that its outcome is unknown.
    pub(super) fn take_stale(&mut self, now: Instant, number: u64) -> Option<(Waiting<T>, Error)> {
        let waiting = self.waiting.get(&number)?;
        let Asked::Repeatable(Call::Publish(_)) = &waiting.asked else { return None };
        if now.saturating_duration_since(waiting.sent?) < self.repeat_within {
            return None;
        }
        let error = match (&waiting.refused, &waiting.lost) {
            (Some((_, refused)), _) => refused.clone().into(),
            (None, Some(why)) => waiting.interrupted(why.clone()),
            (None, None) => return None,
        };
        self.take(number).map(|stale| (stale, error))
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.waiting.contains_key(&number)
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Waiting<T>> {
        self.waiting.remove(&number)
    }

    /// The ping that a `pong` answers.
    pub(super) fn take_ping(&mut self) -> Option<Waiting<T>> {
        self.pings.pop_front().and_then(|number| self.take(number))
    }

    /// If the broker could not deal with a message now and it may be sent again, keeps it, and says how often that
    /// has happened before.
    pub(super) fn postpone(&mut self, number: u64, error: &RequestError) -> Option<u32> {
        let waiting = self.waiting.get_mut(&number)?;
        let Asked::Repeatable(Call::Publish(_)) = &waiting.asked else { return None };
        if error.code != ErrorCode::Unavailable {
            return None;
        }
        let failures = waiting.refused.as_ref().map_or(0, |(failures, _)| *failures);
        waiting.refused = Some((failures.saturating_add(1), error.clone()));
        Some(failures)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When the oldest request times out: all have the same time and come in the order in which they were asked, so it
    /// is the first.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, oldest)| oldest.until)
    }

    /// A request that has timed out, and how to say so.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Option<(Waiting<T>, Error)> {
        let oldest = self.waiting.first_entry()?;
        if oldest.get().until > now {
            return None;
        }
        let mut overdue = oldest.remove();
        let (what, after) = (overdue.what(), self.timeout);
        let error = match overdue.refused.take() {
            Some((_, refused)) => refused.into(),
            None if overdue.sent.is_some() => Error::Timeout { what, after },
            None => Error::NotSent { what, after },
        };
        Some((overdue, error))
    }

    /// Any request.
    pub(super) fn take_first(&mut self) -> Option<Waiting<T>> {
        self.waiting.pop_first().map(|(_, waiting)| waiting)
    }

    /// The connection has ended: gives the requests whose answer is lost with it.
    pub(super) fn disconnected(&mut self, why: &Closed) -> Vec<Waiting<T>> {
        self.pings.clear();
        let lost =
            self.waiting.extract_if(.., |_, waiting| waiting.is_lost()).map(|(_, lost)| lost).collect();
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.sent.is_some()) {
            waiting.lost = Some(why.clone());
        }
        lost
    }

    /// The requests that were sent before and are to be sent again, oldest first.
    pub(super) fn repeated(&self) -> impl Iterator<Item = u64> {
        self.waiting
            .iter()
            .filter(|(_, waiting)| waiting.sent.is_some() && matches!(waiting.asked, Asked::Repeatable(_)))
            .map(|(number, _)| *number)
    }
}

impl<T> Waiting<T> {
    /// The request in a word, for people.
    pub(super) fn what(&self) -> &'static str {
        match &self.asked {
            Asked::Repeatable(call) => call.what(),
            Asked::Once(_) => "publish",
            Asked::Subscribe => "subscribe",
            Asked::Ping => "ping",
            Asked::Refresh(_) => "refresh",
        }
    }

    /// What to tell if its connection or its session ends before the answer.
    pub(super) fn interrupted(&self, why: Closed) -> Error {
        match &self.asked {
            Asked::Once(_) | Asked::Ping | Asked::Repeatable(Call::Publish(_)) if self.sent.is_some() => {
                Error::Interrupted { what: self.what(), why }
            }
            _ => why.into(),
        }
    }

    /// Whether it is to go on with another token.
    pub(super) fn is_refresh(&self) -> bool {
        matches!(self.asked, Asked::Refresh(_))
    }

    fn is_lost(&self) -> bool {
        match self.asked {
            Asked::Once(_) | Asked::Ping => self.sent.is_some(),
            Asked::Refresh(_) => true,
            Asked::Repeatable(_) | Asked::Subscribe => false,
        }
    }
}
