//! What the session promises from one connection to the next.

use std::time::Duration;

use fanfare_protocol::frame::{
    Gap, Hello, History, Presence, Publish, Published, ReplayFrom, ServerFrame, Subscribe, Subscribed,
};
use fanfare_protocol::{ClientFrame, ErrorCode, GapReason, Pattern};

use super::{
    Bench, LIMITS, asking, error_of, id_of, lost, message, position, publish, published, sequenced,
    subscribed,
};
use crate::closed::Closed;
use crate::error::Error;
use crate::event::Event;
use crate::session::{Answer, Call, Output};

const AT_4: &str = r#"{"s":{"epoch":"e","seq":4}}"#;
const AT_6: &str = r#"{"s":{"epoch":"e","seq":6}}"#;

/// Where a frame asks a subscription to begin.
fn asked_from(frames: &[ClientFrame<'static>]) -> Vec<(u32, ReplayFrom)> {
    let asked = |frame: &ClientFrame<'static>| match frame {
        ClientFrame::Subscribe(Subscribe { sub, from, .. }) => Some((*sub, from.clone())),
        _ => None,
    };
    frames.iter().filter_map(asked).collect()
}

fn delivered(bench: &mut Bench) -> Vec<Event> {
    let event = |output| match output {
        Output::Deliver(_, event) => Some(event),
        _ => None,
    };
    bench.outputs().into_iter().filter_map(event).collect()
}

#[test]
fn a_break_is_told_and_the_session_waits_for_the_next_connection() {
    let mut bench = Bench::open();
    let outputs = bench.lose();
    assert!(matches!(&outputs[..], [Output::Disconnected { why, return_at: None }] if *why == lost()));
    bench.publish("pub");
    assert!(bench.frames().is_empty());
    assert_eq!(bench.session.due(), Some(bench.now + LIMITS.request_timeout));
}

#[test]
fn a_subscription_goes_on_after_what_was_delivered() {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.receive(sequenced(1, 5));
    bench.receive(sequenced(1, 6));
    bench.lose();
    let (greeting, later) = bench.reconnect();
    assert!(matches!(greeting[0], ClientFrame::Hello(_)));
    assert_eq!(asked_from(&greeting), [(1, ReplayFrom::Position(position(AT_6)))]);
    assert!(later.is_empty());
    let resumed = Subscribed { recovered: Some(true), ..subscribed(1, AT_6) };
    bench.receive(ServerFrame::Subscribed(resumed.clone()));
    bench.receive(sequenced(1, 7));
    let events = delivered(&mut bench);
    assert_eq!(events[0], Event::Resumed(resumed));
    assert!(matches!(&events[1..], [Event::Message(message)] if message.seq() == Some(7)));
}

#[test]
fn a_subscription_that_brought_nothing_goes_on_at_the_position_where_it_began() {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.lose();
    let (greeting, _) = bench.reconnect();
    assert_eq!(asked_from(&greeting), [(1, ReplayFrom::Position(position(AT_4)))]);
}

#[test]
fn a_subscription_that_was_never_opened_is_asked_for_as_at_first() {
    let mut bench = Bench::open();
    bench.subscribe(1, "sub");
    bench.frames();
    bench.lose();
    let (greeting, _) = bench.reconnect();
    assert_eq!(asked_from(&greeting), [(1, ReplayFrom::Now)]);
    bench.outputs();
    bench.receive(ServerFrame::Subscribed(subscribed(1, AT_4)));
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Begin(1, _), Output::Answer("sub", Ok(Answer::Subscribed(_)))]));
}

