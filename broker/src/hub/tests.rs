//! The hub with one shard and no sockets: what reaches which queue.

mod batches;
mod bounds;
mod conflation;
mod people;
mod room;

use std::sync::Arc;
use std::task::Waker;

use fanfare_protocol::frame::{Deliver, Publish, ReplayFrom, Subscribe};
use fanfare_protocol::{CloseCode, Encoding, Pattern, Payload, ServerFrame, StreamName, Topic};

use super::*;
use crate::auth::{Caller, Revoked};
use crate::clock::{Moment, Now};
use crate::engine::{KeyLimits, MemoryEngine, SessionId, StreamConfig};
use crate::limits::{Limits, LiveLimits};
use crate::metrics::Metrics;
use crate::outbound::{About, Burst, Outbound};

struct Bench {
    hub: Arc<Hub>,
    shard: Shard,
    mail: Mail,
}

impl Bench {
    fn new(limits: &Limits) -> Self {
        let stream = StreamConfig {
            name: StreamName::new("kept").unwrap(),
            patterns: vec![Pattern::new("kept.>").unwrap()],
            max_age: std::time::Duration::from_mins(1),
            max_bytes: 1 << 30,
            max_messages_per_topic: None,
            publisher: false,
        };
        let engine =
            MemoryEngine::new(&[stream], KeyLimits::from(limits), Vec::new(), Now::default()).unwrap();
        let hub =
            Hub::new(engine, 1, Arc::new(LiveLimits::new(limits)), Arc::new(Metrics::new(1, &[]))).unwrap();
        let hub = Arc::new(hub);
        Self { shard: Shard::new(Arc::clone(&hub), 0), hub, mail: Mail::default() }
    }

    fn publish(&self, topic: &str, text: &str) {
        self.try_publish(topic, text).unwrap();
    }

    fn try_publish(&self, topic: &str, text: &str) -> Result<Accepted, PublishError> {
        self.publish_as(SessionId(999), topic, text, true)
    }

    fn publish_as(
        &self,
        session: SessionId,
        topic: &str,
        text: &str,
        echo: bool,
    ) -> Result<Accepted, PublishError> {
        let publish = Publish {
            id: None,
            topic: Topic::new(topic).unwrap(),
            payload: Payload::text(text),
            key: None,
            expect: None,
            echo,
            headers: None,
        };
        let permitted = Caller::unlimited().publish(publish).unwrap();
        self.hub.publish(permitted, session, Now::default())
    }

    /// Publishes with a key, as a session or from an address.
    fn publish_keyed(
        &self,
        key: &str,
        caller: &Caller,
        from: impl Into<Origin>,
    ) -> Result<Accepted, PublishError> {
        let publish = Publish {
            id: None,
            topic: Topic::new("kept.a").unwrap(),
            payload: Payload::text("x"),
            key: Some(key.into()),
            expect: None,
            echo: true,
            headers: None,
        };
        self.hub.publish(caller.publish(publish).unwrap(), from, Now::default())
    }

    fn try_subscribe(&mut self, outbound: &Outbound, sub: u32, pattern: &str) -> Result<(), SubscribeError> {
        let pattern = Pattern::new(pattern).unwrap();
        let subscribe = Subscribe { sub, pattern, from: ReplayFrom::Now, deliver: Deliver::Every };
        self.shard.subscribe(outbound.slot(), Caller::unlimited().subscribe(subscribe).unwrap())
    }

    fn subscribe(&mut self, outbound: &Outbound, sub: u32, pattern: &str, from: ReplayFrom) {
        self.subscribe_as(outbound, sub, pattern, from, Deliver::Every);
    }

    fn subscribe_as(
        &mut self,
        outbound: &Outbound,
        sub: u32,
        pattern: &str,
        from: ReplayFrom,
        deliver: Deliver,
    ) {
        let subscribe = Subscribe { sub, pattern: Pattern::new(pattern).unwrap(), from, deliver };
        self.shard.subscribe(outbound.slot(), Caller::unlimited().subscribe(subscribe).unwrap()).unwrap();
    }

    /// Fans out all mail there is.
    fn fan_out(&mut self) {
        while self.hub.mailbox(0).poll_take(&mut self.mail, Waker::noop()).is_ready() {
            while self.shard.fan_out(&mut self.mail) {}
            self.mail.done();
        }
    }

    /// Fans out, and reads on for whoever is behind.
    fn settle(&mut self, outbound: &Outbound) {
        self.fan_out();
        while outbound.lanes().is_empty() && self.shard.catch_up(outbound.slot(), Moment::default()) {}
    }

