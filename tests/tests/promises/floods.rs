//! Floods and crowds: too much of anything ends the session that sends it, and no other.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, Raw, Witness, masked};
use serde_json::json;

/// Sends the same bytes until the broker has had enough; gives its close code.
async fn flood(broker: &Broker, first: &[u8], each: &[u8]) -> u16 {
    let witness = Witness::beside(broker).await;
    let mut raw = Raw::open(broker.client()).await;
    raw.write(first).await;
    let burst = each.repeat(100);
    for _ in 0..200 {
        if raw.try_write(&burst).await.is_err() {
            break;
        }
    }
    let code = raw.expect_close().await;
    witness.missed_nothing().await;
    code
}

#[tokio::test]
async fn a_flood_of_websocket_pings_closes_with_4102() {
    let broker = Broker::start().await;
    assert_eq!(flood(&broker, &[], &masked(0x89, &[b'p'; 125])).await, 4102);
    broker.closed_for("flood").await;
}

#[tokio::test]
async fn a_flood_of_websocket_pongs_closes_with_4102() {
    let broker = Broker::start().await;
    assert_eq!(flood(&broker, &[], &masked(0x8A, b"")).await, 4102);
}

#[tokio::test]
async fn a_flood_of_fragments_closes_with_4102() {
    let broker = Broker::start().await;
    assert_eq!(flood(&broker, &masked(0x01, b"x"), &masked(0x00, b"")).await, 4102);
    broker.closed_for("flood").await;
}

#[tokio::test]
async fn a_flood_of_ping_frames_closes_with_4102() {
    let broker = Broker::start().await;
    assert_eq!(flood(&broker, &[], &masked(0x81, br#"{"op":"ping"}"#)).await, 4102);
}

#[tokio::test]
async fn a_flood_of_unreadable_frames_closes_with_4102() {
    let broker = Broker::start().await;
    assert_eq!(flood(&broker, &[], &masked(0x81, b"nonsense")).await, 4102);
}

#[tokio::test]
async fn as_many_publishes_are_no_flood() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    let last = client.publish_all("a", (0..20_000).map(|n| n.to_string())).await;
    assert_eq!(last, 20_001);
}

#[tokio::test]
async fn a_few_pings_a_second_are_no_flood() {
    let broker = Broker::with_limits("max_overhead_frames = 50").await;
    let mut client = Client::json(&broker).await;
    for _ in 0..50 {
        client.send(json!({"op": "ping"})).await;
    }
    for _ in 0..50 {
        client.expect(json!({"op": "pong"})).await;
    }
}

#[tokio::test]
async fn sessions_over_the_limit_are_closed_with_4100_and_the_others_stay() {
    let broker = Broker::with_limits("max_connections = 4\nmax_connections_per_address = 100").await;
    let witness = Witness::beside(&broker).await;
    let (mut third, fourth) = (Client::json(&broker).await, Client::json(&broker).await);
    for _ in 0..5 {
        let mut fifth = Client::shake(broker.client(), Encoding::Json).await;
        assert_eq!(fifth.expect_close().await.0, 4100);
    }
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "over_capacity")], 5).await;
    third.send(json!({"op": "ping"})).await;
    third.expect(json!({"op": "pong"})).await;
    fourth.close().await;
    broker.metric_reaches("fanfare_connections", &[], 3).await;
    Client::json(&broker).await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_thousand_sessions_that_came_and_went_leave_nothing_behind() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    // The first ones bring what stays for good: threads' arenas, tables at their size.
    come_and_go(&broker, 300).await;
    broker.metric_reaches("fanfare_connections", &[], 2).await;
    let (memory, files) = (broker.resident_bytes(), broker.open_files());
    come_and_go(&broker, 1_000).await;
    broker.metric_reaches("fanfare_connections", &[], 2).await;
    broker.metric_reaches("fanfare_subscriptions", &[], 1).await;
    broker.metric_reaches("fanfare_patterns", &[], 1).await;
    assert!(broker.open_files() <= files + 2, "{} files open, {files} before", broker.open_files());
    let grown = broker.resident_bytes().saturating_sub(memory);
    // The witness's messages are retained meanwhile; a session that stayed would be a kilobyte at least.
    assert!(grown < 8 << 20, "{grown} bytes more");
    witness.missed_nothing().await;
}

/// Sessions that subscribe, and leave in three ways.
async fn come_and_go(broker: &Broker, count: u32) {
    for number in 0..count {
        let mut client = Client::open(broker, Encoding::ALL[number as usize % 2]).await;
        client.subscribe(1, &format!("own.{number}.>")).await;
        client.subscribe(2, "shared").await;
        match number % 3 {
            0 => client.close().await,
            1 => drop(client),
            _ => {
                client.send(json!({"op": "unsubscribe", "sub": 1})).await;
                client.expect(json!({"op": "unsubscribed", "sub": 1})).await;
            }
        }
    }
}