#[test]
fn a_ping_moves_live_subscriptions_that_it_does_not_except() {
    let mut bench = Bench::open();
    for sub in 1..=3 {
        bench.subscribed_at(sub, AT_4);
    }
    bench.receive(ServerFrame::Behind { sub: 2 });
    bench.outputs();
    bench.receive(ServerFrame::Ping { position: Some(position(AT_6)), except: vec![3] });
    assert!(matches!(bench.outputs()[..], [Output::Advance(1, _)]));
    bench.lose();
    let (greeting, _) = bench.reconnect();
    let from = |at| ReplayFrom::Position(position(at));
    assert_eq!(asked_from(&greeting), [(1, from(AT_6)), (2, from(AT_4)), (3, from(AT_4))]);
}

#[test]
fn a_subscription_that_was_dropped_is_not_resumed() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    bench.subscribed(2);
    bench.session.unsubscribe(1);
    bench.lose();
    bench.session.unsubscribe(2);
    let (greeting, later) = bench.reconnect();
    assert!(asked_from(&greeting).is_empty() && later.is_empty(), "{greeting:?} {later:?}");
}

#[test]
fn where_no_stream_is_met_a_break_is_a_gap_of_unknown_size() {
    let mut bench = Bench::open();
    bench.subscribed(1);
    bench.lose();
    bench.reconnect();
    bench.outputs();
    bench.receive(ServerFrame::Subscribed(subscribed(1, "{}")));
    let gap = gap_of(GapReason::Dropped);
    assert_eq!(delivered(&mut bench), [Event::Gap(gap), Event::Resumed(subscribed(1, "{}"))]);
}

/// Whether a break leaves a gap for ephemeral messages, in a subscription that meets a stream, and whose broker says
/// before and after whether its pattern may mean more than streams hold.
fn break_leaves_a_gap(before: bool, after: bool, met: Option<ServerFrame<'_>>) -> bool {
    let opened = |ephemeral| ServerFrame::Subscribed(Subscribed { ephemeral, ..subscribed(1, AT_4) });
    let mut bench = Bench::open();
    bench.session.subscribe(bench.now, asking(1), "sub");
    bench.frames();
    bench.receive(opened(before));
    if let Some(frame) = met {
        bench.receive(frame);
    }
    bench.lose();
    bench.reconnect();
    bench.outputs();
    bench.receive(opened(after));
    matches!(delivered(&mut bench)[..], [Event::Gap(_), Event::Resumed(_)])
}

#[test]
fn where_a_stream_is_met_a_break_is_a_gap_if_ephemeral_topics_may_be_met_too() {
    assert!(!break_leaves_a_gap(false, false, None));
    assert!(break_leaves_a_gap(true, true, None), "though no ephemeral message was ever seen");
    assert!(break_leaves_a_gap(true, false, None), "streams may have been configured meanwhile");
    assert!(break_leaves_a_gap(false, true, None));
    let dropped = |stream| {
        let gap = Gap { count: Some(3), stream, ..gap_of(GapReason::Dropped) };
        Some(ServerFrame::Gap { sub: 1, gap })
    };
    assert!(break_leaves_a_gap(false, false, Some(message(1))));
    assert!(break_leaves_a_gap(false, false, dropped(None)));
}

fn gap_of(reason: GapReason) -> Gap {
    Gap { reason, stream: None, from: None, to: None, count: None, position: None }
}

#[test]
fn publishes_that_were_not_sent_wait_for_the_next_connection_in_order() {
    let mut bench = Bench::open();
    bench.publish("first");
    bench.session.send(ClientFrame::Publish(publish(None)));
    let outputs = bench.lose();
    assert!(matches!(outputs[..], [Output::Disconnected { .. }]));
    bench.publish("third");
    let (_, frames) = bench.reconnect();
    let ids: Vec<_> = frames.into_iter().map(id_of).map(|id| id.is_some()).collect();
    assert_eq!(ids, [true, false, true]);
}

