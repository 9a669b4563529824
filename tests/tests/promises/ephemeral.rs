//! Ephemeral topics: those in no stream are delivered now or never.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, assert_shape};
use serde_json::json;

const KEPT: &str = "[[stream]]\nname = \"kept\"\npatterns = [\"kept.>\"]";

#[tokio::test]
async fn an_ephemeral_message_has_no_place_in_a_stream() {
    let broker = Broker::with(KEPT).await;
    let mut client = Client::json(&broker).await;
    let subscribed = client.subscribe(1, "fleeting").await;
    assert_eq!(subscribed["position"], json!({}), "the pattern meets no stream");
    assert_eq!(subscribed["live"], true);
    let published = client.publish("fleeting", "x").await;
    assert!(published.get("seq").is_none() && published.get("stream").is_none(), "{published}");
    let message = client.expect(json!({"op": "message", "topic": "fleeting", "text": "x"})).await;
    assert!(message.get("seq").is_none() && message.get("stream").is_none(), "{message}");
}

#[tokio::test]
async fn ephemeral_messages_come_in_the_order_of_each_publisher() {
    const COUNT: usize = 500;
    let broker = Broker::with(KEPT).await;
    let mut subscriber = Client::msgpack(&broker).await;
    subscriber.subscribe(1, "fleeting.*").await;
    for name in ["one", "two", "three"] {
        let mut publisher = Client::json(&broker).await;
        tokio::spawn(async move {
            publisher.publish_all(&format!("fleeting.{name}"), (0..COUNT).map(|n| n.to_string())).await;
        });
    }
    let mut next = std::collections::HashMap::from([("one", 0), ("two", 0), ("three", 0)]);
    while next.values().any(|next| *next < COUNT) {
        let message = subscriber.next().await;
        let (topic, text) = (message["topic"].as_str().unwrap(), message["text"].as_str().unwrap());
        if text != "the last" {
            let next = next.get_mut(topic.strip_prefix("fleeting.").unwrap()).unwrap();
            assert_eq!(text, next.to_string(), "{topic}");
            *next += 1;
        }
    }
}

#[tokio::test]
async fn a_late_subscriber_gets_what_is_kept_and_nothing_ephemeral() {
    let broker = Broker::with(KEPT).await;
    let mut client = Client::json(&broker).await;
    client.publish("fleeting.a", "gone").await;
    client.publish("kept.a", "still there").await;
    let subscribed = client.subscribe_from(1, ">", json!("start")).await;
    assert_shape(&subscribed, &json!({"live": false, "position": {"kept": {"seq": 0}}}));
    client.expect(json!({"op": "message", "topic": "kept.a", "stream": "kept", "seq": 1})).await;
    client.expect(json!({"op": "live", "sub": 1, "position": {"kept": {"seq": 1}}})).await;
    client.publish("fleeting.a", "now").await;
    client.expect(json!({"op": "message", "topic": "fleeting.a", "text": "now"})).await;
}

#[tokio::test]
async fn a_key_or_an_expectation_needs_a_stream() {
    let broker = Broker::with(KEPT).await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "id": 1, "topic": "fleeting", "text": "x", "key": "k"})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "invalid_frame"})).await;
    client.send(json!({"op": "publish", "id": 2, "topic": "fleeting", "text": "x", "expect": 0})).await;
    client.expect(json!({"op": "error", "id": 2, "code": "invalid_frame"})).await;
}

#[tokio::test]
async fn a_subscriber_that_reads_too_slowly_is_told_how_many_ephemeral_messages_it_missed() {
    const COUNT: usize = 4_000;
    let broker = Broker::with(KEPT).await;
    for encoding in Encoding::ALL {
        let mut sleeper = Client::open(&broker, *encoding).await;
        sleeper.subscribe(1, "fleeting").await;
        let mut publisher = Client::msgpack(&broker).await;
        let filler = "x".repeat(8_000);
        // Far more than the sleeper's queue and both kernels' buffers hold.
        publisher.publish_all("fleeting", (0..COUNT).map(|n| format!("{n}{filler}"))).await;
        let (mut next, mut gaps) = (0, 0);
        // The last counts, too; it may be among those that were dropped.
        while next < COUNT + 1 {
            let frame = sleeper.next().await;
            if frame["op"] == "gap" {
                assert_shape(&frame, &json!({"sub": 1, "reason": "dropped"}));
                next += usize::try_from(frame["count"].as_u64().expect("an exact count")).unwrap();
                gaps += 1;
                continue;
            }
            let text = frame["text"].as_str().unwrap();
            let number = text.trim_end_matches('x');
            assert!(number == next.to_string() || (next == COUNT && text == "the last"));
            next += 1;
        }
        assert_eq!(next, COUNT + 1, "each is delivered or counted");
        assert!(gaps > 0);
    }
}
