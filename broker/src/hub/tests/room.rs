//! Room for subscriptions and for keys: bounded for all, and for each, so that nobody alone takes that of the others.

use std::net::IpAddr;

use super::*;

/// A session of this subject, if it has one, from this address.
fn session(bench: &mut Bench, subject: Option<&str>, host: u8) -> Arc<Outbound> {
    let about = About::new([127, 0, 0, host].into(), Moment::default());
    let outbound = bench.shard.attach(Encoding::Json, about);
    let caller = subject.map_or_else(Caller::unlimited, Caller::named);
    bench.hub.identify(&outbound, &caller, Now::default()).unwrap();
    outbound
}

#[test]
fn all_sessions_together_have_no_more_subscriptions_than_may_be() {
    let mut bench = Bench::new(&Limits { max_subscriptions_total: 3, ..Limits::default() });
    let (one, other) = (session(&mut bench, None, 1), session(&mut bench, None, 2));
    for sub in 1..=2 {
        bench.try_subscribe(&one, sub, "a").unwrap();
    }
    bench.try_subscribe(&other, 1, "a").unwrap();
    assert_eq!(bench.try_subscribe(&other, 2, "a"), Err(SubscribeError::TooManyInAll(3)));
    bench.shard.unsubscribe(one.slot(), 1).unwrap();
    assert_eq!(bench.try_subscribe(&other, 2, "a"), Ok(()));
}

#[test]
fn one_subject_or_address_leaves_subscriptions_to_the_others_whatever_its_sessions_are() {
    for subject in [Some("mallory"), None] {
        let mut bench = Bench::new(&Limits { max_subscriptions_per_subject: 2, ..Limits::default() });
        let refused = Err(SubscribeError::TooManyOfSubject(2));
        let (first, second) = (session(&mut bench, subject, 1), session(&mut bench, subject, 1));
        bench.try_subscribe(&first, 1, "a").unwrap();
        bench.try_subscribe(&second, 1, "a").unwrap();
        assert_eq!(bench.try_subscribe(&first, 2, "a"), refused);
        let other = session(&mut bench, Some("alice"), 1);
        assert_eq!(bench.try_subscribe(&other, 1, "a"), Ok(()));
        let elsewhere = session(&mut bench, None, 2);
        assert_eq!(bench.try_subscribe(&elsewhere, 1, "a"), Ok(()));
        // Whatever ends gives its place back, once: by itself, with its session, or with its permission.
        bench.shard.unsubscribe(first.slot(), 1).unwrap();
        bench.try_subscribe(&first, 3, "a").unwrap();
        bench.shard.detach(second.slot());
        bench.try_subscribe(&first, 4, "a").unwrap();
        bench.shard.end_uncovered(first.slot(), &Caller::named("mallory"));
        for sub in 5..=6 {
            bench.try_subscribe(&first, sub, "a").unwrap();
        }
        assert_eq!(bench.try_subscribe(&first, 7, "a"), refused);
    }
}

#[test]
fn no_more_different_patterns_are_subscribed_to_than_may_be_and_those_that_are_there_are_free() {
    let mut bench = Bench::new(&Limits { max_patterns: 2, ..Limits::default() });
    let one = session(&mut bench, None, 1);
    for (sub, pattern) in [(1, "a"), (2, "b.*"), (3, "a"), (4, "b.*")] {
        assert_eq!(bench.try_subscribe(&one, sub, pattern), Ok(()), "{pattern}");
    }
    assert_eq!(bench.try_subscribe(&one, 5, "c"), Err(SubscribeError::TooManyPatterns(2)));
    for sub in [2, 4] {
        bench.shard.unsubscribe(one.slot(), sub).unwrap();
    }
    assert_eq!(bench.try_subscribe(&one, 5, "c"), Ok(()));
}

#[test]
fn keys_of_one_publisher_block_no_other_whoever_that_is() {
    let limits = Limits { key_bytes: 64 << 10, key_bytes_per_publisher: 4 << 10, ..Limits::default() };
    let mut bench = Bench::new(&limits);
    let [mallory, alice] = ["mallory", "alice"].map(Caller::unlimited_as);
    let nobody = Caller::unlimited();
    let [first, second] = [1, 1].map(|host| session(&mut bench, Some("mallory"), host));
    let [here, there] = [1, 2].map(|host| session(&mut bench, None, host));
    let fill = |bench: &Bench, name: &str, caller: &Caller, from: Origin| {
        let mut keys = 0..1_000;
        keys.find_map(|n| bench.publish_keyed(&format!("{name}{n}"), caller, from).err()).unwrap()
    };
    let own = |error: &PublishError| matches!(error, PublishError::KeysFull { own: true, .. });
    let error = fill(&bench, "m", &mallory, first.session().into());
    assert!(own(&error) && error.to_string().contains("key_bytes_per_publisher"), "{error}");
    assert!(
        own(&bench.publish_keyed("new", &mallory, second.session()).unwrap_err()),
        "another session of hers"
    );
    bench.publish_keyed("a", &alice, first.session()).unwrap();
    // Who has no subject is counted by address, whether it comes by a session or over HTTP.
    assert!(own(&fill(&bench, "h", &nobody, here.session().into())));
    let address = |host: u8| Origin::Address(IpAddr::from([127, 0, 0, host]));
    assert!(own(&bench.publish_keyed("new", &nobody, address(1)).unwrap_err()));
    for from in [address(2), there.session().into()] {
        bench.publish_keyed("other", &nobody, from).unwrap();
    }
    let refused: Vec<_> = bench.hub.metrics.keys_refused.iter().collect();
    assert_eq!(refused, [("publisher", 4), ("stream", 0)]);
}