#[test]
fn a_publish_with_a_key_is_sent_again_before_later_ones() {
    let mut bench = Bench::open();
    bench.publish_with_key("first");
    bench.publish_with_key("second");
    let sent = bench.frames();
    bench.lose();
    bench.publish_with_key("third");
    let (_, again) = bench.reconnect();
    assert_eq!(again[..2], sent[..]);
    assert_eq!(again.len(), 3);
    let id = id_of(again[0].clone()).unwrap();
    bench.outputs();
    bench.receive(ServerFrame::Published(Published { id, at: None, duplicate: true }));
    assert!(matches!(bench.outputs()[..], [Output::Answer("first", Ok(Answer::Published(_)))]));
}

/// A publish with a key that was sent, whose connection is lost, and for which there is another after this time.
fn repeated_after(away: Duration) -> (Bench, Vec<ClientFrame<'static>>) {
    let mut bench = Bench::open();
    bench.publish_with_key("pub");
    bench.frames();
    bench.lose();
    bench.pass(away);
    let (_, again) = bench.reconnect();
    (bench, again)
}

#[test]
fn a_publish_with_a_key_is_not_sent_again_when_the_broker_may_have_forgotten_the_key() {
    let (mut bench, again) = repeated_after(LIMITS.repeat_within(None));
    assert!(again.is_empty(), "{again:?}");
    let outputs = bench.outputs();
    let [.., Output::Answer("pub", Err(Error::Interrupted { what: "publish", why }))] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!((why, bench.session.in_flight()), (&lost(), 0));
    let (_, again) = repeated_after(LIMITS.repeat_within(None).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(again.len(), 1);
}

#[test]
fn a_broker_that_remembers_keys_for_a_shorter_time_says_so_and_is_believed() {
    let told = LIMITS.key_window / 8;
    let is_sent_again_after = |away| {
        let mut bench = Bench::greeting();
        bench.welcome_with(told.as_millis().try_into().ok());
        bench.publish_with_key("pub");
        bench.frames();
        bench.lose();
        bench.pass(away);
        bench.connect();
        bench.welcome_with(told.as_millis().try_into().ok());
        bench.frames().iter().any(|frame| matches!(frame, ClientFrame::Publish(_)))
    };
    assert!(is_sent_again_after(told / 2));
    assert!(!is_sent_again_after(told / 4 * 3));
}

#[test]
fn the_time_of_a_key_counts_from_the_first_sending_and_not_from_the_call_or_a_repeat() {
    let mut bench = Bench::offline();
    bench.publish_with_key("pub");
    bench.pass(LIMITS.repeat_within(None) / 2);
    assert_eq!(bench.reconnect().1.len(), 1, "the first time");
    bench.lose();
    bench.pass(LIMITS.repeat_within(None) / 2);
    assert_eq!(bench.reconnect().1.len(), 1, "half of the time is left");
    bench.lose();
    bench.pass(LIMITS.repeat_within(None) / 2);
    assert!(bench.reconnect().1.is_empty());
}

#[test]
fn a_question_is_asked_again_however_long_ago_it_was_sent() {
    let mut bench = Bench::open();
    let presence = Presence { id: 0, topic: publish(None).topic, after: None, limit: 100 };
    bench.session.call(bench.now, Call::Presence(presence), "presence");
    let sent = bench.frames();
    bench.lose();
    bench.pass(LIMITS.key_window);
    assert_eq!(bench.reconnect().1, sent);
}

#[test]
fn a_publish_with_a_key_that_fails_late_lets_a_close_go_on() {
    let mut bench = Bench::open();
    bench.publish_with_key("pub");
    bench.frames();
    bench.lose();
    bench.pass(LIMITS.repeat_within(None));
    bench.connect();
    bench.welcome();
    bench.session.close(bench.now);
    bench.outputs();
    assert!(matches!(bench.frames()[..], [ClientFrame::Hello(_)]));
    assert!(matches!(bench.outputs()[..], [Output::Answer("pub", Err(_)), Output::SayGoodbye(_)]));
}

#[test]
fn a_publish_without_a_key_that_was_sent_fails_as_of_unknown_outcome() {
    let mut bench = Bench::open();
    bench.publish("pub");
    bench.session.send(ClientFrame::Publish(publish(None)));
    bench.frames();
    let outputs = bench.lose();
    let Output::Answer("pub", Err(Error::Interrupted { what: "publish", .. })) = &outputs[0] else {
        panic!("{outputs:?}")
    };
    let (_, frames) = bench.reconnect();
    assert!(frames.is_empty(), "{frames:?}");
}

#[test]
fn questions_are_asked_again_but_a_ping_fails_with_its_connection() {
    let mut bench = Bench::open();
    let pattern = Pattern::new("a.>").unwrap();
    let history = History { id: 0, pattern, from: ReplayFrom::Start, limit: 5 };
    bench.session.call(bench.now, Call::History(history), "history");
    bench.session.ping(bench.now, "ping");
    let sent = bench.frames();
    let outputs = bench.lose();
    assert!(matches!(outputs[0], Output::Answer("ping", Err(Error::Interrupted { what: "ping", .. }))));
    assert_eq!(bench.reconnect().1, sent[..1]);
}

#[test]
fn a_request_that_was_never_sent_says_so_when_its_time_is_up() {
    let mut bench = Bench::offline();
    bench.publish("pub");
    bench.pass(LIMITS.request_timeout);
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("pub", Err(Error::NotSent { what: "publish", .. }))]));
    assert!(!bench.session.has_frames());
}

