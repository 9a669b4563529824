//! Silence: peers that connect and say nothing, or no longer say anything, have to go in time.

use std::time::Duration;

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, Raw, Witness, handshake, masked, within};
use serde_json::json;
use tokio::time::timeout;

#[tokio::test]
async fn who_never_says_hello_is_closed_with_4103() {
    let broker = Broker::with_limits("hello_timeout = \"200ms\"").await;
    let witness = Witness::beside(&broker).await;
    let mut silent = Client::shake(broker.client(), Encoding::Json).await;
    assert_eq!(silent.expect_close().await.0, 4103);
    broker.closed_for("no_hello").await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn who_only_pings_by_websocket_has_not_said_hello() {
    let broker = Broker::with_limits("hello_timeout = \"200ms\"").await;
    let mut raw = Raw::shake(broker.client()).await;
    raw.write(&masked(0x89, b"x")).await;
    assert_eq!(raw.expect_close().await, 4103);
}

#[tokio::test]
async fn a_hello_that_cannot_be_read_can_be_said_again_but_gains_no_time() {
    let broker = Broker::with_limits("hello_timeout = \"300ms\"\nmax_overhead_frames = 1000000").await;
    let mut client = Client::shake(broker.client(), Encoding::Json).await;
    client.send(json!({"op": "hello", "name": "x".repeat(1_000)})).await;
    client.expect(json!({"op": "error", "code": "invalid_frame"})).await;
    client.send(json!({"op": "hello"})).await;
    client.expect(json!({"op": "welcome"})).await;

    // Every one of them comes well within the time that a new wait would last.
    let mut other = Raw::shake(broker.client()).await;
    let hello = masked(0x81, json!({"op": "hello", "name": "x".repeat(1_000)}).to_string().as_bytes());
    let closed = async {
        while other.try_write(&hello).await.is_ok() {
            match timeout(Duration::from_millis(20), other.frame()).await {
                Ok(Some(frame)) if frame.opcode == 8 => {
                    return u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
                }
                _ => {}
            }
        }
        panic!("the connection is gone without a close frame");
    };
    assert_eq!(within("the close", closed).await, 4103);
}

#[tokio::test]
async fn who_is_silent_for_two_heartbeats_is_closed_with_4201() {
    let broker = Broker::with_limits("heartbeat = \"300ms\"").await;
    let witness = Witness::beside(&broker).await;
    let mut silent = Raw::open(broker.client()).await;
    assert_eq!(silent.expect_close().await, 4201);
    broker.closed_for("heartbeat_missed").await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn who_answers_pings_stays() {
    let broker = Broker::with_limits("heartbeat = \"300ms\"").await;
    let mut client = Client::json(&broker).await;
    for _ in 0..6 {
        client.next_ping().await;
    }
    client.send(json!({"op": "ping"})).await;
    client.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn half_a_handshake_is_answered_with_408_in_time() {
    let broker = Broker::with_limits("handshake_timeout = \"300ms\"").await;
    let witness = Witness::beside(&broker).await;
    for part in ["", "GET /ws HT", &handshake("")[..60]] {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(part.as_bytes()).await;
        let answer = raw.rest().await;
        assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", answer.escape_ascii());
    }
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "timeout")], 3).await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn handshakes_over_the_limit_are_answered_with_503_and_the_sessions_stay() {
    let broker = fanfare_tests::Setup::default()
        .flag("--shards", 1)
        .config("[limits]\nmax_handshakes = 3\nmax_handshakes_per_address = 3\nhandshake_timeout = \"30s\"")
        .start()
        .await;
    let witness = Witness::beside(&broker).await;
    let mut halves = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(b"GET /ws HTTP/1.1\r\n").await;
        halves.push(raw);
    }
    let mut fourth = Raw::connect(broker.client()).await;
    let answer = fourth.rest().await;
    assert!(answer.starts_with(b"HTTP/1.1 503 "), "{}", answer.escape_ascii());
    let reason = [("reason", "too_many_handshakes")];
    broker.metric_reaches("fanfare_handshake_failures_total", &reason, 1).await;
    drop(halves);
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "lost")], 3).await;
    Client::json(&broker).await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_connection_that_sends_nothing_and_leaves_is_counted_as_lost() {
    let broker = Broker::start().await;
    for _ in 0..3 {
        drop(Raw::connect(broker.client()).await);
    }
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "lost")], 3).await;
}
