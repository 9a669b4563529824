//! Replay: subscriptions that begin with what is retained, and go over to live without a seam.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use serde_json::{Value, json};

/// Reads messages of a subscription up to the one with this sequence; each must follow the one before, and one `live`
/// must come among them.
async fn read_without_a_seam(client: &mut Client, sub: u32, last: u64) {
    let (mut seq, mut lives) = (0, 0);
    while seq < last || lives == 0 {
        let frame = client.next().await;
        assert_eq!(frame["sub"], sub, "{frame}");
        match frame["op"].as_str().unwrap() {
            "message" => {
                assert_eq!(frame["seq"], seq + 1, "missing or repeated");
                seq += 1;
            }
            "live" => {
                assert_eq!(frame["position"]["recent"]["seq"], seq, "`live` tells where it stands");
                lives += 1;
            }
            _ => panic!("neither gap nor anything else was due: {frame}"),
        }
    }
    assert_eq!((seq, lives), (last, 1));
}

#[tokio::test]
async fn sequences_count_from_one_and_prev_names_the_one_before_on_the_topic() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let broker = if *encoding == Encoding::Json { &broker } else { &Broker::start().await };
        let mut client = Client::open(broker, *encoding).await;
        client.subscribe(1, ">").await;
        for topic in ["a", "b", "a", "a", "b"] {
            client.publish(topic, "x").await;
        }
        let heard = client.heard().await;
        let places: Vec<_> = heard.iter().map(|m| (m["seq"].as_u64().unwrap(), m["prev"].as_u64())).collect();
        assert_eq!(places[1..], [(2, None), (3, Some(1)), (4, Some(3)), (5, Some(2))][..]);
        assert_eq!(places[0].0, 1);
    }
}

#[tokio::test]
async fn two_brokers_never_share_an_epoch() {
    let (one, other) = (Broker::start().await, Broker::start().await);
    let epoch = async |broker| Client::json(broker).await.publish("a", "x").await["epoch"].clone();
    assert_ne!(epoch(&one).await, epoch(&other).await);
}

#[tokio::test]
async fn now_begins_with_what_is_published_after_the_confirmation() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "before").await;
    let subscribed = client.subscribe(1, "a").await;
    assert_eq!((&subscribed["live"], &subscribed["position"]["recent"]["seq"]), (&json!(true), &json!(1)));
    client.publish("a", "after").await;
    client.expect(json!({"op": "message", "text": "after", "seq": 2})).await;
}

#[tokio::test]
async fn start_gives_all_that_is_retained_and_then_live() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        client.publish("a", "x").await;
        let last = client.publish("b", "y").await["seq"].as_u64().unwrap();
        let subscribed = client.subscribe_from(1, ">", json!("start")).await;
        assert_eq!(
            (&subscribed["live"], &subscribed["position"]["recent"]["seq"]),
            (&json!(false), &json!(0))
        );
        read_without_a_seam(&mut client, 1, last).await;
    }
}

#[tokio::test]
async fn start_of_an_empty_stream_is_live_at_once() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let subscribed = client.subscribe_from(1, "a", json!("start")).await;
    assert_eq!((&subscribed["live"], &subscribed["position"]["recent"]["seq"]), (&json!(true), &json!(0)));
    client.publish("a", "x").await;
    client.expect(json!({"op": "message", "seq": 1})).await;
}

#[tokio::test]
async fn last_gives_the_newest_of_each_topic_in_order_and_then_live() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    for (topic, text) in
        [("a", "old"), ("b", "old"), ("c", "new"), ("b", "new"), ("a", "new"), ("z", "other")]
    {
        client.publish(&format!("t.{topic}"), text).await;
    }
    client.subscribe_from(1, "t.*", json!("last")).await;
    for (topic, seq) in [("t.c", 3), ("t.b", 4), ("t.a", 5), ("t.z", 6)] {
        client.expect(json!({"op": "message", "topic": topic, "seq": seq})).await;
    }
    client.expect(json!({"op": "live", "sub": 1, "position": {"recent": {"seq": 6}}})).await;
    client.publish("t.a", "later").await;
    client.expect(json!({"op": "message", "text": "later", "seq": 7})).await;
}

#[tokio::test]
async fn last_of_one_topic_is_its_newest_message() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for text in ["one", "two"] {
        client.publish("state", text).await;
    }
    client.publish("other", "x").await;
    client.subscribe_from(1, "state", json!("last")).await;
    client.expect(json!({"op": "message", "text": "two"})).await;
    client.expect(json!({"op": "live", "position": {"recent": {"seq": 3}}})).await;
}

#[tokio::test]
async fn time_begins_with_the_first_message_that_is_not_older() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    let mut messages: Vec<Value> = Vec::new();
    // Until the clock has gone on, so that there is a message with a later time than the first.
    while messages.last().is_none_or(|last| last["time"] == messages[0]["time"]) {
        client.publish("a", "x").await;
        messages.push(client.next().await);
    }
    let newest = messages.last().unwrap();
    let mut late = Client::json(&broker).await;
    late.subscribe_from(1, "a", json!({"time": newest["time"]})).await;
    late.expect(json!({"op": "message", "seq": newest["seq"]})).await;
    late.expect(json!({"op": "live", "position": {"recent": {"seq": newest["seq"]}}})).await;
    let future = late.subscribe_from(2, "a", json!({"time": 4_000_000_000_000_u64})).await;
    assert_eq!(future["live"], true, "nothing retained is that young");
    let all = late.subscribe_from(3, "a", json!({"time": 0})).await;
    assert_eq!((&all["live"], &all["position"]["recent"]["seq"]), (&json!(false), &json!(0)));
}

