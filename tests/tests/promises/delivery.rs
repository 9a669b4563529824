//! Delivery: who hears what, and that it is what was published.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, assert_shape};
use serde_json::{Value, json};

fn subs(frames: &[Value]) -> Vec<u64> {
    let mut subs: Vec<u64> = frames.iter().map(|frame| frame["sub"].as_u64().unwrap()).collect();
    subs.sort_unstable();
    subs
}

#[tokio::test]
async fn every_subscription_that_matches_gets_its_own_copy() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let patterns = ["a.b.c", "a.*.c", "a.>", ">", "*.*.*", "a.b.c", "a.b", "a.*", "b.>"];
    for (sub, pattern) in (1..).zip(patterns) {
        client.subscribe(sub, pattern).await;
    }
    client.publish("a.b.c", "x").await;
    assert_eq!(subs(&client.heard().await), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_tail_wildcard_stands_for_one_segment_or_more() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a.>").await;
    client.publish("a", "none").await;
    client.publish("a.b", "one").await;
    client.publish("a.b.c.d", "three").await;
    let heard: Vec<_> = client.heard().await.iter().map(|m| m["text"].clone()).collect();
    assert_eq!(heard, ["one", "three"]);
}

#[tokio::test]
async fn a_leading_wildcard_never_hears_the_brokers_own_topics() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, ">").await;
    client.subscribe(2, "*.*").await;
    for _ in 0..3 {
        // The probe of readiness publishes to a topic of the broker itself.
        assert_eq!(fanfare_tests::http::get(broker.internal(), "/readyz").await.status, 200);
    }
    assert_eq!(client.heard().await, [] as [Value; 0]);
}

#[tokio::test]
async fn topics_may_be_of_any_language() {
    let broker = Broker::start().await;
    let (mut subscriber, mut publisher) = (Client::json(&broker).await, Client::msgpack(&broker).await);
    subscriber.subscribe(1, "städte.東京.*").await;
    publisher.publish("städte.東京.🎺", "нет").await;
    subscriber.expect(json!({"topic": "städte.東京.🎺", "text": "нет"})).await;
}

#[tokio::test]
async fn without_echo_the_publisher_hears_nothing_and_the_others_do() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let (mut publisher, mut other) =
            (Client::open(&broker, *encoding).await, Client::json(&broker).await);
        publisher.subscribe(1, "room").await;
        other.subscribe(1, "room").await;
        let frame = json!({"op": "publish", "topic": "room", "text": "quiet", "echo": false});
        publisher.request(frame, "published").await;
        publisher.publish("room", "loud").await;
        other.expect(json!({"op": "message", "text": "quiet"})).await;
        other.expect(json!({"op": "message", "text": "loud"})).await;
        publisher.expect(json!({"op": "message", "text": "loud"})).await;
    }
}

#[tokio::test]
async fn without_echo_the_publisher_does_not_hear_it_in_a_replay_either_and_a_later_session_does() {
    let broker = Broker::start().await;
    let mut publisher = Client::json(&broker).await;
    publisher
        .request(json!({"op": "publish", "topic": "room", "text": "quiet", "echo": false}), "published")
        .await;
    publisher.publish("room", "loud").await;
    publisher.subscribe_from(1, "room", json!("start")).await;
    publisher.expect(json!({"op": "message", "text": "loud"})).await;
    let mut later = Client::json(&broker).await;
    later.subscribe_from(1, "room", json!("start")).await;
    later.expect(json!({"op": "message", "text": "quiet"})).await;
    later.expect(json!({"op": "message", "text": "loud"})).await;
}

#[tokio::test]
async fn payloads_keep_their_kind_and_headers_in_every_pair_of_encodings() {
    let broker = Broker::start().await;
    let headers = json!({"trace-id": "4bf92f", "Content_Type": "text/ünï"});
    let payloads = [
        json!({"data": {"a": [1, 2.5, "three", null, true]}}),
        json!({"data": null}),
        json!({"data": "a string is JSON too"}),
        json!({"text": ""}),
        json!({"text": "zażółć gęślą jaźń \u{1F3BA} \"quoted\" \\ \n\t\u{0}"}),
        json!({"data_b64": "AAECAwT/"}),
        json!({"data_b64": ""}),
    ];
    for publishing in Encoding::ALL {
        for subscribing in Encoding::ALL {
            let mut publisher = Client::open(&broker, *publishing).await;
            let mut subscriber = Client::open(&broker, *subscribing).await;
            subscriber.subscribe(1, "kinds").await;
            for payload in &payloads {
                let mut frame = json!({"op": "publish", "topic": "kinds", "headers": headers});
                frame.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
                publisher.request(frame, "published").await;
                let message = subscriber.expect(json!({"op": "message", "headers": headers})).await;
                assert_shape(&message, payload);
            }
        }
    }
}

#[tokio::test]
async fn json_is_passed_on_verbatim() {
    // What a reader that takes JSON apart would change: numbers, escapes, the order and the repetition of keys.
    let data = r#"{"z":1.0, "a":1e400,"a":2, "big":12345678901234567890123, "u":"\u00e9\/", "t":	[ ]}"#;
    let broker = Broker::start().await;
    let mut publisher = Client::json(&broker).await;
    for encoding in Encoding::ALL {
        let mut subscriber = Client::open(&broker, *encoding).await;
        subscriber.subscribe(1, "verbatim").await;
        let frame = format!(r#"{{"op":"publish","topic":"verbatim","data":{data}}}"#);
        publisher.send_message(frame.into()).await;
        let message = subscriber.next_text().await;
        assert!(message.contains(&format!(r#""data":{data}"#)), "{message}");
    }
}

#[tokio::test]
async fn a_message_carries_the_time_at_which_the_broker_took_it() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    client.publish("a", "x").await;
    client.publish("a", "y").await;
    let first = client.next().await["time"].as_u64().unwrap();
    let second = client.next().await["time"].as_u64().unwrap();
    // Within a century of the writing of this test, in milliseconds.
    assert!((1_700_000_000_000..4_900_000_000_000).contains(&first), "{first}");
    assert!(second >= first);
}
