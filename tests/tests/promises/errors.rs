//! Errors: a request that fails is answered, says why, and harms nothing else.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

/// The session still does its work.
async fn lives_on(client: &mut Client) {
    client.send(json!({"op": "ping"})).await;
    client.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn a_sub_in_use_is_a_conflict_and_the_first_stays() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(7, "first").await;
    client.send(json!({"op": "subscribe", "sub": 7, "pattern": "second"})).await;
    let error = client.expect(json!({"op": "error", "sub": 7, "code": "conflict"})).await;
    assert!(error.get("id").is_none(), "{error}");
    client.publish("second", "x").await;
    client.publish("first", "y").await;
    let heard = client.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["text"], "y");
}

#[tokio::test]
async fn an_unknown_sub_is_not_found() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "unsubscribe", "sub": 9})).await;
    client.expect(json!({"op": "error", "sub": 9, "code": "not_found"})).await;
}

#[tokio::test]
async fn frames_that_cannot_be_read_are_answered_and_the_session_lives_on() {
    let cases = [
        ("", "invalid_frame"),
        ("nonsense", "invalid_frame"),
        ("[1,2]", "invalid_frame"),
        ("null", "invalid_frame"),
        ("{", "invalid_frame"),
        ("{}", "invalid_frame"),
        (r#"{"op":7}"#, "invalid_frame"),
        (r#"{"op":"dance"}"#, "unknown_op"),
        (r#"{"op":"subscribe"}"#, "invalid_frame"),
        (r#"{"op":"subscribe","sub":0,"pattern":"a"}"#, "invalid_frame"),
        (r#"{"op":"subscribe","sub":2147483648,"pattern":"a"}"#, "invalid_frame"),
        (r#"{"op":"subscribe","sub":1,"pattern":"a..b"}"#, "invalid_topic"),
        (r#"{"op":"subscribe","sub":1,"pattern":"a","from":"later"}"#, "invalid_frame"),
        (r#"{"op":"publish","topic":"a"}"#, "invalid_frame"),
        (r#"{"op":"publish","topic":"a","data":1,"text":"x"}"#, "invalid_frame"),
        (r#"{"op":"publish","topic":"a","data_b64":"*"}"#, "invalid_frame"),
        (r#"{"op":"publish","topic":"a.*","data":1}"#, "invalid_topic"),
        (r#"{"op":"publish","topic":"","data":1}"#, "invalid_topic"),
        (r#"{"op":"publish","topic":"a","data":1,"headers":{"Nats-X":"y"}}"#, "invalid_frame"),
        (r#"{"op":"history","id":1,"pattern":"a","from":"start","limit":1001}"#, "invalid_frame"),
    ];
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for (frame, code) in cases {
        client.send_message(Message::text(frame)).await;
        let error = client.next().await;
        assert_eq!((&error["op"], &error["code"]), (&json!("error"), &json!(code)), "{frame} -> {error}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "an error says why: {error}");
    }
    lives_on(&mut client).await;
}

#[tokio::test]
async fn an_error_echoes_id_and_sub_where_they_could_be_read() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send_message(Message::text(r#"{"op":"subscribe","sub":5,"pattern":""}"#)).await;
    client.expect(json!({"op": "error", "sub": 5})).await;
    client.send_message(Message::text(r#"{"op":"publish","id":6,"topic":"a b","data":1}"#)).await;
    client.expect(json!({"op": "error", "id": 6})).await;
    client.send_message(Message::text(r#"{"op":"dance","id":8,"sub":9}"#)).await;
    client.expect(json!({"op": "error", "id": 8, "sub": 9, "code": "unknown_op"})).await;
}

#[tokio::test]
async fn a_second_hello_is_an_error_and_the_session_lives_on() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "hello"})).await;
    client.expect(json!({"op": "error", "code": "invalid_frame"})).await;
    lives_on(&mut client).await;
}

#[tokio::test]
async fn a_first_frame_that_is_no_hello_closes_with_4000() {
    let broker = Broker::start().await;
    let mut client = Client::shake(broker.client(), Encoding::Json).await;
    client.send(json!({"op": "ping"})).await;
    assert_eq!(client.expect_close().await.0, 4000);
    broker.closed_for("protocol").await;
}

#[tokio::test]
async fn a_message_of_the_wrong_websocket_type_is_an_error_and_the_session_lives_on() {
    let broker = Broker::start().await;
    let hello = Message::binary(&br#"{"op":"ping"}"#[..]);
    let mut json_client = Client::json(&broker).await;
    json_client.send_message(hello).await;
    json_client.expect(json!({"op": "error", "code": "invalid_frame"})).await;
    lives_on(&mut json_client).await;

    let mut msgpack_client = Client::msgpack(&broker).await;
    msgpack_client.send_message(Message::text(r#"{"op":"ping"}"#)).await;
    msgpack_client.expect(json!({"op": "error", "code": "invalid_frame"})).await;
    lives_on(&mut msgpack_client).await;
}

#[tokio::test]
async fn nobody_publishes_to_the_brokers_own_topics() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "id": 1, "topic": "$sys.x", "text": "me"})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "forbidden"})).await;
    client.send(json!({"op": "publish", "topic": "$sys.x", "text": "me"})).await;
    client.expect(json!({"op": "error", "code": "forbidden"})).await;
}

#[tokio::test]
async fn the_largest_payload_is_taken_and_one_byte_more_is_too_large() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        client.publish("a", &"x".repeat(65_536)).await;
        client.send(json!({"op": "publish", "id": 5, "topic": "a", "text": "x".repeat(65_537)})).await;
        client.expect(json!({"op": "error", "id": 5, "code": "too_large"})).await;
        lives_on(&mut client).await;
    }
}

#[tokio::test]
async fn a_subscription_over_the_limit_is_refused_and_the_others_stay() {
    let broker = Broker::with_limits("max_subscriptions = 3").await;
    let mut client = Client::json(&broker).await;
    for sub in 1..=3 {
        client.subscribe(sub, "a").await;
    }
    client.send(json!({"op": "subscribe", "sub": 4, "pattern": "a"})).await;
    client.expect(json!({"op": "error", "sub": 4, "code": "limit_exceeded"})).await;
    client.publish("a", "x").await;
    for sub in 1..=3 {
        client.expect(json!({"op": "message", "sub": sub})).await;
    }
    client.send(json!({"op": "unsubscribe", "sub": 2})).await;
    client.expect(json!({"op": "unsubscribed", "sub": 2})).await;
    client.subscribe(4, "a").await;
}
