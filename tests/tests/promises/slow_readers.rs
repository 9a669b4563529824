//! Slow readers: one that takes nothing costs only itself.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, Raw, Setup, Witness, eventually, masked};
use serde_json::{Value, json};

/// Growth of the broker's memory beyond what its streams retain, in bytes.
const MEMORY_BOUND: u64 = 40 << 20;
/// A stream that holds little, so that memory tells of the sessions.
const SMALL_STREAM: &str = "[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_bytes = \"4MiB\"\n";

/// What a subscription has come to, whose messages begin with their number.
#[derive(Default)]
struct Heard {
    /// The number that is due.
    next: u64,
    seq: u64,
    /// Up to here a gap told that messages are missing.
    told: u64,
    missing: u64,
    behinds: u64,
    lives: u64,
}

impl Heard {
    /// Takes in frames up to the message with this sequence, and until the subscription is live.
    async fn up_to(client: &mut Client, last: u64) -> Self {
        let mut heard = Self::default();
        while heard.seq < last || heard.behinds > heard.lives {
            let frame = client.next().await;
            match frame["op"].as_str().unwrap() {
                "behind" => heard.behinds += 1,
                "live" => heard.lives += 1,
                "gap" => {
                    assert_eq!(frame["reason"], "expired");
                    heard.told = frame["to"].as_u64().unwrap();
                }
                "message" => heard.message(&frame),
                _ => panic!("nothing else was due: {frame}"),
            }
        }
        heard
    }

    /// A message that is not the one due needs a gap that tells of those between.
    fn message(&mut self, frame: &Value) {
        let seq = frame["seq"].as_u64().unwrap();
        assert!(seq > self.seq);
        self.seq = seq;
        let text = frame["text"].as_str().unwrap();
        if let Ok(number) = text.trim_end_matches('x').parse::<u64>() {
            assert!(number == self.next || (number > self.next && self.told >= seq - 1));
            self.missing += number - self.next;
            self.next = number + 1;
        }
    }
}

#[tokio::test]
async fn a_subscriber_that_never_reads_costs_little_and_later_gets_what_is_left_and_a_gap_for_the_rest() {
    let broker = Broker::with(SMALL_STREAM).await;
    for encoding in Encoding::ALL {
        for pattern in ["flow", "*"] {
            let witness = Witness::beside(&broker).await;
            let before = broker.resident_bytes();
            let mut sleeper = Client::open(&broker, *encoding).await;
            sleeper.subscribe(1, pattern).await;
            let mut publisher = Client::msgpack(&broker).await;
            let text = "x".repeat(8_000);
            // Far more than the sleeper's queue and both kernels' buffers hold.
            let last = publisher.publish_all("flow", (0..4_000).map(|n| format!("{n}{text}"))).await;
            assert!(broker.resident_bytes() < before + MEMORY_BOUND);
            witness.missed_nothing().await;
            let heard = Heard::up_to(&mut sleeper, last).await;
            assert_eq!(heard.next, 4_000);
            assert!(heard.missing > 2_000, "the stream holds 4 MiB of 32");
            sleeper.close().await;
        }
    }
    assert_eq!(
        broker.metrics().await.count("fanfare_connections_closed_total", &[("reason", "too_slow")]),
        0
    );
}

#[tokio::test]
async fn a_subscriber_whose_socket_takes_nothing_for_the_stall_timeout_is_closed() {
    let limits = "[limits]\nstall_timeout = \"300ms\"\nclose_timeout = \"200ms\"";
    let broker = Broker::with(&format!("{SMALL_STREAM}\n{limits}")).await;
    let mut sleeper = Client::json(&broker).await;
    sleeper.subscribe(1, "flow").await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(8_000);
    publisher.publish_all("flow", (0..4_000).map(|_| &text)).await;
    broker.closed_for("too_slow").await;
    broker.metric_reaches("fanfare_connections", &[], 1).await;
    broker.metric_reaches("fanfare_queue_bytes", &[], 0).await;
    drop(sleeper);
}

