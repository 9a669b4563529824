//! The session itself: what its owner may ask of it, and what it wants done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use fanfare_protocol::frame::{Hello, Subscribe, Subscribed, Welcome};
use fanfare_protocol::{ClientFrame, CloseCode, ErrorCode, Position};

use super::call::{Answer, Call};
use super::liveness::Liveness;
use super::outbox::{Ask, Entry, Outbox};
use super::phase::Phase;
use super::refresh::Refresh;
use super::requests::{Requests, Waiting};
use super::subscriptions::Subscriptions;
use crate::backoff::Backoff;
use crate::closed::Closed;
use crate::error::Error;
use crate::event::Event;
use crate::limits::Limits;
use crate::place::Place;
use crate::random::Random;
use crate::request_error::RequestError;

/// What the session wants done, beside frames to be sent.
#[derive(Debug)]
pub(crate) enum Output<T> {
    /// The broker has let this client in.
    Welcomed(Welcome<'static>),
    /// A request has its answer.
    Answer(T, Result<Answer, Error>),
    /// A subscription begins at this place.
    Begin(u32, Place),
    /// The token brings a subscription along. It is open, with a number of this client's, and begins at this place.
    Granted(Subscribed, Place),
    /// Something for the reader of a subscription.
    Deliver(u32, Event),
    /// After what was delivered, a subscription stands at these heads.
    Advance(u32, Arc<Position>),
    /// The broker ended a subscription.
    Unsubscribed(u32, Option<ErrorCode>),
    /// The broker refused to resume a subscription.
    NotResumed(u32, RequestError),
    /// Something went wrong that nobody awaits an answer of.
    Complaint(Error),
    /// The token expires soon: a new one is wanted.
    TokenWanted,
    /// Send a close frame with this code after all frames, and go on reading.
    SayGoodbye(CloseCode),
    /// The connection has ended: drop it. The session waits for another one.
    Disconnected {
        /// Why.
        why: Closed,
        /// When the broker wants this client back, if it said so.
        return_at: Option<Instant>,
    },
    /// The session is over: drop the connection.
    Ended(Closed),
}

/// A client's session, over one connection after another.
#[derive(Debug)]
pub(crate) struct Session<T> {
    pub(super) phase: Phase,
    pub(super) requests: Requests<T>,
    pub(super) subscriptions: Subscriptions,
    pub(super) liveness: Liveness,
    pub(super) outbox: Outbox,
    pub(super) refresh: Refresh,
    pub(super) outputs: VecDeque<Output<T>>,
    /// Proves to the broker, on the next connection, that this client was there before.
    pub(super) resume: Option<String>,
    /// When the broker wants this client back.
    pub(super) return_at: Option<Instant>,
    pub(super) backoff: Backoff,
    pub(super) random: Random,
}

impl<T> Session<T> {
    /// Begins a session that has no connection yet. `renews_token` says whether another token can be had.
    pub(crate) fn begin(limits: &Limits, random: Random, renews_token: bool) -> Self {
        Self {
            phase: Phase::Offline,
            requests: Requests::new(limits),
            subscriptions: Subscriptions::default(),
            liveness: Liveness::default(),
            outbox: Outbox::default(),
            refresh: Refresh::new(renews_token),
            outputs: VecDeque::new(),
            resume: None,
            return_at: None,
            backoff: limits.backoff,
            random,
        }
    }

    /// There is a connection: says `hello`, resumes the subscriptions, and repeats the requests that can be repeated.
    /// The broker must welcome this client by `until`.
    pub(crate) fn connected(&mut self, now: Instant, hello: Hello<'static>, until: Instant) {
        if matches!(self.phase, Phase::Offline) {
            self.phase = Phase::Greeting { until, timeout: until.saturating_duration_since(now) };
            self.liveness = Liveness::default();
            let hello = Hello { resume: self.resume.clone().map(Into::into), ..hello };
            self.outbox.connected(hello, self.subscriptions.wanted(), self.requests.repeated());
        }
    }

    /// Asks the broker; the ticket comes back with the answer. Its time counts from `asked`.
    pub(crate) fn call(&mut self, asked: Instant, call: Call, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        let number = self.requests.add_call(asked, call, ticket);
        self.outbox.push(Entry::Ask(Ask::Request(number)));
    }

