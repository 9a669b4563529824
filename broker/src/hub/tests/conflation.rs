//! Conflated subscriptions, and what is counted when a subscription reads.

use std::time::Duration;

use fanfare_protocol::frame::MaxRate;

use super::*;

/// One turn of a session that is behind, at this time of the test.
fn turn(bench: &mut Bench, outbound: &Outbound, at: Duration) -> Vec<String> {
    bench.fan_out();
    bench.shard.catch_up(outbound.slot(), Moment::after_start(at));
    std::iter::from_fn(|| written(outbound)).collect()
}

#[test]
fn values_arrive_from_a_stream_that_grows_faster_than_it_is_read() {
    for max_rate in [None, MaxRate::new(1.0)] {
        let mut bench = Bench::new(&Limits::default());
        let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
        bench.publish("kept.first", "first");
        bench.subscribe_as(&outbound, 1, "kept.>", ReplayFrom::Start, Deliver::Latest { max_rate });
        let mut heard = Vec::new();
        for round in 0..100 {
            // A turn reads 16 messages.
            for number in 0..20 {
                bench.publish(&format!("kept.{round}.{number}"), &round.to_string());
            }
            heard.extend(turn(&mut bench, &outbound, Duration::from_millis(100) * round));
        }
        let last = heard.iter().filter_map(|words| words.strip_prefix("1: ")?.parse::<u32>().ok());
        let last: Vec<_> = last.collect();
        assert!(last.is_sorted());
        // Without batches all the while only what was there at first would have come.
        assert!(last.iter().max().is_some_and(|last| *last > 20), "{max_rate:?}: {last:?}");
        assert!(!heard.contains(&"1: live".to_owned()), "it never caught up");
    }
}

#[test]
fn what_a_session_reads_is_counted_without_its_own_messages_that_it_is_not_to_hear() {
    for deliver in [Deliver::Every, Deliver::Latest { max_rate: None }] {
        let mut bench = Bench::new(&Limits::default());
        let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
        for number in 0..12 {
            let echo = number % 4 == 0;
            bench.publish_as(outbound.session(), &format!("kept.{number}"), "x", echo).unwrap();
        }
        bench.subscribe_as(&outbound, 1, "kept.>", ReplayFrom::Start, deliver);
        let heard = bench.heard(&outbound);
        assert_eq!(heard.iter().filter(|words| *words == "1: x").count(), 3);
        let counters = bench.hub.metrics.shard(0);
        assert_eq!(counters.catch_up_messages.get(), 3, "{deliver:?}");
        let message = counters.catch_up_bytes.get() / 3;
        assert!((1..100).contains(&message), "{message} bytes a message");
    }
}

#[test]
fn what_a_conflated_subscription_reads_for_its_next_batch_is_counted() {
    let mut bench = Bench::new(&Limits::default());
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    bench.publish("kept.a", "before");
    let deliver = Deliver::Latest { max_rate: MaxRate::new(1.0) };
    bench.subscribe_as(&outbound, 1, "kept.>", ReplayFrom::Start, deliver);
    let counted = |bench: &Bench| bench.hub.metrics.shard(0).catch_up_messages.get();
    while counted(&bench) == 0 {
        turn(&mut bench, &outbound, Duration::ZERO);
    }
    bench.publish_as(outbound.session(), "kept.b", "hidden", false).unwrap();
    bench.publish("kept.c", "joined");
    let heard = turn(&mut bench, &outbound, Duration::ZERO);
    assert_eq!(heard, ["1: live"], "it has joined what came, and that waits for its time");
    assert_eq!(counted(&bench), 2);
}
