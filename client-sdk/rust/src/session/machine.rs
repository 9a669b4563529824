//! The session itself: what its owner may ask of it, and what it wants done.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use fanfare_protocol::frame::{Hello, Subscribe, Welcome};
use fanfare_protocol::{ClientFrame, CloseCode, ErrorCode};

use super::call::{Answer, Call};
use super::liveness::Liveness;
use super::phase::Phase;
use super::requests::{Requests, Waiting};
use crate::closed::Closed;
use crate::error::{Error, RequestError};
use crate::event::Event;
use crate::limits::Limits;

/// What the session wants done, beside frames to be sent.
#[derive(Debug)]
pub(crate) enum Output<T> {
    /// The broker has let this client in.
    Welcomed(Welcome<'static>),
    /// A request has its answer.
    Answer(T, Result<Answer, Error>),
    /// Something for the reader of a subscription.
    Deliver(u32, Event),
    /// The broker ended a subscription.
    Unsubscribed(u32, Option<ErrorCode>),
    /// The broker complains of a frame that awaited no answer.
    Complaint(RequestError),
    /// Send a close frame with this code after all frames, and go on reading.
    SayGoodbye(CloseCode),
    /// The session is over: drop the connection.
    Ended(Closed),
}

/// A client's session.
#[derive(Debug)]
pub(crate) struct Session<T> {
    pub(super) phase: Phase,
    pub(super) requests: Requests<T>,
    /// Subscriptions that are open, or (with the number of the request) about to be.
    pub(super) subscriptions: BTreeMap<u32, Option<u64>>,
    pub(super) liveness: Liveness,
    pub(super) frames: VecDeque<ClientFrame<'static>>,
    pub(super) outputs: VecDeque<Output<T>>,
}

impl<T> Session<T> {
    /// Begins a session on a connection that is open: `hello` goes first.
    pub(crate) fn begin(now: Instant, hello: Hello<'static>, limits: &Limits) -> Self {
        let timeout = limits.connect_timeout;
        Self {
            phase: Phase::Greeting { until: now + timeout, timeout },
            requests: Requests::new(limits.request_timeout),
            subscriptions: BTreeMap::new(),
            liveness: Liveness::default(),
            frames: VecDeque::from([ClientFrame::Hello(hello)]),
            outputs: VecDeque::new(),
        }
    }

    /// Asks the broker; the ticket comes back with the answer.
    pub(crate) fn call(&mut self, now: Instant, call: Call, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        let id = self.requests.add(now, call.what(), ticket);
        self.frames.push_back(call.into_frame(id));
    }

    /// Opens a subscription; the ticket comes back when it is open.
    pub(crate) fn subscribe(&mut self, now: Instant, subscribe: Subscribe, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        let number = self.requests.add(now, "subscribe", ticket);
        self.subscriptions.insert(subscribe.sub, Some(number));
        self.frames.push_back(ClientFrame::Subscribe(subscribe));
    }

    /// Ends a subscription. Nothing of it is delivered from here on.
    pub(crate) fn unsubscribe(&mut self, sub: u32) {
        let Some(opening) = self.subscriptions.remove(&sub) else { return };
        if let Some(number) = opening {
            self.requests.take(number);
        }
        self.send(ClientFrame::Unsubscribe { sub });
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self, now: Instant, ticket: T) {
        let Some(ticket) = self.admit(ticket) else { return };
        self.requests.add_ping(now, ticket);
        self.frames.push_back(ClientFrame::Ping);
    }

    /// Sends a frame that awaits no answer.
    pub(crate) fn send(&mut self, frame: ClientFrame<'static>) {
        if self.is_active() {
            self.frames.push_back(frame);
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

    /// The next frame to be sent.
    pub(crate) fn next_frame(&mut self) -> Option<ClientFrame<'static>> {
        self.frames.pop_front()
    }

    /// The next thing to be done.
    pub(crate) fn next_output(&mut self) -> Option<Output<T>> {
        self.outputs.pop_front()
    }

    /// Whether frames wait to be sent.
    pub(crate) fn has_frames(&self) -> bool {
        !self.frames.is_empty()
    }

    /// How many requests await their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.requests.len()
    }

    /// Whether the session takes requests.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. } | Phase::Open)
    }

    /// Gives a ticket back with the reason if the session takes no more requests.
    fn admit(&mut self, ticket: T) -> Option<T> {
        let (Phase::Closing { why, .. } | Phase::Ended(why)) = &self.phase else { return Some(ticket) };
        self.outputs.push_back(Output::Answer(ticket, Err(why.clone().into())));
        None
    }

    /// Gives a ticket back; an answer to a request that has timed out is nobody's.
    pub(super) fn settle(&mut self, request: Option<Waiting<T>>, answer: Result<Answer, Error>) {
        if let Some(waiting) = request {
            self.outputs.push_back(Output::Answer(waiting.ticket, answer));
        }
    }
}
