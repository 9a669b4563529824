//! What the session promises, without a socket or a sleep.
//!
//! - `connection`: on one connection;
//! - `breaks`: from one connection to the next;
//! - `pauses`: while a reader has too much waiting;
//! - `model`: however a connection is cut, with a model of a broker.

mod breaks;
mod connection;
mod model;
mod pauses;

use std::time::{Duration, Instant};

use fanfare_protocol::frame::{
    Deliver, ErrorFrame, Hello, Message, Publish, Published, ReplayFrom, Sequenced, ServerFrame, Subscribe,
    Subscribed, Welcome,
};
use fanfare_protocol::{ClientFrame, ErrorCode, Pattern, Payload, Position, StreamName, Topic};

use super::{Call, Output, Session};
use crate::backoff::Backoff;
use crate::closed::Closed;
use crate::limits::Limits;
use crate::random::Random;

const HEARTBEAT: Duration = Duration::from_secs(25);
const LIMITS: Limits = Limits {
    buffer_messages: 1,
    buffer_bytes: 1,
    max_buffered_bytes: 1,
    max_in_flight: 1,
    max_incoming_bytes: 1,
    connect_timeout: Duration::from_secs(10),
    request_timeout: Duration::from_secs(100),
    key_window: Duration::from_secs(80),
    backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) },
};

type Ticket = &'static str;

/// A session, and the time that only this test moves.
struct Bench {
    session: Session<Ticket>,
    now: Instant,
}

impl Bench {
    fn offline() -> Self {
        Self { session: Session::begin(&LIMITS, Random::seeded(1), false), now: Instant::now() }
    }

    fn greeting() -> Self {
        let mut bench = Self::offline();
        bench.connect();
        bench
    }

    fn open() -> Self {
        let mut bench = Self::greeting();
        bench.welcome();
        bench.frames();
        bench.outputs();
        bench
    }

    fn connect(&mut self) {
        self.session.connected(self.now, Hello::default(), self.now + LIMITS.connect_timeout);
    }

    /// Loses the connection, and what the session says of that.
    fn lose(&mut self) -> Vec<Output<Ticket>> {
        self.session.disconnected(lost());
        self.outputs()
    }

    /// Connects anew; gives the frames before the welcome and those after it.
    fn reconnect(&mut self) -> (Vec<ClientFrame<'static>>, Vec<ClientFrame<'static>>) {
        self.connect();
        let greeting = self.frames();
        self.welcome();
        (greeting, self.frames())
    }

    fn welcome(&mut self) {
        self.welcome_with(None);
    }

    fn welcome_with(&mut self, key_window_ms: Option<u64>) {
        self.receive(ServerFrame::Welcome(Welcome {
            session: "s1".into(),
            heartbeat_ms: 25_000,
            max_payload_bytes: 65_536,
            expires_in_ms: None,
            key_window_ms,
            resume: Some("r1".into()),
        }));
    }

    fn receive(&mut self, frame: ServerFrame<'_>) {
        self.session.receive(self.now, frame);
    }

    fn subscribe(&mut self, sub: u32, ticket: Ticket) {
        self.session.subscribe(self.now, asking(sub), ticket);
    }

    fn subscribed(&mut self, sub: u32) {
        self.subscribed_at(sub, "{}");
    }

    fn subscribed_at(&mut self, sub: u32, position: &str) {
        self.subscribe(sub, "sub");
        self.frames();
        self.receive(ServerFrame::Subscribed(subscribed(sub, position)));
        self.outputs();
    }

    fn publish(&mut self, ticket: Ticket) {
        self.session.call(self.now, Call::Publish(publish(None)), ticket);
    }

    fn publish_with_key(&mut self, ticket: Ticket) {
        self.session.call(self.now, Call::Publish(publish(Some(ticket))), ticket);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now);
    }

    fn frames(&mut self) -> Vec<ClientFrame<'static>> {
        std::iter::from_fn(|| self.session.next_frame(self.now)).collect()
    }

    fn outputs(&mut self) -> Vec<Output<Ticket>> {
        std::iter::from_fn(|| self.session.next_output()).collect()
    }
}

fn asking(sub: u32) -> Subscribe {
    let pattern = Pattern::new("a.>").unwrap();
    Subscribe { sub, pattern, from: ReplayFrom::Now, deliver: Deliver::Every }
}

fn lost() -> Closed {
    Closed::Lost { detail: "cut".into() }
}

fn publish(key: Option<&'static str>) -> Publish<'static> {
    Publish {
        id: None,
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::text("x"),
        key: key.map(Into::into),
        expect: None,
        echo: true,
        headers: None,
    }
}

fn position(text: &str) -> Position {
    text.parse().unwrap()
}

fn subscribed(sub: u32, at: &str) -> Subscribed {
    Subscribed { sub, pattern: None, position: position(at), recovered: None, live: true, ephemeral: false }
}

fn published(id: u64) -> ServerFrame<'static> {
    ServerFrame::Published(Published { id, at: None, duplicate: false })
}

/// An ephemeral message.
fn message(sub: u32) -> ServerFrame<'static> {
    message_of(sub, None)
}

/// A message of stream `s`.
fn sequenced(sub: u32, seq: u64) -> ServerFrame<'static> {
    message_of(sub, Some(seq))
}

fn message_of(sub: u32, seq: Option<u64>) -> ServerFrame<'static> {
    let stream = || StreamName::new("s").unwrap();
    let message = Message {
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::text("x"),
        time_ms: 0,
        sequenced: seq.map(|seq| Sequenced { stream: stream(), seq, prev: None }),
        by: None,
        headers: None,
    };
    ServerFrame::Message { sub, message }
}

fn error(id: Option<u64>, sub: Option<u32>) -> ServerFrame<'static> {
    error_of(ErrorCode::Forbidden, id, sub)
}

fn error_of(code: ErrorCode, id: Option<u64>, sub: Option<u32>) -> ServerFrame<'static> {
    let message = "no".into();
    ServerFrame::Error(ErrorFrame { id, sub, code, message, retry_after_ms: None, seq: None })
}

/// The number of an acknowledged publish.
fn id_of(frame: ClientFrame<'_>) -> Option<u64> {
    match frame {
        ClientFrame::Publish(publish) => publish.id,
        _ => None,
    }
}