#[tokio::test]
async fn a_replay_far_larger_than_the_queue_is_whole_while_publishing_goes_on() {
    const RETAINED: usize = 5_000;
    const MEANWHILE: usize = 2_000;
    let text = "x".repeat(4_096);
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish_all("big.before", (0..RETAINED).map(|_| &text)).await;
    let mut readers = Vec::new();
    for encoding in [Encoding::Json, Encoding::MsgPack, Encoding::MsgPack] {
        let mut reader = Client::open(&broker, encoding).await;
        let subscribed = reader.subscribe_from(1, ">", json!("start")).await;
        assert_eq!(subscribed["live"], false);
        readers.push(reader);
    }
    let flow = tokio::spawn(async move {
        let last = publisher.publish_all("big.meanwhile", (0..MEANWHILE).map(|_| &text)).await;
        (publisher, last)
    });
    let all = u64::try_from(RETAINED + MEANWHILE + 2).unwrap();
    let reading = readers
        .into_iter()
        .map(|mut reader| tokio::spawn(async move { read_without_a_seam(&mut reader, 1, all).await }));
    for reading in reading.collect::<Vec<_>>() {
        reading.await.unwrap();
    }
    assert_eq!(flow.await.unwrap().1, all);
    assert!(broker.metrics().await.count("fanfare_catch_up_messages_total", &[]) >= 3 * 5_000);
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 0).await;
}

#[tokio::test]
async fn several_subscriptions_of_one_session_replay_side_by_side() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    let text = "x".repeat(1_000);
    let last = client.publish_all("a", (0..1_000).map(|_| &text)).await;
    for sub in 1..=5 {
        client.subscribe_from(sub, "a", json!("start")).await;
    }
    let mut next = [1_u64; 6];
    let mut live = 0;
    while live < 5 {
        let frame = client.next().await;
        let sub = usize::try_from(frame["sub"].as_u64().unwrap()).unwrap();
        if frame["op"] == "live" {
            live += 1;
            assert_eq!(next[sub], last + 1);
        } else {
            assert_eq!(frame["seq"], next[sub]);
            next[sub] += 1;
        }
    }
}

#[tokio::test]
async fn a_replay_that_is_ended_says_nothing_more() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    let text = "x".repeat(1_000);
    client.publish_all("a", (0..3_000).map(|_| &text)).await;
    client.send(json!({"op": "subscribe", "sub": 1, "pattern": "a", "from": "start"})).await;
    client.send(json!({"op": "unsubscribe", "sub": 1})).await;
    client.expect(json!({"op": "subscribed", "sub": 1})).await;
    while client.next().await["op"] == "message" {}
    assert_eq!(client.heard().await, [] as [Value; 0]);
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 0).await;
}

#[tokio::test]
async fn a_session_that_leaves_within_a_replay_leaves_nothing_behind() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    let text = "x".repeat(10_000);
    client.publish_all("a", (0..2_000).map(|_| &text)).await;
    for _ in 0..10 {
        let mut reader = Client::msgpack(&broker).await;
        reader.subscribe_from(1, "a", json!("start")).await;
    }
    broker.metric_reaches("fanfare_connections", &[], 1).await;
    for gauge in ["fanfare_subscriptions", "fanfare_subscriptions_behind", "fanfare_patterns"] {
        broker.metric_reaches(gauge, &[], 0).await;
    }
}

#[tokio::test]
async fn a_ping_never_runs_ahead_of_the_messages() {
    const RETAINED: usize = 3_000;
    const FLOW: usize = 1_000;
    let broker = Broker::with_limits("heartbeat = \"200ms\"").await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(500);
    publisher.publish_all("a", (0..RETAINED).map(|_| &text)).await;
    let mut reader = Client::msgpack(&broker).await;
    // One is live from the start, the other has to catch up first: pings are not for it until it has.
    reader
        .pipeline(
            [(1, "now"), (2, "start")]
                .map(|(sub, from)| json!({"op": "subscribe", "sub": sub, "pattern": ">", "from": from})),
        )
        .await;
    let flow = tokio::spawn(async move {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(1));
        for _ in 0..FLOW {
            pace.tick().await;
            publisher.publish("a", &text).await;
        }
        publisher
    });
    let (mut seqs, mut pings) = ([0, 0, 0], 0);
    let last = u64::try_from(RETAINED + 1 + FLOW).unwrap();
    while seqs[1] < last || seqs[2] < last || pings < 3 {
        let frame = reader.next_or_ping().await;
        let sub = usize::try_from(frame["sub"].as_u64().unwrap_or(0)).unwrap();
        match frame["op"].as_str().unwrap() {
            "subscribed" => seqs[sub] = frame["position"]["recent"]["seq"].as_u64().unwrap(),
            "message" => seqs[sub] = frame["seq"].as_u64().unwrap(),
            "ping" => {
                pings += 1;
                let head = frame["position"]["recent"]["seq"].as_u64().unwrap_or(0);
                for sub in [1, 2] {
                    let exempt =
                        frame["except"].as_array().is_some_and(|except| except.contains(&json!(sub)));
                    assert!(exempt || head <= seqs[sub], "{frame} at {}", seqs[sub]);
                }
            }
            _ => {}
        }
    }
    flow.await.unwrap();
}
