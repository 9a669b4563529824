//! What the session promises on one connection.

use fanfare_protocol::frame::{Publish, ServerFrame};
use fanfare_protocol::{ClientFrame, CloseCode, ErrorCode};

use super::{Bench, HEARTBEAT, LIMITS, Ticket, error, id_of, message, publish, published};
use crate::closed::Closed;
use crate::error::Error;
use crate::event::Event;
use crate::limits::CLOSE_TIMEOUT;
use crate::session::{Answer, Output};

#[test]
fn requests_wait_for_the_welcome_and_keep_their_order() {
    let mut bench = Bench::greeting();
    bench.subscribe(1, "sub");
    bench.publish("pub");
    assert!(matches!(bench.frames()[..], [ClientFrame::Hello(_)]));
    bench.welcome();
    let frames = bench.frames();
    assert!(matches!(
        frames[..],
        [ClientFrame::Subscribe(_), ClientFrame::Publish(Publish { id: Some(_), .. })]
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
fn without_a_welcome_in_time_the_connection_ends() {
    let mut bench = Bench::greeting();
    assert_eq!(bench.session.due(), Some(bench.now + LIMITS.connect_timeout));
    bench.pass(LIMITS.connect_timeout);
    assert!(matches!(bench.outputs()[..], [Output::Disconnected { why: Closed::NoWelcome { .. }, .. }]));
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
    assert_eq!(bench.frames(), [ClientFrame::Ping, ClientFrame::Ping]);
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
    bench.session.send(ClientFrame::Publish(publish(None)));
    bench.receive(error(None, None));
    assert!(matches!(bench.outputs()[..], [Output::Complaint(_)]));
}

#[test]
fn two_silent_heartbeats_end_the_connection() {
    let mut bench = Bench::open();
    bench.pass(HEARTBEAT + HEARTBEAT / 2);
    assert!(bench.outputs().is_empty());
    bench.pass(HEARTBEAT / 2);
    assert!(matches!(bench.outputs()[..], [Output::Disconnected { why: Closed::Silent { .. }, .. }]));
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
    let closed = Closed::ByBroker { code: 4003, reason: "revoked".into() };
    bench.session.end(closed.clone());
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

fn answered(output: Output<Ticket>) -> Ticket {
    match output {
        Output::Answer(ticket, Ok(_)) => ticket,
        other => panic!("not an answer: {other:?}"),
    }
}
