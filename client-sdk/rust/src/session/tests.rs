//! What the session promises, without a socket or a sleep.

use std::time::{Duration, Instant};

use fanfare_protocol::frame::{
    Deliver, ErrorFrame, Hello, Message, Publish, Published, ReplayFrom, ServerFrame, Subscribe, Subscribed,
    Welcome,
};
use fanfare_protocol::{ClientFrame, CloseCode, ErrorCode, Pattern, Payload, Position, Topic};

use super::{Answer, Call, Output, Session};
use crate::closed::Closed;
use crate::error::Error;
use crate::event::Event;
use crate::limits::{CLOSE_TIMEOUT, Limits};

const HEARTBEAT: Duration = Duration::from_secs(25);
const LIMITS: Limits = Limits {
    buffer_messages: 1,
    buffer_bytes: 1,
    max_buffered_bytes: 1,
    max_in_flight: 1,
    connect_timeout: Duration::from_secs(10),
    request_timeout: Duration::from_secs(100),
};

type Ticket = &'static str;

/// A session, and the time that only this test moves.
struct Bench {
    session: Session<Ticket>,
    now: Instant,
}

impl Bench {
    fn greeting() -> Self {
        let now = Instant::now();
        Self { session: Session::begin(now, Hello::default(), &LIMITS), now }
    }

    fn open() -> Self {
        let mut bench = Self::greeting();
        bench.welcome();
        bench.frames();
        bench.outputs();
        bench
    }

    fn welcome(&mut self) {
        self.receive(ServerFrame::Welcome(Welcome {
            session: "s1".into(),
            heartbeat_ms: 25_000,
            max_payload_bytes: 65_536,
            expires_in_ms: None,
        }));
    }

    fn receive(&mut self, frame: ServerFrame<'_>) {
        self.session.receive(self.now, frame);
    }

    fn subscribe(&mut self, sub: u32, ticket: Ticket) {
        let pattern = Pattern::new("a.>").unwrap();
        let (from, deliver) = (ReplayFrom::Now, Deliver::Every);
        self.session.subscribe(self.now, Subscribe { sub, pattern, from, deliver }, ticket);
    }

    fn subscribed(&mut self, sub: u32) {
        self.subscribe(sub, "sub");
        self.receive(ServerFrame::Subscribed(subscribed(sub)));
        self.frames();
        self.outputs();
    }

    fn publish(&mut self, ticket: Ticket) {
        self.session.call(self.now, Call::Publish(publish()), ticket);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now);
    }

    fn frames(&mut self) -> Vec<ClientFrame<'static>> {
        std::iter::from_fn(|| self.session.next_frame()).collect()
    }

    fn outputs(&mut self) -> Vec<Output<Ticket>> {
        std::iter::from_fn(|| self.session.next_output()).collect()
    }
}

fn publish() -> Publish<'static> {
    Publish {
        id: None,
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::text("x"),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    }
}

fn subscribed(sub: u32) -> Subscribed {
    Subscribed { sub, pattern: None, position: Position::default(), recovered: None, live: true }
}

fn published(id: u64) -> ServerFrame<'static> {
    ServerFrame::Published(Published { id, at: None, duplicate: false })
}

fn message(sub: u32) -> ServerFrame<'static> {
    let message = Message {
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::text("x"),
        time_ms: 0,
        sequenced: None,
        by: None,
        headers: None,
    };
    ServerFrame::Message { sub, message }
}

fn error(id: Option<u64>, sub: Option<u32>) -> ServerFrame<'static> {
    let (code, message) = (ErrorCode::Forbidden, "no".into());
    ServerFrame::Error(ErrorFrame { id, sub, code, message, retry_after_ms: None, seq: None })
}

#[test]
fn requests_follow_hello_without_waiting_for_the_welcome() {
    let mut bench = Bench::greeting();
    bench.subscribe(1, "sub");
    bench.publish("pub");
    let frames = bench.frames();
    assert!(matches!(
        frames[..],
        [ClientFrame::Hello(_), ClientFrame::Subscribe(_), ClientFrame::Publish(Publish { id: Some(_), .. })]
    ));
}

#[test]
fn the_welcome_opens_the_session_once() {
    let mut bench = Bench::greeting();
    bench.welcome();
    bench.welcome();
    assert!(matches!(&bench.outputs()[..], [Output::Welcomed(welcome)] if welcome.session == "s1"));
}

#[test]
fn without_a_welcome_in_time_the_session_ends() {
    let mut bench = Bench::greeting();
    assert_eq!(bench.session.due(), Some(bench.now + LIMITS.connect_timeout));
    bench.pass(LIMITS.connect_timeout);
    assert!(matches!(bench.outputs()[..], [Output::Ended(Closed::NoWelcome { .. })]));
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut bench = Bench::open();
    bench.publish("first");
    bench.publish("second");
    let ids: Vec<_> = bench.frames().into_iter().filter_map(id_of).collect();
    bench.receive(published(ids[1]));
    bench.receive(published(ids[0]));
    let tickets: Vec<_> = bench.outputs().into_iter().map(answered).collect();
    assert_eq!(tickets, ["second", "first"]);
    assert_eq!(bench.session.in_flight(), 0);
}

#[test]
fn pongs_answer_pings_in_order() {
    let mut bench = Bench::open();
    bench.session.ping(bench.now, "first");
    bench.session.ping(bench.now, "second");
    bench.receive(ServerFrame::Pong);
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("first", Ok(Answer::Pong))]));
}

#[test]
fn a_ping_of_the_broker_is_answered() {
    let mut bench = Bench::open();
    bench.receive(ServerFrame::Ping { position: None, except: vec![] });
    assert_eq!(bench.frames(), [ClientFrame::Pong]);
}

