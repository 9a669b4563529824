//! Metrics of delivery: gaps by their reason, what catching up costs, and how old what waits is.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, Metrics, eventually};
use serde_json::{Value, json};

/// One stream that keeps little, and topics that are in none; queues of a few messages.
const CONFIG: &str = "[[stream]]\nname = \"kept\"\npatterns = [\"kept.>\"]\nmax_messages_per_topic = 3\n\n\
                      [limits]\nqueue_bytes = \"256KiB\"\nsend_buffer_bytes = \"16KiB\"\n";
/// More than a queue and both kernels' buffers hold.
const FLOOD: usize = 4_000;

/// What Prometheus reads of gaps, by reason.
fn gaps(metrics: &Metrics) -> [u64; 3] {
    ["expired", "reset", "dropped"].map(|reason| metrics.count("fanfare_gaps_total", &[("reason", reason)]))
}

/// How many gaps of each reason are among these frames.
fn told(frames: &[Value]) -> [u64; 3] {
    ["expired", "reset", "dropped"].map(|reason| {
        let of_reason = |frame: &&Value| frame["op"] == "gap" && frame["reason"] == reason;
        frames.iter().filter(of_reason).count() as u64
    })
}

#[tokio::test]
async fn gaps_are_counted_by_their_reason_as_they_are_told() {
    let broker = Broker::with(CONFIG).await;
    assert_eq!(gaps(&broker.metrics().await), [0, 0, 0], "every reason is there from the start");
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish_all("kept.a", (0..9).map(|number| number.to_string())).await;

    // Seven of ten are gone; and a position that the stream never gave.
    let mut reader = Client::json(&broker).await;
    reader.subscribe_from(1, "kept.a", json!({"position": {}})).await;
    reader.subscribe_from(2, "kept.>", json!({"position": {"kept": {"epoch": "other", "seq": 3}}})).await;
    let heard = reader.heard().await;
    assert_eq!(told(&heard), [1, 1, 0], "{heard:?}");
    assert_eq!(gaps(&broker.metrics().await), [1, 1, 0]);
}

#[tokio::test]
async fn gaps_over_what_a_full_queue_dropped_are_counted_as_often_as_they_are_told() {
    for encoding in Encoding::ALL {
        let broker = Broker::with(CONFIG).await;
        let mut sleeper = Client::open(&broker, *encoding).await;
        sleeper.subscribe(1, "fleeting").await;
        let mut publisher = Client::msgpack(&broker).await;
        let text = "x".repeat(2_000);
        publisher.publish_all("fleeting", (0..FLOOD).map(|_| &text)).await;
        // The newest is never dropped.
        let mut heard = vec![sleeper.next().await];
        while heard.last().is_some_and(|frame| frame["text"] != "the last") {
            heard.push(sleeper.next().await);
        }
        let [expired, reset, dropped] = told(&heard);
        assert_eq!((expired, reset), (0, 0));
        assert!(dropped > 0, "the test is to overflow the queue");
        let metrics = broker.metrics().await;
        assert_eq!(gaps(&metrics), [0, 0, dropped]);
        let counted: u64 = heard.iter().filter_map(|frame| frame["count"].as_u64()).sum();
        assert_eq!(metrics.count("fanfare_messages_dropped_total", &[]), counted);
    }
}

#[tokio::test]
async fn catching_up_is_counted_in_readings_messages_and_bytes_and_being_pushed_is_not() {
    const MESSAGES: u64 = 300;
    const BYTES: u64 = 1_000;
    let names =
        ["fanfare_catch_up_reads_total", "fanfare_catch_up_messages_total", "fanfare_catch_up_bytes_total"];
    let broker = Broker::start().await;
    let mut live = Client::msgpack(&broker).await;
    live.subscribe(1, "flow").await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(usize::try_from(BYTES).unwrap());
    for _ in 0..MESSAGES {
        publisher.publish("flow", &text).await;
        live.expect(json!({"op": "message"})).await;
    }
    let before = broker.metrics().await;
    assert_eq!(names.map(|name| before.count(name, &[])), [0, 0, 0], "all were pushed");

    let mut late = Client::msgpack(&broker).await;
    late.subscribe_from(1, "flow", json!("start")).await;
    for seq in 1..=MESSAGES {
        late.expect(json!({"op": "message", "seq": seq})).await;
    }
    late.expect(json!({"op": "live"})).await;
    let metrics = broker.metrics().await;
    let [reads, messages, bytes] = names.map(|name| metrics.count(name, &[]));
    assert!((2..=MESSAGES).contains(&reads), "many at a time, and not all at once: {reads}");
    assert_eq!(messages, MESSAGES);
    assert!((MESSAGES * BYTES..MESSAGES * (BYTES + 100)).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn the_age_of_the_oldest_message_that_waits_grows_until_its_reader_takes_it() {
    let name = "fanfare_queue_oldest_seconds";
    let broker = Broker::with_limits("send_buffer_bytes = \"16KiB\"").await;
    assert!(broker.metrics().await.value(name, &[]) <= 0.0, "nothing waits");
    let mut sleeper = Client::msgpack(&broker).await;
    sleeper.subscribe(1, "flow").await;
    let mut publisher = Client::msgpack(&broker).await;
    // More than the kernels' buffers take, and less than the queue holds.
    let text = "x".repeat(10_000);
    publisher.publish_all("flow", (0..200).map(|_| &text)).await;
    let age = async || broker.metrics().await.value(name, &[]);
    let young = eventually("something to wait", async || Some(age().await).filter(|age| *age > 0.0)).await;
    eventually("it to grow older", async || (age().await > young + 0.2).then_some(())).await;
    sleeper.heard().await;
    eventually("nothing to wait", async || (age().await <= 0.0).then_some(())).await;
}
