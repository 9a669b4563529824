//! Resuming: a subscription that begins at a position gets what it missed, or is told why it can't.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use serde_json::{Value, json};

const TWO_STREAMS: &str = r#"
[[stream]]
name = "orders"
patterns = ["orders.>"]

[[stream]]
name = "prices"
patterns = ["prices.>"]
"#;

/// Only the newest few messages of a topic are kept.
const SHORT_MEMORY: &str = r#"
[[stream]]
name = "recent"
patterns = [">"]
max_messages_per_topic = 3
"#;

async fn resume(client: &mut Client, sub: u32, pattern: &str, position: &Value) -> Value {
    client.subscribe_from(sub, pattern, json!({ "position": position })).await
}

/// The sequences of the messages that one stream still owes, up to this one; `live` may come among them.
async fn sequences_up_to(client: &mut Client, last: u64) -> Vec<u64> {
    let mut sequences = Vec::new();
    while sequences.last() != Some(&last) {
        let frame = client.next().await;
        match frame["op"].as_str().unwrap() {
            "message" => sequences.push(frame["seq"].as_u64().unwrap()),
            "live" => {}
            _ => panic!("a message was due: {frame}"),
        }
    }
    sequences
}

#[tokio::test]
async fn what_was_missed_comes_once_and_in_order_while_publishers_run() {
    const MESSAGES: u64 = 3_000;
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        for pattern in ["flow", "*", ">"] {
            let mut publisher = Client::open(&broker, *encoding).await;
            let first = publisher.publish("flow", "before").await;
            let position = json!({"recent": {"epoch": first["epoch"], "seq": first["seq"]}});
            let before = first["seq"].as_u64().unwrap();
            publisher.publish_all("flow", (0..MESSAGES / 2).map(|_| "missed")).await;
            let running = tokio::spawn(async move {
                publisher.publish_all("flow", (0..MESSAGES / 2).map(|_| "meanwhile")).await
            });
            let mut client = Client::open(&broker, *encoding).await;
            let subscribed = resume(&mut client, 1, pattern, &position).await;
            assert_eq!((&subscribed["recovered"], &subscribed["live"]), (&json!(true), &json!(false)));
            assert_eq!(subscribed["position"], position, "it stands where it asked to");
            let last = running.await.unwrap();
            let sequences = sequences_up_to(&mut client, last).await;
            assert!(sequences.iter().copied().eq(before + 1..=last), "each once, in order");
        }
    }
}

#[tokio::test]
async fn a_position_at_the_newest_message_is_live_at_once() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let published = client.publish("a", "x").await;
        let position = json!({"recent": {"epoch": published["epoch"], "seq": published["seq"]}});
        let subscribed = resume(&mut client, 1, "a", &position).await;
        assert_eq!((&subscribed["recovered"], &subscribed["live"]), (&json!(true), &json!(true)));
        client.publish("a", "y").await;
        client.expect(json!({"op": "message", "text": "y"})).await;
    }
}

#[tokio::test]
async fn several_streams_are_resumed_each_from_its_own_place() {
    let broker = Broker::with(TWO_STREAMS).await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let subscribed = client.subscribe(1, ">").await;
        let mut position = subscribed["position"].clone();
        let order = client.publish("orders.1", "one").await["seq"].as_u64().unwrap();
        let price = client.publish("prices.1", "two").await["seq"].as_u64().unwrap();
        position["orders"]["seq"] = json!(order);
        let mut other = Client::open(&broker, *encoding).await;
        let subscribed = resume(&mut other, 1, ">", &position).await;
        assert_eq!((&subscribed["recovered"], &subscribed["position"]), (&json!(true), &position));
        other.expect(json!({"op": "message", "stream": "prices", "seq": price, "text": "two"})).await;
        let live = other.expect(json!({"op": "live", "sub": 1})).await;
        assert_eq!(live["position"]["orders"]["seq"], order);
        assert_eq!(live["position"]["prices"]["seq"], price);
    }
}

#[tokio::test]
async fn a_stream_that_the_position_lacks_counts_from_its_beginning() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    client.publish("orders.1", "one").await;
    let subscribed = resume(&mut client, 1, ">", &json!({})).await;
    assert_eq!(
        (&subscribed["recovered"], &subscribed["position"]["orders"]["seq"]),
        (&json!(true), &json!(0))
    );
    client.expect(json!({"op": "message", "text": "one"})).await;
}

