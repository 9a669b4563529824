//! Messages that have not come whole: they take bounded memory in all sessions together, and who lets them lie goes first.

use fanfare_tests::{Broker, Raw, Witness, masked};
use serde_json::json;

/// Of one shard, so that all sessions share one bound.
const ONE_MEBIBYTE: &str = "shards = 1\n[limits]\nhalf_messages_bytes = \"1MiB\"";
const HELD: &str = "fanfare_half_message_bytes";

/// A publish of this many bytes and some more, as one frame.
fn publish(bytes: usize) -> Vec<u8> {
    let frame = json!({"op": "publish", "id": 1, "topic": "a", "text": "x".repeat(bytes)});
    masked(0x81, frame.to_string().as_bytes())
}

/// Waits until this is held at least, and no more than may be.
async fn held(broker: &Broker, least: u64) {
    fanfare_tests::eventually(format!("{least} bytes to be held"), async || {
        let held = broker.metrics().await.count(HELD, &[]);
        assert!(held <= 1 << 20, "{held} bytes are held");
        (held >= least).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_beyond_the_bound_costs_the_oldest_half_messages_and_no_newer_one() {
    let broker = Broker::with(ONE_MEBIBYTE).await;
    let frame = publish(60_000);
    let mut oldest = Raw::open(broker.client()).await;
    oldest.write(&frame[..10]).await;
    held(&broker, 4_000).await;
    // The rest takes what is left of the room, and more.
    let mut others = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::open(broker.client()).await;
        raw.write(&frame[..59_000]).await;
        others.push(raw);
    }
    assert_eq!(oldest.expect_close().await, 4100);
    let dropped = async || broker.metrics().await.count("fanfare_half_messages_dropped_total", &[]);
    fanfare_tests::eventually("the bound to hold", async || (dropped().await >= 4).then_some(())).await;
    held(&broker, 900_000).await;
    assert!(dropped().await <= 5, "no more went than had to");
    let mut newest = others.pop().unwrap();
    newest.write(&frame[59_000..]).await;
    let answer = newest.frame().await.unwrap();
    assert!(answer.payload.starts_with(br#"{"op":"published""#), "{answer:?}");
    drop((others, newest));
    broker.metric_reaches(HELD, &[], 0).await;
}

#[tokio::test]
async fn fragments_are_held_to_the_same_bound() {
    let broker = Broker::with(ONE_MEBIBYTE).await;
    let mut oldest = Raw::open(broker.client()).await;
    oldest.write(&masked(0x01, b"{")).await;
    held(&broker, 4_000).await;
    let (part, mut others) = (vec![b'x'; 50_000], Vec::new());
    for _ in 0..6 {
        let mut raw = Raw::open(broker.client()).await;
        raw.write(&masked(0x01, &part)).await;
        for _ in 0..3 {
            raw.write(&masked(0x00, &part)).await;
        }
        others.push(raw);
    }
    assert_eq!(oldest.expect_close().await, 4100);
}

#[tokio::test]
async fn a_crowd_of_half_messages_takes_no_more_memory_than_may_be_and_harms_nobody() {
    let broker = Broker::with("[limits]\nhalf_messages_bytes = \"2MiB\"").await;
    let witness = Witness::beside(&broker).await;
    let frame = publish(60_000);
    let mut crowd = Vec::new();
    // Held whole, these were 90 MB.
    for _ in 0..1_500 {
        let mut raw = Raw::open(broker.client()).await;
        let _ = raw.try_write(&frame[..60_000]).await;
        crowd.push(raw);
    }
    assert_eq!(crowd[0].expect_close().await, 4100);
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_lower_bound_holds_for_what_is_held_already() {
    let broker = Broker::with(&format!("{ONE_MEBIBYTE}\nmax_frame_bytes = \"110KiB\"")).await;
    let frame = publish(60_000);
    let (mut oldest, mut newest) = (Raw::open(broker.client()).await, Raw::open(broker.client()).await);
    oldest.write(&frame[..59_000]).await;
    held(&broker, 59_000).await;
    newest.write(&frame[..59_000]).await;
    held(&broker, 118_000).await;
    // Nothing more comes of any message.
    let lower = "shards = 1\n[limits]\nhalf_messages_bytes = \"110KiB\"\nmax_frame_bytes = \"110KiB\"";
    broker.reload(lower, "ok").await;
    assert_eq!(oldest.expect_close().await, 4100);
    newest.write(&frame[59_000..]).await;
    let answer = newest.frame().await.unwrap();
    assert!(answer.payload.starts_with(br#"{"op":"published""#), "{answer:?}");
}
