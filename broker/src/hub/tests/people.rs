//! Who is in, who is sent away, and what a session leaves behind.

use super::*;

#[test]
fn a_session_that_leaves_takes_everything_with_it() {
    let mut bench = Bench::new(&Limits::default());
    let first = bench.shard.attach(Encoding::MsgPack, About::default());
    let second = bench.shard.attach(Encoding::MsgPack, About::default());
    for (sub, pattern) in [(1, "kept.a"), (2, "kept.*"), (3, ">")] {
        bench.subscribe(&first, sub, pattern, ReplayFrom::Now);
        bench.subscribe(&second, sub, pattern, ReplayFrom::Now);
    }
    bench.shard.detach(first.slot());
    bench.publish("kept.a", "x");
    assert_eq!(bench.heard(&second).iter().filter(|words| words.ends_with(": x")).count(), 3);
    bench.shard.detach(second.slot());
    assert_eq!((bench.hub.sessions(), bench.shard.subs.len(), bench.shard.index.len()), (0, 0, 0));
    assert_eq!((bench.hub.interest.patterns(), bench.hub.metrics.sum(|s| s.subscriptions.get())), (0, 0));
}

#[test]
fn a_broker_that_stops_takes_no_publish_and_saves_all_that_it_took() {
    let bench = Bench::new(&Limits::default());
    bench.publish("kept.a", "x");
    bench.hub.stop_publishing();
    assert_eq!(bench.try_publish("kept.a", "y"), Err(PublishError::Stopping));
    bench.hub.close_all(Some(&ServerFrame::Pong), CloseCode::Drain, "stopping");
    for topic in ["kept.a", "lost.a"] {
        assert_eq!(bench.try_publish(topic, "z"), Err(PublishError::Stopping));
    }
    let saved = bench.hub.save(Now::default());
    assert_eq!((saved.len(), saved[0].messages.len(), saved[0].marks.head), (1, 1, 1));
}

#[test]
fn who_is_revoked_is_sent_away_at_once_and_others_stay() {
    let mut bench = Bench::new(&Limits::default());
    let admin = Caller::unlimited();
    let sessions = ["alice", "bob", "alice"].map(|subject| {
        let outbound = bench.shard.attach(Encoding::Json, About::default());
        bench.hub.identify(&outbound, &Caller::named(subject), Now::default()).unwrap();
        outbound
    });
    let hold = std::time::Duration::from_mins(1);
    let alice = admin.administer(Revoked::Subject("alice".into())).unwrap();
    assert_eq!(bench.hub.revoke(alice, hold, Now::default()), Ok(ShutOut { ended: 2, until_ms: 60_000 }));
    let closing = sessions.each_ref().map(|outbound| outbound.lanes().closing());
    assert_eq!(closing, [Some(CloseCode::Forbidden), None, Some(CloseCode::Forbidden)]);
    // One that enters at the same moment is looked at again after it is known.
    let late = bench.shard.attach(Encoding::Json, About::default());
    let entered = bench.hub.identify(&late, &Caller::named("alice"), Now::default());
    assert_eq!(entered, Err(NotTaken::Revoked));
    let named = bench.hub.session_named(&bench.hub.session_name(sessions[1].session())).unwrap();
    assert!(bench.hub.close_session(admin.administer(named).unwrap(), "out"));
    assert_eq!(sessions[1].lanes().closing(), Some(CloseCode::Forbidden));
    assert_eq!(bench.hub.session_named("nobody"), None);
}

#[test]
fn a_subject_has_as_many_sessions_as_it_may_and_a_refresh_takes_no_other_place() {
    let mut bench = Bench::new(&Limits { max_connections_per_subject: 1, ..Limits::default() });
    let enter = |bench: &mut Bench, caller: &Caller| {
        let outbound = bench.shard.attach(Encoding::Json, About::default());
        let entered = bench.hub.identify(&outbound, caller, Now::default());
        (outbound, entered)
    };
    let (alice, bob) = (Caller::named("alice"), Caller::named("bob"));
    let (first, entered) = enter(&mut bench, &alice);
    assert_eq!((entered, bench.hub.identify(&first, &alice, Now::default())), (Ok(()), Ok(())));
    let (second, entered) = enter(&mut bench, &alice);
    assert_eq!((entered, enter(&mut bench, &bob).1), (Err(NotTaken::TooMany), Ok(())));
    for nobody in [Caller::unlimited(), Caller::unlimited()] {
        assert_eq!(enter(&mut bench, &nobody).1, Ok(()));
    }
    // Who was not taken had no place to give back.
    bench.shard.detach(second.slot());
    assert_eq!(enter(&mut bench, &alice).1, Err(NotTaken::TooMany));
    bench.shard.detach(first.slot());
    assert_eq!(enter(&mut bench, &alice).1, Ok(()));
}
