//! Publishing with `key` and `expect`: a repeat is delivered once, and nothing is overwritten unseen.

use fanfare_protocol::Encoding;
use fanfare_tests::http::curl;
use fanfare_tests::{Broker, Client, assert_shape, command, within};
use serde_json::{Value, json};

/// A publish of the text "x" with some more fields; returns its answer.
async fn publish(client: &mut Client, topic: &str, more: Value) -> Value {
    let mut frame = json!({"op": "publish", "id": 900, "topic": topic, "text": "x"});
    frame.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.send(frame).await;
    loop {
        let answer = client.next().await;
        if answer["id"] == 900 {
            return answer;
        }
    }
}

async fn published(client: &mut Client, topic: &str, more: Value, seq: u64) {
    let answer = publish(client, topic, more).await;
    assert_shape(&answer, &json!({"op": "published", "seq": seq}));
    assert!(answer.get("duplicate").is_none(), "{answer}");
}

async fn repeated(client: &mut Client, topic: &str, more: Value, seq: u64) {
    let answer = publish(client, topic, more).await;
    assert_shape(&answer, &json!({"op": "published", "seq": seq, "duplicate": true}));
    assert!(answer["stream"].is_string() && answer["epoch"].is_string(), "{answer}");
}

async fn conflicts(client: &mut Client, topic: &str, more: Value, seq: u64) {
    let answer = publish(client, topic, more).await;
    assert_shape(&answer, &json!({"op": "error", "code": "conflict", "seq": seq}));
}

#[tokio::test]
async fn a_repeat_is_acknowledged_with_the_first_sequence_and_delivered_once() {
    for encoding in Encoding::ALL {
        let broker = Broker::start().await;
        let mut subscriber = Client::open(&broker, *encoding).await;
        subscriber.subscribe(1, "a").await;
        let mut first = Client::open(&broker, *encoding).await;
        published(&mut first, "a", json!({"key": "k"}), 1).await;
        published(&mut first, "a", json!({"key": "other"}), 2).await;
        drop(first);
        // A publisher that lost its connection before the answer came retries in another session.
        let mut again = Client::open(&broker, *encoding).await;
        repeated(&mut again, "a", json!({"key": "k"}), 1).await;
        published(&mut again, "a", json!({}), 3).await;
        let heard = subscriber.heard().await;
        let sequences: Vec<_> = heard.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
        assert_eq!(sequences, [1, 2, 3]);
        let metrics = broker.metrics().await;
        assert_eq!(metrics.count("fanfare_publish_duplicates_total", &[]), 1);
        assert_eq!(metrics.count("fanfare_stream_keys", &[("stream", "recent")]), 2);
    }
}

#[tokio::test]
async fn a_key_belongs_to_its_topic_and_to_both_encodings() {
    let broker = Broker::start().await;
    let (mut json, mut msgpack) = (Client::json(&broker).await, Client::msgpack(&broker).await);
    published(&mut json, "a", json!({"key": "ключ"}), 1).await;
    published(&mut json, "b", json!({"key": "ключ"}), 2).await;
    repeated(&mut msgpack, "a", json!({"key": "ключ"}), 1).await;
    repeated(&mut msgpack, "b", json!({"key": "ключ"}), 2).await;
}

#[tokio::test]
async fn a_key_outlives_its_message() {
    let broker = Broker::with("[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_age = \"100ms\"").await;
    let mut client = Client::msgpack(&broker).await;
    published(&mut client, "a", json!({"key": "k"}), 1).await;
    broker.metric_reaches("fanfare_stream_messages", &[], 0).await;
    repeated(&mut client, "a", json!({"key": "k"}), 1).await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_its_window_though_nobody_publishes() {
    let broker = Broker::with_limits("key_window = \"200ms\"").await;
    let mut client = Client::json(&broker).await;
    published(&mut client, "a", json!({"key": "k"}), 1).await;
    broker.metric_reaches("fanfare_stream_keys", &[], 0).await;
    assert_eq!(broker.metrics().await.count("fanfare_stream_key_bytes", &[]), 0);
    published(&mut client, "a", json!({"key": "k"}), 2).await;
}

#[tokio::test]
async fn expect_appends_after_the_topics_last_message_and_nowhere_else() {
    for encoding in Encoding::ALL {
        let broker = Broker::start().await;
        let mut client = Client::open(&broker, *encoding).await;
        conflicts(&mut client, "a", json!({"expect": 1}), 0).await;
        published(&mut client, "a", json!({"expect": 0}), 1).await;
        published(&mut client, "b", json!({"expect": 0}), 2).await;
        conflicts(&mut client, "a", json!({"expect": 0}), 1).await;
        conflicts(&mut client, "a", json!({"expect": 2}), 1).await;
        published(&mut client, "a", json!({"expect": 1}), 3).await;
        assert_eq!(broker.metrics().await.count("fanfare_errors_total", &[("code", "conflict")]), 3);
    }
}

#[tokio::test]
async fn of_two_that_expect_the_same_one_is_told_of_the_other() {
    let broker = Broker::start().await;
    let (mut one, mut other) = (Client::json(&broker).await, Client::msgpack(&broker).await);
    for round in 0..50 {
        let expect = json!({"expect": round});
        let (one, other) =
            tokio::join!(publish(&mut one, "a", expect.clone()), publish(&mut other, "a", expect.clone()));
        let (won, lost) = if one["op"] == "published" { (one, other) } else { (other, one) };
        assert_shape(&won, &json!({"op": "published", "seq": round + 1}));
        assert_shape(&lost, &json!({"op": "error", "code": "conflict", "seq": round + 1}));
    }
}

#[tokio::test]
async fn what_retention_took_is_not_expected() {
    let config = "[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_age = \"100ms\"";
    let broker = Broker::with(config).await;
    let mut client = Client::json(&broker).await;
    published(&mut client, "a", json!({}), 1).await;
    broker.metric_reaches("fanfare_stream_messages", &[], 0).await;
    conflicts(&mut client, "a", json!({"expect": 1}), 0).await;
    published(&mut client, "a", json!({"expect": 0}), 2).await;
}

#[tokio::test]
async fn the_key_is_checked_before_the_expectation() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    published(&mut client, "a", json!({"key": "k", "expect": 0}), 1).await;
    // Its answer was lost: the retry expects what it did, and must not be told that it conflicts with itself.
    repeated(&mut client, "a", json!({"key": "k", "expect": 0}), 1).await;
    // A publish that was refused has used up nothing.
    conflicts(&mut client, "a", json!({"key": "new", "expect": 0}), 1).await;
    published(&mut client, "a", json!({"key": "new", "expect": 1}), 2).await;
}