#[tokio::test]
async fn another_epoch_is_told_as_a_reset_and_everything_retained_follows() {
    let broker = Broker::with(TWO_STREAMS).await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let last = client.publish("orders.1", "one").await;
        let last_seq = last["seq"].as_u64().unwrap();
        let position =
            json!({"orders": {"epoch": "another", "seq": 7}, "prices": {"epoch": "older", "seq": 3}});
        let subscribed = resume(&mut client, 1, ">", &position).await;
        assert_eq!(subscribed["recovered"], false);
        let mut stands = Value::Null;
        for stream in ["orders", "prices"] {
            let gap =
                client.expect(json!({"op": "gap", "sub": 1, "reason": "reset", "stream": stream})).await;
            assert_eq!(gap["position"][stream]["seq"], 0);
            stands = gap["position"].clone();
        }
        assert_eq!(stands["orders"]["epoch"], last["epoch"], "the last gap's position is whole and new");
        assert_ne!(stands["prices"]["epoch"], "older");
        let sequences = sequences_up_to(&mut client, last_seq).await;
        assert!(sequences.iter().copied().eq(1..=last_seq));
    }
}

#[tokio::test]
async fn a_position_from_the_future_is_told_as_a_reset() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let published = client.publish("a", "x").await;
    let position = json!({"recent": {"epoch": published["epoch"], "seq": 1_000}});
    let subscribed = resume(&mut client, 1, "a", &position).await;
    assert_eq!(subscribed["recovered"], false);
    let gap = client.expect(json!({"op": "gap", "reason": "reset", "stream": "recent"})).await;
    assert_eq!(gap["position"]["recent"], json!({"epoch": published["epoch"], "seq": 0}));
    client.expect(json!({"op": "message", "seq": 1})).await;
}

#[tokio::test]
async fn a_stream_that_the_pattern_does_not_meet_is_told_as_a_reset() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    let mut position = client.subscribe(1, "orders.>").await["position"].clone();
    position["gone"] = json!({"epoch": "x", "seq": 5});
    let subscribed = resume(&mut client, 2, "orders.>", &position).await;
    assert_eq!((&subscribed["recovered"], &subscribed["live"]), (&json!(false), &json!(true)));
    let gap = client.expect(json!({"op": "gap", "sub": 2, "reason": "reset", "stream": "gone"})).await;
    assert_eq!(gap["position"], subscribed["position"], "the stream is no part of the position any more");
}

#[tokio::test]
async fn what_has_expired_is_told_before_what_is_left() {
    let broker = Broker::with(SHORT_MEMORY).await;
    for encoding in Encoding::ALL {
        for pattern in ["a", ">"] {
            let mut client = Client::open(&broker, *encoding).await;
            let first = client.publish("a", "x").await;
            let seq = first["seq"].as_u64().unwrap();
            let position = json!({"recent": {"epoch": first["epoch"], "seq": seq}});
            client.publish_all("a", (0..9).map(|_| "x")).await;
            let subscribed = resume(&mut client, 1, pattern, &position).await;
            assert_eq!((&subscribed["recovered"], &subscribed["position"]), (&json!(false), &position));
            let gap = client.expect(json!({"op": "gap", "sub": 1, "reason": "expired"})).await;
            assert_eq!((&gap["from"], &gap["to"]), (&json!(seq + 1), &json!(seq + 7)));
            assert_eq!(sequences_up_to(&mut client, seq + 10).await, [seq + 8, seq + 9, seq + 10]);
        }
    }
}

#[tokio::test]
async fn nothing_is_told_missing_that_the_topic_did_not_lose() {
    let broker = Broker::with(SHORT_MEMORY).await;
    let mut client = Client::json(&broker).await;
    let kept = client.publish("kept", "x").await;
    client.publish_all("busy", (0..9).map(|_| "x")).await;
    client.publish("kept", "y").await;
    let position = json!({"recent": {"epoch": kept["epoch"], "seq": kept["seq"]}});
    let subscribed = resume(&mut client, 1, "kept", &position).await;
    assert_eq!(subscribed["recovered"], true);
    client.expect(json!({"op": "message", "text": "y"})).await;
}
