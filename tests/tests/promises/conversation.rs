//! The conversation: requests, their answers, and the order of both.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use serde_json::json;

#[tokio::test]
async fn hello_is_answered_with_a_welcome_that_names_the_bounds() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::shake(broker.client(), *encoding).await;
        client.send(json!({"op": "hello"})).await;
        let bounds = json!({"op": "welcome", "heartbeat_ms": 25_000, "max_payload_bytes": 65_536, "key_window_ms": 120_000});
        let welcome = client.expect(bounds).await;
        assert!(!welcome["session"].as_str().unwrap().is_empty(), "{welcome}");
        assert!(welcome.get("expires_in_ms").is_none(), "nothing expires without authentication: {welcome}");
    }
}

#[tokio::test]
async fn two_sessions_never_have_the_same_name() {
    let broker = Broker::start().await;
    let (one, other) = (Client::json(&broker).await, Client::json(&broker).await);
    assert_ne!(one.session(), other.session());
}

#[tokio::test]
async fn a_publish_pipelined_after_hello_and_subscribe_is_heard() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::shake(broker.client(), *encoding).await;
        client
            .pipeline([
                json!({"op": "hello"}),
                json!({"op": "subscribe", "sub": 1, "pattern": "a.b"}),
                json!({"op": "publish", "topic": "a.b", "text": "one"}),
                json!({"op": "publish", "topic": "a.b", "text": "two"}),
            ])
            .await;
        client.expect(json!({"op": "welcome"})).await;
        client.expect(json!({"op": "subscribed", "sub": 1, "live": true})).await;
        client.expect(json!({"op": "message", "sub": 1, "text": "one"})).await;
        client.expect(json!({"op": "message", "sub": 1, "text": "two"})).await;
    }
}

#[tokio::test]
async fn frames_that_come_with_the_handshake_are_not_lost() {
    let broker = Broker::start().await;
    let mut raw = fanfare_tests::Raw::connect(broker.client()).await;
    let mut bytes = fanfare_tests::handshake("").into_bytes();
    bytes.extend(fanfare_tests::masked(0x81, br#"{"op":"hello"}"#));
    bytes.extend(fanfare_tests::masked(0x81, br#"{"op":"ping"}"#));
    raw.write(&bytes).await;
    assert_eq!(raw.head().await.status, 101);
    assert!(raw.frame().await.unwrap().payload.starts_with(br#"{"op":"welcome""#));
    assert_eq!(raw.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
}

#[tokio::test]
async fn a_subscription_is_confirmed_with_its_whole_position() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let empty = client.subscribe(1, "a").await;
    assert_eq!(empty["position"]["recent"]["seq"], 0, "an empty stream stands at 0");
    let published = client.publish("a", "x").await;
    client.expect(json!({"op": "message", "sub": 1, "seq": 1})).await;
    let second = client.subscribe(2, ">").await;
    assert_eq!(second["position"], json!({"recent": {"epoch": published["epoch"], "seq": 1}}));
    assert_eq!(second["live"], true);
    assert!(second.get("recovered").is_none(), "no position was asked for: {second}");
}

#[tokio::test]
async fn an_acknowledged_publish_carries_its_place() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let published = client.publish("acknowledged", "x").await;
        assert_eq!(published["stream"], "recent");
        assert!(published["seq"].as_u64().unwrap() > 0);
        assert!(!published["epoch"].as_str().unwrap().is_empty());
        assert!(published.get("duplicate").is_none());
    }
}

#[tokio::test]
async fn a_publish_without_an_id_is_not_acknowledged() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "topic": "a", "text": "x"})).await;
    client.send(json!({"op": "ping"})).await;
    client.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn an_id_is_echoed_up_to_its_largest_value() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        for id in [0, 1, (1_u64 << 53) - 1] {
            client.send(json!({"op": "publish", "id": id, "topic": "a", "text": "x"})).await;
            client.expect(json!({"op": "published", "id": id})).await;
        }
    }
}

#[tokio::test]
async fn nothing_of_a_subscription_comes_after_unsubscribed() {
    let broker = Broker::start().await;
    let (mut client, mut publisher) = (Client::json(&broker).await, Client::json(&broker).await);
    client.subscribe(1, "a").await;
    publisher.publish("a", "before").await;
    client.expect(json!({"op": "message", "text": "before"})).await;
    client.send(json!({"op": "unsubscribe", "sub": 1})).await;
    let answer = client.expect(json!({"op": "unsubscribed", "sub": 1})).await;
    assert!(answer.get("code").is_none(), "the client's own doing has no code: {answer}");
    publisher.publish("a", "after").await;
    assert_eq!(client.heard().await, [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn a_number_can_be_used_again_after_unsubscribed() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    client.send(json!({"op": "unsubscribe", "sub": 1})).await;
    client.expect(json!({"op": "unsubscribed", "sub": 1})).await;
    client.subscribe(1, "b").await;
    client.publish("b", "x").await;
    client.expect(json!({"op": "message", "sub": 1, "topic": "b"})).await;
}

#[tokio::test]
async fn ping_is_answered_with_pong() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        client.send(json!({"op": "ping"})).await;
        client.expect(json!({"op": "pong"})).await;
    }
}

#[tokio::test]
async fn refresh_is_answered_with_ok() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let ok = client.request(json!({"op": "refresh", "token": "whatever"}), "ok").await;
    assert!(ok.get("expires_in_ms").is_none(), "nothing expires without authentication: {ok}");
}

#[tokio::test]
async fn a_client_that_takes_leave_is_answered() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        Client::open(&broker, *encoding).await.close().await;
    }
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "by_peer")], 2).await;
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client
        .send(json!({"op": "subscribe", "sub": 1, "pattern": "a", "colour": "blue", "nested": {"x": [1]}}))
        .await;
    client.expect(json!({"op": "subscribed", "sub": 1})).await;
}

#[tokio::test]
async fn the_broker_pings_and_names_the_heads_that_were_served() {
    let broker = Broker::with_limits("heartbeat = \"300ms\"").await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "quiet").await;
    let published = client.publish("loud", "x").await;
    loop {
        let ping = client.next_ping().await;
        if ping["position"]["recent"]["seq"] == 1 {
            assert_eq!(ping["position"]["recent"]["epoch"], published["epoch"]);
            assert!(ping.get("except").is_none(), "nothing is behind: {ping}");
            break;
        }
    }
}