#[tokio::test]
async fn a_conflict_is_told_though_no_answer_was_asked_for() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "topic": "a", "text": "x", "expect": 5})).await;
    let error = client.expect(json!({"op": "error", "code": "conflict", "seq": 0})).await;
    assert!(error.get("id").is_none(), "{error}");
}

#[tokio::test]
async fn a_key_that_cannot_be_remembered_is_refused_and_no_other_is_forgotten_for_it() {
    for encoding in Encoding::ALL {
        let limits = "key_bytes = \"4KiB\"\nkey_bytes_per_publisher = \"4KiB\"";
        let broker = Broker::with_limits(limits).await;
        let mut client = Client::open(&broker, *encoding).await;
        let mut taken = 0;
        let refused = loop {
            let answer = publish(&mut client, "a", json!({"key": format!("key {taken}")})).await;
            if answer["op"] == "error" {
                break answer;
            }
            taken += 1;
        };
        assert!((10..=40).contains(&taken), "{taken} keys in 4 KiB");
        assert_eq!(refused["code"], "limit_exceeded", "{refused}");
        let retry_after_ms = refused["retry_after_ms"].as_u64().unwrap();
        assert!((1..=120_000).contains(&retry_after_ms), "{refused}");
        for number in 0..taken {
            repeated(&mut client, "a", json!({"key": format!("key {number}")}), number + 1).await;
        }
        published(&mut client, "a", json!({}), taken + 1).await;
        let metrics = broker.metrics().await;
        assert_eq!(metrics.count("fanfare_stream_keys", &[]), taken);
        assert!(metrics.count("fanfare_stream_key_bytes", &[]) <= 4_096);
    }
}

#[tokio::test]
async fn who_fills_the_room_for_keys_from_one_address_leaves_half_of_it_to_the_others() {
    let broker = Broker::with_limits("key_bytes = \"8KiB\"").await;
    let mut greedy = Client::msgpack(&broker).await;
    let keyed = |n| json!({"op": "publish", "id": n, "topic": "a", "text": "x", "key": format!("key {n}")});
    greedy.pipeline((0..100).map(keyed)).await;
    let refused = greedy.answer(json!({"op": "error", "code": "limit_exceeded"})).await;
    assert!(refused["message"].as_str().unwrap().contains("key_bytes_per_publisher"), "{refused}");
    let url = format!("http://{}/v1/topics/a/messages", broker.internal());
    let over_http = async |from: &str| {
        curl(&["--interface", from, "-H", "Idempotency-Key: another", "-d", "x", &url]).await.status
    };
    assert_eq!(over_http("127.0.0.1").await, 429, "it is the same publisher");
    assert_eq!(over_http("127.0.0.2").await, 200);
    let metrics = broker.metrics().await;
    assert!(metrics.count("fanfare_keys_refused_total", &[("reason", "publisher")]) > 1);
    assert_eq!(metrics.count("fanfare_keys_refused_total", &[("reason", "stream")]), 0);
}

#[tokio::test]
async fn a_key_that_was_refused_is_taken_when_old_ones_are_forgotten() {
    let broker = Broker::with_limits("key_bytes = \"4KiB\"\nkey_window = \"1s\"").await;
    let mut client = Client::msgpack(&broker).await;
    let keyed = |n| json!({"op": "publish", "id": n, "topic": "a", "text": "x", "key": format!("key {n}")});
    client.pipeline((0..100).map(keyed)).await;
    let refused = client.answer(json!({"op": "error", "code": "limit_exceeded"})).await;
    broker.metric_reaches("fanfare_stream_keys", &[], 0).await;
    let key = format!("key {}", refused["id"]);
    assert_eq!(publish(&mut client, "a", json!({"key": key})).await["op"], "published");
}

#[tokio::test]
async fn the_command_line_publishes_with_key_and_expectation() {
    let broker = Broker::start().await;
    let publish = async |more: &[&str]| {
        let mut command = command();
        command.args(["pub", "a", "x"]).args(more).env("FANFARE_SERVER", format!("ws://{}", broker.client()));
        within("the command to end", command.output()).await.unwrap()
    };
    assert!(publish(&["--key", "k"]).await.status.success());
    assert!(publish(&["--key", "k"]).await.status.success());
    assert!(publish(&["--expect", "1"]).await.status.success());
    let refused = publish(&["--expect", "1"]).await;
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && error.contains("expect 2"), "{error}");
    assert_eq!(broker.metrics().await.count("fanfare_stream_last_sequence", &[]), 2);
}
