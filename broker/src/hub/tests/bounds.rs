//! What all sessions take together is bounded.

use std::collections::BTreeSet;

use super::super::question::{Question, TopicsAsked};
use super::*;

#[test]
fn when_all_queues_hold_too_much_the_largest_falls_behind_first() {
    let mut bench =
        Bench::new(&Limits { all_queues_bytes: 40_000, queue_bytes: 40_000, ..Limits::default() });
    let (small, large) = (
        bench.shard.attach(Encoding::MsgPack, About::default()),
        bench.shard.attach(Encoding::Json, About::default()),
    );
    bench.subscribe(&small, 1, "kept.a", ReplayFrom::Now);
    bench.subscribe(&large, 1, "kept.>", ReplayFrom::Now);
    for number in 0..200 {
        bench.publish(if number % 10 == 0 { "kept.a" } else { "kept.b" }, &number.to_string());
        bench.fan_out();
    }
    for number in 200..400 {
        bench.publish("kept.b", &number.to_string());
        bench.fan_out();
    }
    assert!(small.lanes().queue_bytes() + large.lanes().queue_bytes() <= 40_000);
    let heard = bench.heard(&small);
    assert!(!heard.contains(&"1: behind".to_owned()), "{heard:?}");
    assert_eq!(heard.len(), 1 + 20);
    let heard = bench.heard(&large);
    let kept: Vec<_> =
        heard.iter().filter_map(|words| words.strip_prefix("1: ")?.parse::<u32>().ok()).collect();
    assert_eq!(kept, (0..400).collect::<Vec<_>>());
    assert!(heard.contains(&"1: behind".to_owned()));
}

#[test]
fn a_probe_passes_through_a_mailbox_that_is_full() {
    let mut bench = Bench::new(&Limits { mailbox_bytes: 1, ..Limits::default() });
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    bench.subscribe(&outbound, 1, ">", ReplayFrom::Now);
    bench.publish("kept.a", "one");
    let hub = Arc::clone(&bench.hub);
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async {
        // The first is polled first: the probe is in the mailbox when the second takes the mail.
        let (ready, ()) = tokio::join!(hub.ready(), async { bench.settle(&outbound) });
        assert_eq!(ready, Ok(()));
    });
    assert!(!bench.hub.mailbox(0).take(&mut bench.mail), "nothing is left behind");
}

#[test]
fn a_shard_looks_for_topics_a_bounded_part_at_a_time_and_misses_none_that_stays() {
    let mut bench = Bench::new(&Limits { max_subscriptions: 20_000, ..Limits::default() });
    let outbound = bench.shard.attach(Encoding::Json, About::default());
    let topic = |sub: u32| format!("t.{sub:05}");
    for sub in 1..=10_000 {
        bench.subscribe(&outbound, sub, &topic(sub), ReplayFrom::Now);
    }
    let asked = TopicsAsked { pattern: Pattern::new("t.*").unwrap(), after: None, limit: 20_000 };
    let asked = Arc::new(asked);
    let (mut from, mut found, mut parts) = (Some(0), BTreeSet::new(), 0);
    while let Some(place) = from {
        let (answer, mut answered) = tokio::sync::oneshot::channel();
        bench.shard.answer(Question::Topics { asked: Arc::clone(&asked), from: place, answer });
        let part = answered.try_recv().unwrap();
        assert!(part.topics.len() <= 4_096, "{} at once", part.topics.len());
        found.extend(part.topics);
        from = part.next;
        parts += 1;
        // Meanwhile others go and come.
        bench.shard.unsubscribe(outbound.slot(), parts * 2).unwrap();
        bench.subscribe(&outbound, 10_000 + parts, &topic(10_000 + parts), ReplayFrom::Now);
    }
    assert!(parts >= 3, "{parts} parts");
    let gone = |sub: u32| sub.is_multiple_of(2) && sub / 2 <= parts;
    for sub in (1..=10_000).filter(|sub| !gone(*sub)) {
        assert!(found.contains(&Topic::new(&topic(sub)).unwrap()), "{sub}");
    }
}

#[test]
fn when_the_answers_of_all_sessions_take_too_much_those_with_the_most_are_ended() {
    let limits = Limits {
        all_replies_bytes: 1 << 20,
        reply_bytes: 512 << 10,
        max_frame_bytes: 64 << 10,
        ..Limits::default()
    };
    let mut bench = Bench::new(&limits);
    let mut sessions = Vec::new();
    for (kib, spent) in [(10, false), (400, false), (20, false), (300, false), (390, true)] {
        let outbound = bench.shard.attach(Encoding::Json, About::default());
        outbound.push_reply_payload(vec![b'x'; kib << 10].into());
        bench.shard.spend_answers(if spent { 1 << 20 } else { 0 });
        sessions.push(outbound);
    }
    let closing: Vec<_> = sessions.iter().map(|outbound| outbound.lanes().closing()).collect();
    assert_eq!(closing, [None, Some(CloseCode::TooSlow), None, None, None]);
    assert_eq!(sessions[1].lanes().answer_bytes(), 0, "its answers are gone at once");
    bench.shard.spend_answers(1 << 20);
    assert_eq!(sessions[4].lanes().closing(), None, "it is enough");
}
