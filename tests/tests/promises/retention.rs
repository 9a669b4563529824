//! Retention: what leaves a stream, and when.

use fanfare_tests::{Broker, Client, eventually};
use serde_json::{Value, json};

async fn retained(client: &mut Client, pattern: &str) -> Vec<Value> {
    let page = client.history(pattern, json!("start"), 1_000).await;
    page["messages"].as_array().unwrap().clone()
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

fn stream(settings: &str) -> String {
    format!("[[stream]]\nname = \"s\"\npatterns = [\">\"]\n{settings}")
}

#[tokio::test]
async fn messages_leave_at_their_age_though_nobody_publishes() {
    let broker = Broker::with(&stream("max_age = \"200ms\"")).await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "x").await;
    broker.metric_reaches("fanfare_stream_messages", &[("stream", "s")], 0).await;
    assert_eq!(retained(&mut client, "a").await, [] as [Value; 0]);
    let next = client.publish("a", "y").await;
    assert_eq!(next["seq"], 2, "the numbering goes on");
}

#[tokio::test]
async fn messages_leave_oldest_first_when_bytes_run_out() {
    let broker = Broker::with(&stream("max_bytes = \"64KiB\"")).await;
    let mut client = Client::msgpack(&broker).await;
    let text = "x".repeat(1_000);
    let last = client.publish_all("a", (0..500).map(|_| &text)).await;
    let kept = retained(&mut client, "a").await;
    assert!((20..65).contains(&kept.len()), "{} messages of 1,000 bytes in 64 KiB", kept.len());
    assert_eq!(kept.last().unwrap()["seq"], last);
    for pair in kept.windows(2) {
        assert_eq!(pair[0]["seq"].as_u64().unwrap() + 1, pair[1]["seq"].as_u64().unwrap(), "the newest stay");
    }
    assert!(broker.metrics().await.value("fanfare_stream_bytes", &[("stream", "s")]) <= 65_536.0);
}

#[tokio::test]
async fn reading_takes_nothing_out_of_a_stream() {
    let broker = Broker::with(&stream("max_bytes = \"256KiB\"")).await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(1_000);
    publisher.publish_all("a", (0..500).map(|_| &text)).await;
    let before = broker.metrics().await.count("fanfare_stream_messages", &[]);
    let mut reader = Client::json(&broker).await;
    let mut from = json!("start");
    loop {
        let page = reader.history("a", from, 50).await;
        from = json!({"position": page["position"]});
        if page["more"] == false {
            break;
        }
    }
    publisher.publish("a", &text).await;
    let after = broker.metrics().await.count("fanfare_stream_messages", &[]);
    // The new message may be larger than the one that it pushes out.
    assert!(after + 2 >= before, "{before} messages before they were read, {after} after");
}

#[tokio::test]
async fn each_topic_keeps_as_many_messages_as_configured() {
    let broker = Broker::with(&stream("max_messages_per_topic = 2")).await;
    let mut client = Client::json(&broker).await;
    for text in ["1", "2", "3", "4"] {
        client.publish("a", text).await;
    }
    client.publish("b", "5").await;
    assert_eq!(texts(&retained(&mut client, ">").await), ["3", "4", "5"]);
    assert_eq!(texts(&retained(&mut client, "a").await), ["3", "4"]);
}

#[tokio::test]
async fn a_replay_that_retention_overtakes_says_what_is_missing() {
    let broker = Broker::with(&stream("max_bytes = \"2MiB\"")).await;
    let (mut publisher, mut reader) = (Client::msgpack(&broker).await, Client::msgpack(&broker).await);
    let text = "x".repeat(16_000);
    publisher.publish_all("a", (0..100).map(|_| &text)).await;
    reader.subscribe_from(1, "a", json!("start")).await;
    // The reader takes nothing meanwhile, so what it has not been sent yet leaves the stream.
    let last = publisher.publish_all("a", (0..2_000).map(|_| &text)).await;
    let (mut next, mut gaps) = (1, 0);
    while next <= last {
        let frame = reader.next().await;
        match frame["op"].as_str().unwrap() {
            "message" => {
                assert_eq!(frame["seq"], next, "missing without a gap, or repeated");
                next += 1;
            }
            "gap" => {
                fanfare_tests::assert_shape(&frame, &json!({"sub": 1, "reason": "expired", "stream": "s"}));
                assert_eq!(frame["from"], next, "the gap is at its place");
                next = frame["to"].as_u64().unwrap() + 1;
                gaps += 1;
            }
            "live" => {}
            _ => panic!("{frame}"),
        }
    }
    assert!(gaps > 0, "the test is to overtake the reader");
}

#[tokio::test]
async fn a_topic_is_in_the_stream_whose_pattern_it_matches() {
    let config = "[[stream]]\nname = \"orders\"\npatterns = [\"orders.>\"]\n\
                  [[stream]]\nname = \"state\"\npatterns = [\"lamp.*\", \"state\"]";
    let broker = Broker::with(config).await;
    let mut client = Client::json(&broker).await;
    for (topic, stream, seq) in [("orders.1", "orders", 1), ("lamp.state", "state", 1), ("state", "state", 2)]
    {
        let published = client.publish(topic, "x").await;
        assert_eq!((&published["stream"], &published["seq"]), (&json!(stream), &json!(seq)), "{topic}");
    }
    let subscribed = client.subscribe(1, ">").await;
    let position = subscribed["position"].as_object().unwrap();
    assert_eq!(position.keys().collect::<Vec<_>>(), ["orders", "state"]);
    let narrow = client.subscribe(2, "orders.1").await;
    assert_eq!(narrow["position"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn topics_without_messages_take_no_memory() {
    const TOPICS: usize = 20_000;
    let broker = Broker::with(&stream("max_age = \"500ms\"")).await;
    let mut client = Client::msgpack(&broker).await;
    let frames = (0..TOPICS).map(|n| json!({"op": "publish", "topic": format!("t.{n}"), "text": "x"}));
    client.pipeline(frames).await;
    client.publish("t.last", "x").await;
    eventually("all topics to be forgotten", async || {
        let metrics = broker.metrics().await;
        let (topics, bytes) =
            (metrics.count("fanfare_topics", &[]), metrics.count("fanfare_stream_bytes", &[]));
        (topics == 0 && bytes < 1 << 20).then_some(())
    })
    .await;
}