#[tokio::test]
async fn who_reads_no_answers_is_read_no_more_and_gets_every_answer_later() {
    const REQUESTS: usize = 20_000;
    let broker = Broker::with(SMALL_STREAM).await;
    let witness = Witness::beside(&broker).await;
    Client::json(&broker).await.publish("page", &"x".repeat(1_000)).await;
    let before = broker.resident_bytes();
    let (reader, writer) = Raw::open(broker.client()).await.split();
    let writing = tokio::spawn(async move {
        let mut writer = writer;
        for id in 0..REQUESTS {
            let request = json!({"op": "history", "id": id, "pattern": "page", "from": "start"}).to_string();
            writer.write(&masked(0x81, request.as_bytes())).await;
        }
        writer
    });
    eventually("reading to pause", async || {
        (broker.metrics().await.count("fanfare_reading_paused_total", &[]) > 0).then_some(())
    })
    .await;
    assert!(!writing.is_finished(), "the broker takes in no more than it can answer");
    assert!(broker.resident_bytes() < before + MEMORY_BOUND);
    let mut reader = reader;
    for id in 0..REQUESTS {
        let answer = reader.frame().await.expect("every request is answered");
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!((&answer["op"], &answer["id"]), (&json!("history"), &json!(id)));
    }
    writing.await.unwrap();
    assert!(broker.resident_bytes() < before + MEMORY_BOUND);
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_socket_that_takes_nothing_for_the_stall_timeout_is_closed() {
    let limits = "[limits]\nstall_timeout = \"300ms\"\nheartbeat = \"300ms\"\nclose_timeout = \"200ms\"";
    let broker = Broker::with(&format!("{SMALL_STREAM}\n{limits}")).await;
    let witness = Witness::beside(&broker).await;
    Client::json(&broker).await.publish("page", &"x".repeat(60_000)).await;
    let mut greedy = Raw::open(broker.client()).await;
    let request = masked(
        0x81,
        json!({"op": "history", "id": 1, "pattern": "page", "from": "start"}).to_string().as_bytes(),
    );
    // Enough answers to fill the kernels' buffers; the broker reads no further then.
    greedy.write(&request.repeat(300)).await;
    broker.closed_for("too_slow").await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_replay_to_a_client_that_never_reads_takes_little_memory() {
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(10_000);
    publisher.publish_all("flow", (0..3_000).map(|_| &text)).await;
    let witness = Witness::beside(&broker).await;
    let before = broker.resident_bytes();
    let mut sleepers = Vec::new();
    for _ in 0..20 {
        let mut sleeper = Client::msgpack(&broker).await;
        sleeper.send(json!({"op": "subscribe", "sub": 1, "pattern": "flow", "from": "start"})).await;
        sleepers.push(sleeper);
    }
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 20).await;
    let grown = broker.resident_bytes().saturating_sub(before);
    assert!(grown < MEMORY_BOUND, "{grown} bytes for 20 replays of 30 MB");
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_pong_that_finds_no_room_is_never_sent_to_another_session() {
    let broker = Setup::default().flag("--shards", 1).config(SMALL_STREAM).start().await;
    let mut sleeper = Raw::open(broker.client()).await;
    let subscribe = json!({"op": "subscribe", "sub": 1, "pattern": "flow"}).to_string();
    sleeper.write(&masked(0x81, subscribe.as_bytes())).await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(8_000);
    // Until the sleeper's socket takes no more and some of it waits in its queue.
    eventually("the sleeper's socket to be full", async || {
        publisher.publish("flow", &text).await;
        (broker.metrics().await.count("fanfare_queue_bytes", &[]) > 100_000).then_some(())
    })
    .await;
    let before = broker.metrics().await.count("fanfare_received_bytes_total", &[]);
    let pings = masked(0x89, &[b'p'; 120]).repeat(100);
    sleeper.write(&pings).await;
    eventually("the pings to be read", async || {
        let now = broker.metrics().await.count("fanfare_received_bytes_total", &[]);
        (now >= before + pings.len() as u64).then_some(())
    })
    .await;
    let mut other = Raw::open(broker.client()).await;
    for _ in 0..3 {
        other.write(&masked(0x81, br#"{"op":"ping"}"#)).await;
        assert_eq!(other.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
    }
    drop(sleeper);
}

#[tokio::test]
async fn requests_that_wait_for_answers_to_be_read_stay_those_of_their_session() {
    const REQUESTS: usize = 40;
    let broker = Setup::default().flag("--shards", 1).config(SMALL_STREAM).start().await;
    let mut other = Raw::open(broker.client()).await;
    Client::json(&broker).await.publish("page", &"x".repeat(60_000)).await;
    let mut greedy = Raw::open(broker.client()).await;
    let request = |id| json!({"op": "history", "id": id, "pattern": "page", "from": "start"}).to_string();
    // All in one read of the broker; their answers are far more than may wait for a socket.
    let requests: Vec<u8> = (0..REQUESTS).flat_map(|id| masked(0x81, request(id).as_bytes())).collect();
    assert!(requests.len() < 4_000);
    greedy.write(&requests).await;
    other.write(&masked(0x81, br#"{"op":"ping"}"#)).await;
    assert_eq!(other.frame().await.unwrap().payload, br#"{"op":"pong"}"#);
    for id in 0..REQUESTS {
        let answer = greedy.frame().await.expect("every request is answered");
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!((&answer["op"], &answer["id"]), (&json!("history"), &json!(id)));
    }
}

#[tokio::test]
async fn answers_that_nobody_reads_take_bounded_memory_and_cost_those_who_asked() {
    let limits = "all_replies_bytes = \"2MiB\"\nsend_buffer_bytes = \"16KiB\"";
    let broker = Broker::with(&format!("shards = 1\n[limits]\n{limits}")).await;
    let mut reader = Client::json(&broker).await;
    let text = "x".repeat(20_000);
    reader.publish_all("a", (0..10).map(|_| &text)).await;
    let witness = Witness::beside(&broker).await;
    let ask = json!({"op": "history", "id": 1, "pattern": "a", "from": "start"}).to_string();
    let mut deaf = Vec::new();
    // 200 KB each time, so that each session has 400 KB waiting, and all 16 MB.
    for _ in 0..40 {
        let mut raw = Raw::open(broker.client()).await;
        let _ = raw.try_write(&masked(0x81, ask.as_bytes()).repeat(20)).await;
        deaf.push(raw);
    }
    let closed = async || {
        let metrics = broker.metrics().await;
        let waiting = metrics.count("fanfare_reply_bytes", &[]);
        assert!(waiting <= 3 << 20, "{waiting} bytes of answers wait");
        metrics.count("fanfare_connections_closed_total", &[("reason", "too_slow")])
    };
    eventually("those with the most to be closed", async || (closed().await >= 10).then_some(())).await;
    let page = reader.history("a", json!("start"), 100).await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 11);
    witness.missed_nothing().await;
}
