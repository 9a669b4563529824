//! What the session promises while the reader of a subscription has too much waiting.

use fanfare_protocol::frame::{ReplayFrom, ServerFrame, Subscribe, Subscribed};
use fanfare_protocol::{ClientFrame, ErrorCode};

use super::{Bench, message, position, sequenced, subscribed};
use crate::event::Event;
use crate::place::Place;
use crate::session::{Output, Relief};

const AT_4: &str = r#"{"s":{"epoch":"e","seq":4}}"#;
const AT_6: &str = r#"{"s":{"epoch":"e","seq":6}}"#;

/// One that was paused at 4, though it had been pushed up to 6.
fn paused() -> Bench {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.receive(sequenced(1, 5));
    bench.receive(sequenced(1, 6));
    bench.outputs();
    assert_eq!(bench.session.relief(1), Relief::Pause);
    bench.session.pause(1, Place::at(position(AT_4)));
    bench
}

/// The position that a subscription is asked for from.
fn asked_from(frames: &[ClientFrame<'static>]) -> Option<ReplayFrom> {
    frames.iter().find_map(|frame| match frame {
        ClientFrame::Subscribe(Subscribe { from, .. }) => Some(from.clone()),
        _ => None,
    })
}

fn resumed(live: bool) -> ServerFrame<'static> {
    ServerFrame::Subscribed(Subscribed { recovered: Some(true), live, ..subscribed(1, AT_4) })
}

#[test]
fn a_pause_ends_the_subscription_at_the_broker_and_nowhere_else() {
    let mut bench = paused();
    assert_eq!(bench.frames(), [ClientFrame::Unsubscribe { sub: 1 }]);
    assert!(matches!(bench.outputs()[..], [Output::Deliver(1, Event::Behind)]));
    bench.receive(sequenced(1, 7));
    bench.receive(ServerFrame::Unsubscribed { sub: 1, code: None });
    assert!(bench.outputs().is_empty());
}

#[test]
fn after_a_pause_it_goes_on_from_what_its_reader_keeps() {
    let mut bench = paused();
    bench.frames();
    bench.outputs();
    bench.session.unpause(1);
    assert_eq!(asked_from(&bench.frames()), Some(ReplayFrom::Position(position(AT_4))));
    bench.receive(sequenced(1, 7));
    bench.receive(ServerFrame::Unsubscribed { sub: 1, code: None });
    assert!(bench.outputs().is_empty(), "that is of the time before");
    bench.receive(resumed(true));
    bench.receive(sequenced(1, 5));
    assert!(matches!(
        bench.outputs()[..],
        [Output::Deliver(1, Event::Live(_)), Output::Deliver(1, Event::Message(_))]
    ));
}

#[test]
fn after_a_pause_it_may_still_be_behind() {
    let mut bench = paused();
    bench.outputs();
    bench.session.unpause(1);
    bench.receive(resumed(false));
    assert!(bench.outputs().is_empty());
    bench.receive(ServerFrame::Live { sub: 1, position: position(AT_6) });
    assert!(matches!(bench.outputs()[..], [Output::Deliver(1, Event::Live(_))]));
}

#[test]
fn a_pause_outlives_its_connection() {
    let mut bench = paused();
    bench.lose();
    let (greeting, later) = bench.reconnect();
    assert!(asked_from(&greeting).is_none() && later.is_empty(), "nobody asks for it yet");
    bench.session.unpause(1);
    assert_eq!(asked_from(&bench.frames()), Some(ReplayFrom::Position(position(AT_4))));
    bench.outputs();
    bench.receive(resumed(true));
    assert!(matches!(bench.outputs()[..], [Output::Deliver(1, Event::Resumed(_))]));
}

#[test]
fn ephemeral_messages_that_passed_in_a_pause_are_told() {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.receive(message(1));
    bench.session.pause(1, Place::at(position(AT_4)));
    bench.session.unpause(1);
    bench.outputs();
    bench.receive(resumed(true));
    assert!(matches!(
        bench.outputs()[..],
        [Output::Deliver(1, Event::Gap(_)), Output::Deliver(1, Event::Live(_))]
    ));
}

#[test]
fn what_no_stream_keeps_is_not_paused() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    assert_eq!(bench.session.relief(1), Relief::Drop);
}

#[test]
fn the_broker_may_end_a_subscription_in_its_pause() {
    let mut bench = paused();
    bench.outputs();
    bench.receive(ServerFrame::Unsubscribed { sub: 1, code: Some(ErrorCode::Forbidden) });
    assert!(matches!(bench.outputs()[..], [Output::Unsubscribed(1, Some(ErrorCode::Forbidden))]));
}

#[test]
fn one_that_is_dropped_in_its_pause_is_not_ended_twice() {
    let mut bench = paused();
    assert_eq!(bench.frames(), [ClientFrame::Unsubscribe { sub: 1 }]);
    bench.session.unsubscribe(1);
    bench.session.unpause(1);
    assert!(bench.frames().is_empty());
}
