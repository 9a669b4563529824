//! Conflation: a subscription to the latest gets the newest message of each topic, in batches, at its own rate.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use serde_json::{Value, json};

const KEPT: &str = "[[stream]]\nname = \"kept\"\npatterns = [\"kept.>\"]";

async fn subscribe(client: &mut Client, pattern: &str, from: Value, max_rate: Option<f64>) -> Value {
    let mut request =
        json!({"op": "subscribe", "sub": 1, "pattern": pattern, "from": from, "deliver": "latest"});
    if let Some(rate) = max_rate {
        request["max_rate"] = json!(rate);
    }
    client.send(request).await;
    client.answer(json!({"op": "subscribed", "sub": 1})).await
}

/// Messages up to the one with this text; each must have a higher sequence than the one before.
async fn messages_up_to(client: &mut Client, text: &str) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    while messages.last().is_none_or(|message| message["text"] != text) {
        let frame = client.next().await;
        match frame["op"].as_str().unwrap() {
            "message" => {
                let ascends = messages.last().is_none_or(|last| last["seq"].as_u64() < frame["seq"].as_u64());
                assert!(ascends || frame["seq"].is_null(), "{frame} after {:?}", messages.last());
                messages.push(frame);
            }
            "behind" | "live" => {}
            _ => panic!("what was conflated is no gap: {frame}"),
        }
    }
    messages
}

#[tokio::test]
async fn batches_keep_their_rate_and_the_newest_of_each_topic_comes() {
    let broker = Broker::with(KEPT).await;
    for encoding in Encoding::ALL {
        for topic in ["kept", "fleeting"] {
            let mut client = Client::open(&broker, *encoding).await;
            subscribe(&mut client, &format!("{topic}.>"), json!("now"), Some(2.0)).await;
            let mut publisher = Client::open(&broker, *encoding).await;
            let start = Instant::now();
            publisher.publish(&format!("{topic}.first"), "opens the interval").await;
            client.expect(json!({"op": "message", "text": "opens the interval"})).await;
            for number in 0..100 {
                publisher.publish(&format!("{topic}.b"), &format!("b {number}")).await;
                publisher.publish(&format!("{topic}.a"), &format!("a {number}")).await;
            }
            let messages = messages_up_to(&mut client, "a 99").await;
            assert!(start.elapsed() >= Duration::from_millis(500), "the second batch waits for its time");
            // Each topic's newest is what comes last of it, in however many batches that was.
            let newest: BTreeMap<_, _> = messages
                .iter()
                .map(|message| (message["topic"].as_str(), message["text"].as_str()))
                .collect();
            assert_eq!(newest.values().flatten().collect::<Vec<_>>(), [&"a 99", &"b 99"]);
            client.close().await;
        }
    }
    assert!(broker.metrics().await.count("fanfare_messages_conflated_total", &[]) > 0);
}

#[tokio::test]
async fn without_a_rate_a_reader_that_keeps_up_hears_at_once() {
    let broker = Broker::with(KEPT).await;
    let mut client = Client::json(&broker).await;
    subscribe(&mut client, "kept.a", json!("now"), None).await;
    for number in 0..100 {
        client.publish("kept.a", &number.to_string()).await;
        client.expect(json!({"op": "message", "text": number.to_string()})).await;
    }
}

#[tokio::test]
async fn a_reader_that_slept_gets_the_newest_of_each_topic_and_few_of_those_between() {
    const ROUNDS: usize = 500;
    let broker = Broker::with(KEPT).await;
    for encoding in Encoding::ALL {
        for pattern in ["kept.*", "kept.t3"] {
            let mut sleeper = Client::open(&broker, *encoding).await;
            subscribe(&mut sleeper, pattern, json!("now"), None).await;
            let mut publisher = Client::msgpack(&broker).await;
            let filler = "x".repeat(8_000);
            for topic in (0..4).map(|topic| format!("kept.t{topic}")) {
                // Far more than the kernels' buffers hold.
                publisher.publish_all(&topic, (0..ROUNDS).map(|n| format!("{n}{filler}"))).await;
            }
            publisher.publish("kept.t3", "the end").await;
            let messages = messages_up_to(&mut sleeper, "the end").await;
            let topics: BTreeMap<_, _> = messages
                .iter()
                .map(|message| (message["topic"].as_str().unwrap(), message["text"].as_str().unwrap()))
                .collect();
            let newest: Vec<_> = topics.values().copied().collect();
            match pattern {
                "kept.*" => assert_eq!(newest, ["the last", "the last", "the last", "the end"]),
                _ => assert_eq!(newest, ["the end"]),
            }
            assert!(messages.len() < 3 * ROUNDS);
            sleeper.close().await;
        }
    }
}

#[tokio::test]
async fn a_resumed_one_gets_the_newest_after_its_position_and_then_live() {
    let broker = Broker::with(KEPT).await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let first = client.publish("kept.a", "before").await;
        let position = json!({"position": {"kept": {"epoch": first["epoch"], "seq": first["seq"]}}});
        for number in 0..300 {
            client.publish(&format!("kept.t{}", number % 3), &number.to_string()).await;
        }
        let subscribed = subscribe(&mut client, "kept.>", position, Some(1_000.0)).await;
        assert_eq!((&subscribed["live"], &subscribed["recovered"]), (&json!(false), &json!(true)));
        let messages = messages_up_to(&mut client, "299").await;
        let texts: Vec<_> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["297", "298", "299"]);
        let live = client.expect(json!({"op": "live", "sub": 1})).await;
        assert_eq!(live["position"]["kept"]["seq"], messages[2]["seq"]);
        client.publish("kept.t1", "pushed").await;
        client.expect(json!({"op": "message", "text": "pushed"})).await;
    }
}

#[tokio::test]
async fn batches_do_not_hold_up_another_subscription_that_catches_up() {
    const MESSAGES: usize = 3_000;
    let kept = "[[stream]]\nname = \"kept\"\npatterns = [\"kept.>\"]\n[limits]\nheartbeat = \"1h\"";
    let broker = Broker::with(kept).await;
    let mut publisher = Client::msgpack(&broker).await;
    let filler = "x".repeat(3_000);
    publisher.publish_all("kept.many", (0..MESSAGES).map(|n| format!("{n} {filler}"))).await;
    let mut client = Client::msgpack(&broker).await;
    subscribe(&mut client, "large", json!("now"), None).await;
    let large = "x".repeat(60_000);
    let flow = tokio::spawn(async move { publisher.publish_all("large", (0..200).map(|_| &large)).await });
    client.subscribe_from(2, "kept.>", json!("start")).await;
    let mut next = 0;
    while next < MESSAGES {
        let frame = client.next().await;
        if frame["op"] == "message" && frame["sub"] == 2 {
            assert_eq!(frame["text"].as_str().unwrap().split(' ').next(), Some(next.to_string().as_str()));
            next += 1;
        }
    }
    flow.await.unwrap();
}
