//! A shard's mailbox: it is bounded, and what finds no room is read from the stream, or counted in a gap.

use fanfare_tests::{Broker, Client, Setup};
use serde_json::json;

/// A mailbox that a single read from a publisher's socket fills several times over.
const LIMITS: &str =
    "[limits]\nmax_payload_bytes = \"1KiB\"\nmax_frame_bytes = \"24KiB\"\nmailbox_bytes = \"24KiB\"";
/// Few enough for a queue to hold them all, so that nobody has to read meanwhile.
const COUNT: u64 = 900;

async fn broker(shards: u32) -> Broker {
    let kept = "[[stream]]\nname = \"kept\"\npatterns = [\"kept.>\"]";
    Setup::default().flag("--shards", shards).config(LIMITS).config(kept).start().await
}

#[tokio::test]
async fn a_mailbox_that_overflows_loses_nothing_of_a_stream() {
    for shards in [1, 2] {
        let broker = broker(shards).await;
        let mut subscribers = Vec::new();
        for pattern in ["kept.flow", "kept.>", ">"] {
            let mut subscriber = Client::msgpack(&broker).await;
            subscriber.subscribe(1, pattern).await;
            subscribers.push(subscriber);
        }
        let mut publisher = Client::msgpack(&broker).await;
        let text = "x".repeat(900);
        let last = publisher.publish_all("kept.flow", (0..COUNT).map(|_| &text)).await;
        for mut subscriber in subscribers {
            for seq in 1..=last {
                subscriber.expect(json!({"op": "message", "seq": seq})).await;
            }
        }
        assert!(
            broker.metrics().await.count("fanfare_mailbox_overflows_total", &[]) > 0,
            "the test is to overflow it"
        );
    }
}

#[tokio::test]
async fn ephemeral_messages_that_find_no_room_are_counted_exactly() {
    let broker = broker(1).await;
    let mut subscriber = Client::msgpack(&broker).await;
    subscriber.subscribe(1, "fleeting").await;
    let mut publisher = Client::msgpack(&broker).await;
    let texts = (0..COUNT).map(|n| format!("{n:0900}"));
    publisher.publish_all("fleeting", texts).await;
    let (mut heard, mut missing, mut next) = (0, 0, 0);
    for frame in subscriber.heard().await {
        if frame["op"] == "gap" {
            fanfare_tests::assert_shape(&frame, &json!({"sub": 1, "reason": "dropped"}));
            assert!(frame.get("stream").is_none(), "{frame}");
            missing += frame["count"].as_u64().expect("one topic, so the count is exact");
        } else if let Ok(number) = frame["text"].as_str().unwrap().parse::<u64>() {
            assert!(number >= next, "out of order");
            next = number + 1;
            heard += 1;
        } else {
            heard += 1;
        }
    }
    assert_eq!(heard + missing, COUNT + 1, "{heard} heard and {missing} missing");
    assert!(missing > 0, "the test is to overflow it");
}