    /// Opens a subscription; the ticket comes back when it is open.
    pub(crate) fn subscribe(&mut self, asked: Instant, subscribe: Subscribe, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        let (sub, request) = (subscribe.sub, self.requests.add_subscribe(asked, ticket));
        self.subscriptions.open(subscribe, request);
        self.outbox.push(Entry::Ask(Ask::Subscribe(sub)));
    }

    /// Ends a subscription. Nothing of it is delivered from here on.
    pub(crate) fn unsubscribe(&mut self, sub: u32) {
        let Some(subscription) = self.subscriptions.remove(sub) else { return };
        if let Some(number) = subscription.request() {
            self.requests.take(number);
        }
        let asked = !self.outbox.remove(Ask::Subscribe(sub)) && subscription.is_at_broker();
        let sub = self.subscriptions.take_broker_number(sub).unwrap_or(sub);
        if asked && matches!(self.phase, Phase::Greeting { .. } | Phase::Open) {
            self.send(ClientFrame::Unsubscribe { sub });
        }
    }

    /// Nobody wants a subscription that the token brings along. It stays as it is at the broker, whose doing it is.
    pub(crate) fn ignore(&mut self, sub: u32) {
        self.subscriptions.remove(sub);
        self.subscriptions.take_broker_number(sub);
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self, asked: Instant, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        let number = self.requests.add_ping(asked, Some(ticket));
        self.outbox.push(Entry::Ask(Ask::Request(number)));
    }

    /// The time may have jumped, or the network changed: the broker must give a sign of life soon.
    pub(crate) fn check(&mut self, now: Instant) {
        if self.is_open() && self.liveness.expect(now) {
            let number = self.requests.add_ping(now, None);
            self.outbox.push(Entry::Ask(Ask::Request(number)));
        }
    }

    /// A new token is there.
    pub(crate) fn renew(&mut self, now: Instant, token: String) {
        if self.is_open() {
            let number = self.requests.add_refresh(now, token);
            self.outbox.push(Entry::Ask(Ask::Request(number)));
        }
    }

    /// There was no token when one was wanted: asks again later, until the broker loses patience.
    pub(crate) fn renew_failed(&mut self, now: Instant, error: Error) {
        if self.is_open() {
            let failures = self.refresh.failed();
            let pause = self.pause_before(failures, error.retry_after());
            self.refresh.want_at(now + pause);
            self.outputs.push_back(Output::Complaint(error));
        }
    }

    /// Sends a frame that awaits no answer.
    pub(crate) fn send(&mut self, frame: ClientFrame<'static>) {
        if self.is_active() {
            self.outbox.push(Entry::Plain(frame));
        }
    }

    /// Something came from the broker, be it only a control frame of WebSocket.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.liveness.heard(now);
    }

    /// Says whether the broker's frames are left unread for now, because a reader is slow.
    pub(crate) fn hold(&mut self, now: Instant, held: bool) {
        self.liveness.hold(now, held);
    }

    /// The next thing to be done.
    pub(crate) fn next_output(&mut self) -> Option<Output<T>> {
        self.outputs.pop_front()
    }

    /// How many requests await their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.requests.len()
    }

    /// Whether the session takes requests.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Offline | Phase::Greeting { .. } | Phase::Open)
    }

    /// Whether the broker has let this client in, and the session is not about to end.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether the broker has let this client in, on this connection.
    pub(crate) fn is_welcome(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Closing { .. })
    }

    /// Gives a ticket back with the reason if the session takes no more requests.
    fn admit(&mut self, ticket: T) -> Option<T> {
        let (Phase::Closing { why, .. } | Phase::Ended(why)) = &self.phase else { return Some(ticket) };
        self.outputs.push_back(Output::Answer(ticket, Err(why.clone().into())));
        None
    }

    /// Gives a ticket back; an answer to a request that has timed out is nobody's.
    pub(super) fn settle(&mut self, request: Option<Waiting<T>>, answer: Result<Answer, Error>) {
        if let Some(ticket) = request.and_then(|waiting| waiting.ticket) {
            self.outputs.push_back(Output::Answer(ticket, answer));
        }
    }
}