#[test]
fn the_time_of_a_request_counts_from_when_it_was_asked_however_late_the_session_hears_of_it() {
    let mut bench = Bench::offline();
    let asked = bench.now;
    bench.pass(LIMITS.request_timeout / 2);
    bench.session.call(asked, Call::Publish(publish(None)), "early");
    assert_eq!(bench.session.due(), Some(asked + LIMITS.request_timeout));
    bench.pass(LIMITS.request_timeout / 2);
    bench.session.ping(asked, "late");
    bench.pass(Duration::ZERO);
    let outputs = bench.outputs();
    let [Output::Answer("early", Err(early)), Output::Answer("late", Err(late))] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert!([early, late].into_iter().all(|error| matches!(error, Error::NotSent { .. })));
    assert!(!bench.session.has_frames());
}

#[test]
fn unavailable_sends_a_publish_with_a_key_again_after_the_pause_that_the_broker_wants() {
    let mut bench = Bench::open();
    bench.publish_with_key("pub");
    let sent = bench.frames();
    let mut refusal = error_of(ErrorCode::Unavailable, id_of(sent[0].clone()), None);
    if let ServerFrame::Error(error) = &mut refusal {
        error.retry_after_ms = Some(700);
    }
    bench.receive(refusal);
    assert!(bench.outputs().is_empty());
    bench.pass(Duration::from_millis(699));
    assert!(bench.frames().is_empty());
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.frames(), sent);
}

#[test]
fn after_unavailable_a_publish_is_not_sent_again_when_the_broker_may_have_forgotten_the_key() {
    let mut bench = Bench::open();
    bench.publish_with_key("pub");
    let mut refusal = error_of(ErrorCode::Unavailable, bench.frames().pop().and_then(id_of), None);
    if let ServerFrame::Error(error) = &mut refusal {
        error.retry_after_ms = LIMITS.repeat_within(None).as_millis().try_into().ok();
    }
    bench.receive(refusal);
    bench.session.hold(bench.now, true);
    bench.pass(LIMITS.repeat_within(None));
    assert!(bench.frames().iter().all(|frame| !matches!(frame, ClientFrame::Publish(_))));
    let outputs = bench.outputs();
    let [Output::Answer("pub", Err(Error::Request(error)))] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(error.code, ErrorCode::Unavailable);
}