    /// What a client of this session would read now: each frame in a few words.
    fn heard(&mut self, outbound: &Outbound) -> Vec<String> {
        self.settle(outbound);
        let mut words = Vec::new();
        while let Some(frame) = written(outbound) {
            words.push(frame);
            self.settle(outbound);
        }
        words
    }
}

/// Takes the next frame that waits for this session's socket, in a few words.
fn written(outbound: &Outbound) -> Option<String> {
    let mut burst = Burst::default();
    let mut lanes = outbound.lanes();
    if lanes.is_empty() {
        return None;
    }
    lanes.fill(&mut burst, 1);
    burst.finish();
    let bytes: Vec<u8> = burst.as_one().unwrap().to_vec();
    lanes.advance(&burst, bytes.len());
    let header = if bytes[1] == 126 { 4 } else { 2 };
    let frame = outbound.encoding().decode_server(&bytes[header..]).unwrap().unwrap();
    Some(in_words(&frame))
}

fn in_words(frame: &ServerFrame<'_>) -> String {
    match frame {
        ServerFrame::Message { sub, message } => format!("{sub}: {}", message.payload.as_text().unwrap()),
        ServerFrame::Subscribed(subscribed) => {
            let ephemeral = if subscribed.ephemeral { ", partly ephemeral" } else { "" };
            let behind = if subscribed.live { "" } else { ", behind" };
            format!("{}: subscribed{ephemeral}{behind}", subscribed.sub)
        }
        ServerFrame::Behind { sub } => format!("{sub}: behind"),
        ServerFrame::Unsubscribed { sub, .. } => format!("{sub}: unsubscribed"),
        ServerFrame::Live { sub, .. } => format!("{sub}: live"),
        ServerFrame::Gap { sub, gap } => format!("{sub}: gap {:?}-{:?} {:?}", gap.from, gap.to, gap.count),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_subscription_hears_what_is_published_after_it_and_nothing_before() {
    let mut bench = Bench::new(&Limits::default());
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    // The messages before are still in the mailbox: another subscription waits for them.
    bench.subscribe(&outbound, 1, ">", ReplayFrom::Now);
    bench.publish("kept.a", "one");
    bench.publish("lost.a", "two");
    bench.subscribe(&outbound, 2, ">", ReplayFrom::Now);
    bench.publish("kept.a", "three");
    bench.publish("lost.a", "four");
    let heard = bench.heard(&outbound);
    let of = |sub: &str| heard.iter().filter(|words| words.starts_with(sub)).cloned().collect::<Vec<_>>();
    assert_eq!(of("1"), ["1: subscribed, partly ephemeral", "1: one", "1: two", "1: three", "1: four"]);
    assert_eq!(of("2"), ["2: subscribed, partly ephemeral", "2: three", "2: four"]);
}

#[test]
fn a_subscription_is_told_whether_its_topics_may_be_in_no_stream() {
    let mut bench = Bench::new(&Limits::default());
    let outbound = bench.shard.attach(Encoding::Json, About::default());
    let cases =
        [("kept.a", false), ("kept.*", false), ("kept.>", false), ("kept", true), (">", true), ("a", true)];
    for (number, (pattern, _)) in (1..).zip(cases) {
        bench.subscribe(&outbound, number, pattern, ReplayFrom::Now);
    }
    let expected: Vec<_> = (1..)
        .zip(cases)
        .map(|(number, (_, ephemeral))| {
            format!("{number}: subscribed{}", if ephemeral { ", partly ephemeral" } else { "" })
        })
        .collect();
    assert_eq!(bench.heard(&outbound), expected);
}

#[test]
fn a_replay_becomes_live_with_no_message_missing_or_twice() {
    let mut bench = Bench::new(&Limits::default());
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    for number in 0..600 {
        bench.publish("kept.a", &number.to_string());
    }
    bench.subscribe(&outbound, 1, "kept.>", ReplayFrom::Start);
    bench.publish("kept.a", "600");
    bench.shard.catch_up(outbound.slot(), Moment::default());
    bench.publish("kept.a", "601");
    let heard = bench.heard(&outbound);
    let messages: Vec<_> =
        heard.iter().filter_map(|words| words.strip_prefix("1: ")?.parse::<u32>().ok()).collect();
    assert_eq!(messages, (0..=601).collect::<Vec<_>>());
    assert_eq!(heard[0], "1: subscribed, behind");
    assert_eq!(heard.iter().filter(|words| *words == "1: live").count(), 1);
}

#[test]
fn what_finds_no_room_in_the_mailbox_is_read_from_the_stream_or_counted() {
    let mut bench = Bench::new(&Limits { mailbox_bytes: 2_000, ..Limits::default() });
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    bench.subscribe(&outbound, 1, ">", ReplayFrom::Now);
    for number in 0..100 {
        bench.publish("kept.a", &number.to_string());
        bench.publish("lost.a", "ephemeral");
    }
    let heard = bench.heard(&outbound);
    let kept: Vec<_> =
        heard.iter().filter_map(|words| words.strip_prefix("1: ")?.parse::<u32>().ok()).collect();
    assert_eq!(kept, (0..100).collect::<Vec<_>>());
    let ephemeral = heard.iter().filter(|words| *words == "1: ephemeral").count();
    assert!(heard.contains(&format!("1: gap None-None Some({})", 100 - ephemeral)));
    // However many messages found no room: once for the stream, once for what is in none.
    assert_eq!(bench.hub.metrics.shard(0).mailbox_overflows.get(), 2);
    bench.publish("kept.a", "100");
    assert_eq!(bench.heard(&outbound), ["1: 100"]);
}

#[test]
fn a_full_queue_puts_its_subscriptions_behind_and_nothing_is_missing() {
    for encoding in Encoding::ALL {
        let mut bench = Bench::new(&Limits { queue_bytes: 2_000, ..Limits::default() });
        let outbound = bench.shard.attach(*encoding, About::default());
        bench.subscribe(&outbound, 1, "kept.a", ReplayFrom::Now);
        bench.subscribe(&outbound, 2, "kept.>", ReplayFrom::Now);
        for number in 0..500 {
            bench.publish("kept.a", &number.to_string());
            bench.fan_out();
        }
        assert!(outbound.lanes().queue_bytes() <= 2_000);
        let heard = bench.heard(&outbound);
        for sub in [1, 2] {
            let of = |words: &&String| words.starts_with(&format!("{sub}: "));
            let own: Vec<_> = heard.iter().filter(of).map(|words| words[3..].to_owned()).collect();
            let kept: Vec<_> = own.iter().filter_map(|words| words.parse::<u32>().ok()).collect();
            assert_eq!(kept, (0..500).collect::<Vec<_>>());
            assert_eq!(own[..2], ["subscribed", "behind"]);
            assert_eq!(own.iter().filter(|words| *words == "live").count(), 1);
        }
    }
}

#[test]
fn a_full_queue_drops_the_oldest_ephemeral_messages_and_counts_them() {
    let mut bench = Bench::new(&Limits { queue_bytes: 2_000, ..Limits::default() });
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    bench.subscribe(&outbound, 1, "lost.>", ReplayFrom::Now);
    for number in 0..500 {
        bench.publish("lost.a", &number.to_string());
        bench.fan_out();
    }
    assert!(outbound.lanes().queue_bytes() <= 2_000);
    let heard = bench.heard(&outbound);
    let left: Vec<_> =
        heard.iter().filter_map(|words| words.strip_prefix("1: ")?.parse::<u32>().ok()).collect();
    let first = 500 - u32::try_from(left.len()).unwrap();
    assert_eq!(left, (first..500).collect::<Vec<_>>());
    assert_eq!(heard[1], format!("1: gap None-None Some({first})"), "one gap, in the place of the oldest");
}

#[test]
fn what_an_ended_subscription_has_waiting_is_written_and_not_read_again() {
    let mut bench = Bench::new(&Limits { queue_bytes: 1_000, ..Limits::default() });
    let outbound = bench.shard.attach(Encoding::MsgPack, About::default());
    bench.subscribe(&outbound, 1, "kept.a", ReplayFrom::Now);
    bench.publish("kept.a", "for the first");
    bench.fan_out();
    bench.shard.unsubscribe(outbound.slot(), 1).unwrap();
    bench.subscribe(&outbound, 1, "kept.>", ReplayFrom::Now);
    for number in 0..50 {
        bench.publish("kept.a", &number.to_string());
        bench.fan_out();
    }
    let heard = bench.heard(&outbound);
    let start = ["1: subscribed", "1: for the first", "1: unsubscribed", "1: subscribed", "1: behind"];
    assert_eq!(heard[..5], start);
    assert_eq!(heard.len(), start.len() + 50 + 1);
}