#[test]
fn a_request_without_an_answer_times_out_and_its_late_answer_is_nobodys() {
    let mut bench = Bench::open();
    bench.publish("pub");
    let id = bench.frames().into_iter().find_map(id_of).unwrap();
    bench.session.hold(bench.now, true);
    bench.pass(LIMITS.request_timeout);
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("pub", Err(Error::Timeout { what: "publish", .. }))]));
    bench.receive(published(id));
    assert!(bench.outputs().is_empty());
}

#[test]
fn a_refused_subscription_answers_its_request_and_delivers_nothing() {
    let mut bench = Bench::open();
    bench.subscribe(1, "sub");
    bench.receive(error(None, Some(1)));
    bench.receive(message(1));
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("sub", Err(Error::Request(_)))]));
}

#[test]
fn what_is_delivered_ends_with_the_unsubscribe() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    bench.receive(message(1));
    bench.session.unsubscribe(1);
    bench.receive(message(1));
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Deliver(1, Event::Message(_))]));
    assert_eq!(bench.frames(), [ClientFrame::Unsubscribe { sub: 1 }]);
}

#[test]
fn a_subscription_that_the_broker_ends_says_why() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    bench.receive(ServerFrame::Unsubscribed { sub: 1, code: Some(ErrorCode::Forbidden) });
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Unsubscribed(1, Some(ErrorCode::Forbidden))]));
}

#[test]
fn the_answer_to_an_unsubscribe_that_came_too_late_bothers_nobody() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    bench.session.unsubscribe(1);
    bench.receive(error(None, Some(1)));
    assert!(bench.outputs().is_empty());
}

#[test]
fn an_error_that_answers_nothing_is_a_complaint() {
    let mut bench = Bench::open();
    bench.session.send(ClientFrame::Publish(publish()));
    bench.receive(error(None, None));
    assert!(matches!(bench.outputs()[..], [Output::Complaint(_)]));
}

#[test]
fn two_silent_heartbeats_end_the_session_and_fail_its_requests() {
    let mut bench = Bench::open();
    bench.publish("pub");
    bench.pass(HEARTBEAT + HEARTBEAT / 2);
    assert!(bench.outputs().is_empty());
    bench.pass(HEARTBEAT / 2);
    let outputs = bench.outputs();
    assert!(matches!(
        outputs[..],
        [Output::Answer("pub", Err(Error::Closed(_))), Output::Ended(Closed::Silent { .. })]
    ));
}

#[test]
fn anything_heard_keeps_the_session_alive() {
    let mut bench = Bench::open();
    bench.pass(HEARTBEAT);
    bench.session.heard(bench.now);
    bench.pass(HEARTBEAT);
    assert!(bench.outputs().is_empty());
    assert_eq!(bench.session.due(), Some(bench.now + HEARTBEAT));
}

#[test]
fn while_reading_is_held_the_session_speaks_every_heartbeat_and_calls_nobody_dead() {
    let mut bench = Bench::open();
    bench.session.hold(bench.now, true);
    for _ in 0..3 {
        bench.pass(HEARTBEAT);
        assert_eq!(bench.frames(), [ClientFrame::Pong]);
    }
    bench.session.hold(bench.now, false);
    bench.pass(HEARTBEAT);
    assert!(bench.outputs().is_empty(), "the silence counts from when reading went on");
}

#[test]
fn a_close_waits_for_the_answers_under_way() {
    let mut bench = Bench::open();
    bench.publish("pub");
    let id = bench.frames().into_iter().find_map(id_of).unwrap();
    bench.session.close(bench.now);
    assert!(bench.outputs().is_empty());
    bench.receive(published(id));
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("pub", Ok(_)), Output::SayGoodbye(CloseCode::Normal)]));
    bench.session.disconnected(Closed::ByBroker { code: 1000, reason: String::new() });
    assert!(matches!(bench.outputs()[..], [Output::Ended(Closed::ByClient)]));
}

#[test]
fn a_close_that_the_broker_does_not_answer_ends_in_time() {
    let mut bench = Bench::open();
    bench.session.close(bench.now);
    bench.outputs();
    bench.pass(CLOSE_TIMEOUT);
    assert!(matches!(bench.outputs()[..], [Output::Ended(Closed::ByClient)]));
    assert_eq!(bench.session.due(), None);
}

#[test]
fn after_the_end_every_request_is_told_why() {
    let mut bench = Bench::open();
    let closed = Closed::ByBroker { code: 4200, reason: "drain".into() };
    bench.session.disconnected(closed.clone());
    bench.outputs();
    bench.publish("pub");
    let outputs = bench.outputs();
    assert!(matches!(&outputs[..], [Output::Answer("pub", Err(Error::Closed(why)))] if *why == closed));
    assert!(bench.frames().is_empty());
}

#[test]
fn a_frame_that_can_not_be_read_ends_the_session_as_a_protocol_fault() {
    let mut bench = Bench::open();
    bench.publish("pub");
    bench.session.unreadable(bench.now, "no op".into());
    let outputs = bench.outputs();
    assert!(matches!(
        outputs[..],
        [
            Output::Answer("pub", Err(Error::Closed(Closed::Unreadable { .. }))),
            Output::SayGoodbye(CloseCode::Protocol)
        ]
    ));
}

fn id_of(frame: ClientFrame<'_>) -> Option<u64> {
    match frame {
        ClientFrame::Publish(publish) => publish.id,
        _ => None,
    }
}

fn answered(output: Output<Ticket>) -> Ticket {
    match output {
        Output::Answer(ticket, Ok(_)) => ticket,
        other => panic!("not an answer: {other:?}"),
    }
}
