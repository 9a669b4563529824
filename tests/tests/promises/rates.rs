//! Rates: what one session, or all newcomers together, may do in a second; the rest waits or is told when to come back.

use std::time::{Duration, Instant};

use fanfare_tests::{Broker, Client, Raw, Witness, eventually, masked};
use serde_json::{Value, json};

fn publish(id: usize) -> Value {
    json!({"op": "publish", "id": id, "topic": "a", "text": "x"})
}

#[tokio::test]
async fn publishes_beyond_their_rate_are_answered_rate_limited_and_accepted_again_later() {
    let broker = Broker::with_limits("publishes_per_second = 10").await;
    let mut client = Client::json(&broker).await;
    client.pipeline((0..40).map(publish)).await;
    let mut refused = Vec::new();
    for id in 0..40 {
        let answer = client.expect(json!({"id": id})).await;
        if answer["op"] == "error" {
            assert_eq!(answer["code"], "rate_limited", "{answer}");
            assert!((1..=1_000).contains(&answer["retry_after_ms"].as_u64().unwrap()), "{answer}");
            refused.push(id);
        }
    }
    // They may fall into two seconds, but not into three.
    assert!((20..=30).contains(&refused.len()), "{refused:?}");
    broker.metric_reaches("fanfare_errors_total", &[("code", "rate_limited")], refused.len() as u64).await;
    eventually("a publish to be accepted again", async || {
        client.send(publish(99)).await;
        (client.expect(json!({"id": 99})).await["op"] == "published").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_refusal_that_repeats_itself_is_one_line_in_the_log() {
    let broker = Broker::with_limits("publishes_per_second = 1").await;
    let mut client = Client::json(&broker).await;
    client.pipeline((0..100).map(publish)).await;
    for id in 0..100 {
        client.expect(json!({"id": id})).await;
    }
    let log = broker.log();
    assert_eq!(log.matches("a request is refused").count(), 1, "{log}");
    assert!(log.contains("rate_limited") && log.contains("publishes_per_second"), "{log}");
}

#[tokio::test]
async fn frames_beyond_their_rate_are_read_later_and_all_of_them() {
    let broker = Broker::with_limits("frames_per_second = 50").await;
    let witness = Witness::beside(&broker).await;
    let mut raw = Raw::open(broker.client()).await;
    let begin = Instant::now();
    raw.write(&masked(0x81, br#"{"op":"ping"}"#).repeat(200)).await;
    for _ in 0..200 {
        assert_eq!(raw.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
    }
    // The first second had begun, and the last need not be over.
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
    let paused = broker.metrics().await.count("fanfare_reading_paused_total", &[("reason", "rate")]);
    assert!((3..=10).contains(&paused), "{paused}");
    witness.missed_nothing().await;
}

#[tokio::test]
async fn bytes_beyond_their_rate_are_read_later_and_all_of_them() {
    let broker = Broker::with_limits("bytes_per_second = \"100KiB\"").await;
    let mut client = Client::msgpack(&broker).await;
    let begin = Instant::now();
    let last = client.publish_all("a", (0..20).map(|_| "x".repeat(32 << 10))).await;
    assert!(last >= 20);
    // Of 640 KiB at most 164 KiB in each of the first seconds.
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
    let paused = broker.metrics().await.count("fanfare_reading_paused_total", &[("reason", "rate")]);
    assert!(paused >= 3, "{paused}");
}

#[tokio::test]
async fn newcomers_beyond_their_rate_wait_and_all_get_in() {
    let broker = Broker::with_limits("accepts_per_second = 20").await;
    let begin = Instant::now();
    let mut newcomers = Vec::new();
    for _ in 0..60 {
        newcomers.push(Raw::connect(broker.client()).await);
    }
    for raw in &mut newcomers {
        raw.write(fanfare_tests::handshake("").as_bytes()).await;
        assert_eq!(raw.head().await.status, 101);
    }
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(broker.metrics().await.count("fanfare_accepting_paused_total", &[]) > 0);
    let log = broker.log();
    assert_eq!(log.matches("faster than accepts_per_second").count(), 1, "{log}");
}