#[test]
fn unavailable_is_what_a_publish_fails_with_when_its_time_is_up_or_when_it_has_no_key() {
    let mut bench = Bench::open();
    bench.publish_with_key("keyed");
    bench.publish("keyless");
    for frame in bench.frames() {
        bench.receive(error_of(ErrorCode::Unavailable, id_of(frame), None));
    }
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("keyless", Err(Error::Request(_)))]));
    bench.session.hold(bench.now, true);
    bench.pass(LIMITS.request_timeout);
    let outputs = bench.outputs();
    assert!(matches!(outputs[..], [Output::Answer("keyed", Err(Error::Request(_)))]), "{outputs:?}");
}

#[test]
fn a_resumption_that_is_not_possible_yet_is_tried_again() {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.lose();
    bench.reconnect();
    bench.outputs();
    for _ in 0..3 {
        bench.receive(error_of(ErrorCode::Unavailable, None, Some(1)));
        assert!(matches!(bench.outputs()[..], [Output::Complaint(_)]));
        let due = bench.session.due().unwrap();
        bench.pass(due - bench.now);
        assert_eq!(asked_from(&bench.frames()), [(1, ReplayFrom::Position(position(AT_4)))]);
    }
}

#[test]
fn a_resumption_that_is_refused_ends_the_subscription_and_says_why() {
    let mut bench = Bench::open();
    bench.subscribed_at(1, AT_4);
    bench.lose();
    bench.reconnect();
    bench.outputs();
    bench.receive(error_of(ErrorCode::Forbidden, None, Some(1)));
    let outputs = bench.outputs();
    assert!(matches!(&outputs[..], [Output::NotResumed(1, error)] if error.code == ErrorCode::Forbidden));
}

#[test]
fn the_broker_says_when_it_wants_its_clients_back() {
    let mut bench = Bench::open();
    bench.receive(ServerFrame::Goaway { reason: "drain".into(), reconnect_after_ms: 1_234 });
    let at = bench.now + Duration::from_millis(1_234);
    let outputs = bench.lose();
    assert!(matches!(outputs[..], [Output::Disconnected { return_at: Some(when), .. }] if when == at));
    bench.reconnect();
    assert!(
        bench.lose().iter().all(|output| !matches!(output, Output::Disconnected { return_at: Some(_), .. }))
    );
}

#[test]
fn a_close_without_a_connection_ends_the_session_at_once() {
    for greeting in [false, true] {
        let mut bench = Bench::offline();
        bench.publish("pub");
        if greeting {
            bench.connect();
        }
        bench.session.close(bench.now);
        let outputs = bench.outputs();
        assert!(matches!(
            outputs[..],
            [Output::Answer("pub", Err(Error::Closed(Closed::ByClient))), Output::Ended(Closed::ByClient)]
        ));
    }
}

#[test]
fn a_break_while_closing_ends_the_session_and_tells_what_is_unknown() {
    let mut bench = Bench::open();
    bench.publish_with_key("pub");
    bench.frames();
    bench.session.close(bench.now);
    let outputs = bench.lose();
    assert!(matches!(
        outputs[..],
        [Output::Answer("pub", Err(Error::Interrupted { .. })), Output::Ended(Closed::ByClient)]
    ));
}

#[test]
fn an_answer_on_a_new_connection_goes_to_the_request_that_was_repeated() {
    let mut bench = Bench::open();
    bench.publish("lost");
    bench.publish_with_key("kept");
    let ids: Vec<_> = bench.frames().into_iter().filter_map(id_of).collect();
    bench.lose();
    let (_, frames) = bench.reconnect();
    assert!(matches!(frames[..], [ClientFrame::Publish(Publish { id: Some(id), .. })] if id == ids[1]));
    bench.outputs();
    bench.receive(published(ids[0]));
    assert!(bench.outputs().is_empty(), "nobody waits for that");
}

#[test]
fn a_later_connection_says_which_session_it_goes_on_for() {
    let mut bench = Bench::open();
    bench.lose();
    let (greeting, _) = bench.reconnect();
    let hello = Hello { resume: Some("r1".into()), ..Hello::default() };
    assert_eq!(greeting[0], ClientFrame::Hello(hello));
}
