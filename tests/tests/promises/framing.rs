//! Hostile framing: garbage, broken frames and oversized messages each get their answer, and harm nobody else.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use fanfare_tests::{Broker, Client, Raw, Witness, handshake, masked};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn garbage_instead_of_a_handshake_is_answered_and_harms_nobody() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    let mut state = seed;
    for _ in 0..100 {
        let mut raw = Raw::connect(broker.client()).await;
        let garbage: Vec<u8> = std::iter::repeat_with(|| random_byte(&mut state)).take(10_000).collect();
        let _ = raw.try_write(&garbage).await;
        raw.finish().await;
        let answer = raw.rest().await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", answer.escape_ascii());
    }
    witness.missed_nothing().await;
}

#[tokio::test]
async fn garbage_after_the_handshake_closes_with_an_error_and_harms_nobody() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    let mut state = seed;
    for _ in 0..100 {
        let mut raw = Raw::open(broker.client()).await;
        // The first byte has reserved bits set, so that the rest is never taken for a frame that is still to come.
        let garbage = std::iter::repeat_with(|| random_byte(&mut state)).take(10_000);
        let garbage: Vec<u8> = std::iter::once(0xFF).chain(garbage).collect();
        let _ = raw.try_write(&garbage).await;
        assert_eq!(raw.expect_close().await, 4000);
    }
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "protocol")], 100).await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn broken_frames_close_with_4000() {
    let unmasked = b"\x81\x0D{\"op\":\"ping\"}".to_vec();
    let cases: [(&str, Vec<u8>); 10] = [
        ("an unmasked frame", unmasked),
        ("a reserved bit", masked(0xC1, br#"{"op":"ping"}"#)),
        ("a reserved opcode", masked(0x83, b"x")),
        ("a reserved control opcode", masked(0x8B, b"")),
        ("a control frame in fragments", masked(0x09, b"x")),
        ("a control frame over 125 bytes", masked(0x89, &[0; 126])),
        ("a continuation of nothing", masked(0x80, b"x")),
        ("a new message within another", [masked(0x01, b"x"), masked(0x81, b"y")].concat()),
        ("text that is not UTF-8", masked(0x81, b"\xff\xfe")),
        ("a close frame of one byte", masked(0x88, b"x")),
    ];
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    for (what, bytes) in cases {
        let mut raw = Raw::open(broker.client()).await;
        raw.write(&bytes).await;
        assert_eq!(raw.expect_close().await, 4000, "{what}");
        assert_eq!(raw.frame().await, None, "nothing follows a close frame");
    }
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_message_over_the_frame_limit_closes_with_4004() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let mut client = Client::json(&broker).await;
    let _ = client.try_send_message(Message::text("x".repeat((256 << 10) + 1))).await;
    assert_eq!(client.expect_close().await.0, 4004);
    broker.closed_for("too_large").await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_message_just_within_the_frame_limit_is_looked_at() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send_message(Message::text("x".repeat(256 << 10))).await;
    client.expect(json!({"op": "error", "code": "invalid_frame"})).await;
    client.send(json!({"op": "ping"})).await;
    client.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn a_header_that_announces_too_much_closes_with_4004() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    for len in [256 * 1024 + 1, 1 << 40, (1 << 63) - 1_u64] {
        let mut raw = Raw::open(broker.client()).await;
        let header = [&[0x82, 0xFF][..], &len.to_be_bytes(), &[1, 2, 3, 4]].concat();
        raw.write(&header).await;
        assert_eq!(raw.expect_close().await, 4004, "{len} bytes");
    }
    witness.missed_nothing().await;
}

#[tokio::test]
async fn fragments_that_make_a_message_over_the_limit_close_with_4004() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let mut raw = Raw::open(broker.client()).await;
    let part = vec![b'x'; 60_000];
    raw.write(&masked(0x01, &part)).await;
    for _ in 0..4 {
        if raw.try_write(&masked(0x00, &part)).await.is_err() {
            break;
        }
    }
    assert_eq!(raw.expect_close().await, 4004);
    broker.closed_for("too_large").await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_message_in_fragments_with_a_ping_between_them_is_one_message() {
    let broker = Broker::start().await;
    let mut raw = Raw::open(broker.client()).await;
    raw.write(&masked(0x01, br#"{"op":"#)).await;
    raw.write(&masked(0x89, b"between")).await;
    raw.write(&masked(0x00, br#""ping"#)).await;
    let pong = raw.frame().await.unwrap();
    assert_eq!((pong.opcode, &pong.payload[..]), (10, &b"between"[..]));
    raw.write(&masked(0x80, br#""}"#)).await;
    assert_eq!(raw.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
}

#[tokio::test]
async fn a_message_that_comes_byte_by_byte_is_read() {
    let broker = Broker::start().await;
    let mut raw = Raw::connect(broker.client()).await;
    for byte in handshake("").bytes() {
        raw.write(&[byte]).await;
    }
    assert_eq!(raw.head().await.status, 101);
    for byte in [masked(0x81, br#"{"op":"hello"}"#), masked(0x81, br#"{"op":"ping"}"#)].concat() {
        raw.write(&[byte]).await;
    }
    raw.frame().await.unwrap();
    assert_eq!(raw.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
}

#[tokio::test]
async fn half_a_frame_holds_up_nobody_else() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let frame = masked(
        0x81,
        json!({"op": "publish", "topic": "a", "text": "x".repeat(50_000)}).to_string().as_bytes(),
    );
    let mut halves = Vec::new();
    for _ in 0..100 {
        let mut raw = Raw::open(broker.client()).await;
        raw.write(&frame[..frame.len() / 2]).await;
        halves.push(raw);
    }
    for raw in &mut halves {
        raw.write(&frame[frame.len() / 2..]).await;
        raw.write(&masked(0x81, br#"{"op":"ping"}"#)).await;
    }
    for raw in &mut halves {
        assert_eq!(raw.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
    }
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_connection_that_breaks_within_a_frame_leaves_nothing_behind() {
    let broker = Broker::start().await;
    for cut in [1, 3, 10] {
        let mut raw = Raw::open(broker.client()).await;
        raw.write(&masked(0x81, br#"{"op":"ping"}"#)[..cut]).await;
    }
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "lost")], 3).await;
    broker.metric_reaches("fanfare_connections", &[], 0).await;
}

/// A byte of splitmix64.
fn random_byte(state: &mut u64) -> u8 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 56).to_le_bytes()[0]
}
