//! What comes as an event, and what it says.

use std::time::Instant;

use fanfare_tests::http::{curl, get};
use fanfare_tests::{Broker, Client, EventStream, assert_shape};
use serde_json::json;

use super::{TWO_STREAMS, seq};

#[tokio::test]
async fn each_event_says_what_its_frame_does_and_where_to_go_on() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("prices.tea", "before").await;
    let mut stream = EventStream::open(&broker, "pattern=*.tea").await;
    let welcome = stream.expect("welcome").await;
    assert_shape(&welcome.data, &json!({"heartbeat_ms": 25_000}));
    assert!((2_000..4_000).contains(&stream.retry_ms.unwrap()), "{:?}", stream.retry_ms);
    let subscribed = stream.expect("subscribed").await;
    assert_shape(&subscribed.data, &json!({"live": true, "ephemeral": true}));
    assert_eq!((seq(&subscribed.last_id, "orders"), seq(&subscribed.last_id, "prices")), (0, 1));

    let ack = publisher.publish("orders.tea", "two\nlines").await;
    let message = stream.expect("message").await;
    let told = json!({"topic": "orders.tea", "text": "two\nlines", "stream": "orders", "seq": ack["seq"]});
    assert_shape(&message.data, &told);
    assert!(message.data.get("op").is_none() && message.data.get("sub").is_none(), "{message:?}");
    assert_eq!((seq(&message.last_id, "orders"), seq(&message.last_id, "prices")), (1, 1));
    publisher.publish("prices.tea", "5").await;
    let message = stream.expect("message").await;
    assert_eq!((seq(&message.last_id, "orders"), seq(&message.last_id, "prices")), (1, 2));
}

#[tokio::test]
async fn a_message_that_no_stream_keeps_moves_no_place() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut publisher = Client::json(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=%3E").await;
    let begun = stream.begin().await;
    publisher.publish("cursors.1", "x").await;
    let message = stream.expect("message").await;
    assert_eq!((message.data["topic"].as_str(), message.last_id), (Some("cursors.1"), begun.last_id));
    // A pattern that meets no stream has no place at all.
    let mut ephemeral = EventStream::open(&broker, "pattern=cursors.*").await;
    assert_eq!(ephemeral.begin().await.last_id, "");
}

#[tokio::test]
async fn payloads_of_every_kind_arrive_as_they_are_whatever_lines_they_have() {
    let broker = Broker::start().await;
    let mut stream = EventStream::open(&broker, "pattern=a").await;
    stream.begin().await;
    let url = format!("http://{}/v1/topics/a/messages", broker.internal());
    let large = "line\r\n".repeat(8_000);
    for (kind, body) in [
        ("application/json", "{\n  \"a\": [1,\r\n 2],\r \"b\": \"\\n\"\n}"),
        ("text/plain", "data: x\n\nevent: close\r\rid: 7\n"),
        ("text/plain", &large),
        ("application/octet-stream", "\n\n"),
    ] {
        let kind = format!("Content-Type: {kind}");
        let answer = curl(&[&url, "-H", &kind, "--data-binary", body]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let data = stream.expect("message").await.data;
    assert_eq!(data["data"], json!({"a": [1, 2], "b": "\n"}));
    assert_eq!(stream.expect("message").await.data["text"], "data: x\n\nevent: close\r\rid: 7\n");
    assert_eq!(stream.expect("message").await.data["text"], large);
    assert_eq!(stream.expect("message").await.data["data_b64"], "Cgo=");
}

#[tokio::test]
async fn a_stream_begins_where_it_is_asked_to() {
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    for (topic, text) in [("a", "1"), ("b", "2"), ("a", "3")] {
        publisher.publish(topic, text).await;
    }
    for (from, wanted) in [("start", &["1", "2", "3"][..]), ("last", &["2", "3"]), ("0", &["1", "2", "3"])] {
        let mut stream = EventStream::open(&broker, &format!("pattern=*&from={from}")).await;
        let begun = stream.begin().await;
        assert_eq!(begun.data["live"], false, "from {from}");
        assert_eq!(stream.texts(wanted.len()).await, wanted, "from {from}");
        stream.expect("live").await;
    }
    let mut now = EventStream::open(&broker, "pattern=*").await;
    let begun = now.begin().await;
    publisher.publish("a", "4").await;
    assert_eq!(now.texts(1).await, ["4"]);
    // What one stream tells as its place is where another one begins.
    let mut after = EventStream::open(&broker, &format!("pattern=*&from={}", begun.last_id)).await;
    assert_eq!(after.begin().await.data["recovered"], true);
    assert_eq!(after.texts(1).await, ["4"]);
}

#[tokio::test]
async fn of_what_changes_fast_only_the_latest_is_told_at_most_so_often() {
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=price&deliver=latest&max_rate=1").await;
    stream.begin().await;
    let begun = Instant::now();
    let last = publisher.publish_all("price", (0..500).map(|n| n.to_string())).await;
    let mut heard = 0;
    let message = loop {
        let message = stream.expect("message").await;
        heard += 1;
        if message.data["text"] == "the last" {
            break message;
        }
    };
    // A batch each begun second, and the one that may go at once.
    let most = begun.elapsed().as_secs() + 2;
    assert!(heard <= most, "{heard} messages where {most} batches may have been sent");
    assert_eq!(seq(&message.last_id, "recent"), last);
}

#[tokio::test]
async fn an_event_stream_is_a_session_like_any_other() {
    let broker = Broker::start().await;
    let mut sys = Client::json(&broker).await;
    sys.subscribe(1, "$sys.session.opened").await;
    let mut stream = EventStream::open(&broker, "pattern=orders.%3E").await;
    let welcome = stream.expect("welcome").await;
    let name = welcome.data["session"].as_str().unwrap().to_owned();
    sys.expect(json!({"op": "message", "data": {"session": name, "encoding": "sse"}})).await;
    broker.metric_reaches("fanfare_connections", &[("encoding", "sse")], 1).await;
    let view = get(broker.internal(), &format!("/v1/sessions/{name}")).await.json();
    assert_shape(&view, &json!({"encoding": "sse", "subscriptions": [{"sub": 1, "pattern": "orders.>"}]}));
    drop(stream);
    broker.closed_for("by_peer").await;
    broker.metric_reaches("fanfare_connections", &[("encoding", "sse")], 0).await;
    broker.metric_reaches("fanfare_subscriptions", &[], 1).await;
}
