//! Traces: of the messages that are meant, both steps are told to a collector, and nobody waits for it.

use std::collections::BTreeMap;

use fanfare_tests::collector::{Collector, Span, config};
use fanfare_tests::{Broker, Client, http, within};
use serde_json::json;
use tokio::net::TcpListener;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{PARENT}-{flags}")
}

/// Publishes with this `traceparent`.
async fn publish(client: &mut Client, topic: &str, text: &str, traceparent: &str) {
    let headers = json!({"traceparent": traceparent});
    client
        .request(json!({"op": "publish", "topic": topic, "text": text, "headers": headers}), "published")
        .await;
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test]
async fn publishing_and_delivering_are_of_the_trace_that_the_publisher_gave() {
    let collector = Collector::start().await;
    let broker = Broker::with(&format!("shards = 1\n{}", collector.config("0"))).await;
    let (mut reader, mut publisher) = (Client::json(&broker).await, Client::msgpack(&broker).await);
    reader.subscribe(1, "orders.>").await;
    publish(&mut publisher, "orders.secret", "a payload", &traceparent("01")).await;
    let heard = reader.expect(json!({"op": "message", "text": "a payload"})).await;
    assert_eq!(heard["headers"]["traceparent"], traceparent("01"), "subscribers get what the publisher gave");

    let spans = collector.spans(TRACE, 2).await;
    let (publish, deliver) = (named(&spans, "publish")[0], named(&spans, "deliver")[0]);
    assert_eq!((publish.parent.as_str(), &deliver.parent), (PARENT, &publish.id));
    let attributes = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>()
    };
    let told = attributes(&[
        ("messaging.system", "fanfare"),
        ("messaging.operation.name", "publish"),
        ("messaging.message.body.size", "9"),
        ("fanfare.payload_kind", "text"),
        ("fanfare.stream", "recent"),
    ]);
    assert_eq!(publish.attributes, told);
    assert_eq!(deliver.attributes, attributes(&[("messaging.system", "fanfare"), ("fanfare.shard", "0")]));
    assert_eq!(publish.resource["service.name"], "push");
    assert!(publish.took_ns > 0 && publish.took_ns < 10_000_000_000, "{publish:?}");
    for secret in ["a payload", "orders", "secret"] {
        assert!(!collector.was_told(secret), "{secret} was told");
    }
}

#[tokio::test]
async fn a_request_over_http_brings_its_trace_to_the_message() {
    let collector = Collector::start().await;
    let broker = Broker::with(&collector.config("0")).await;
    let mut reader = Client::json(&broker).await;
    reader.subscribe(1, "a").await;
    let (address, parent) = (broker.internal(), traceparent("01"));
    let request = format!(
        "POST /v1/topics/a/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\
         traceparent: {parent}\r\nConnection: close\r\n\r\nhi"
    );
    assert_eq!(http::request(address, &request).await.status, 200);
    reader.expect(json!({"op": "message", "text": "hi", "headers": {"traceparent": parent}})).await;
    let spans = collector.spans(TRACE, 2).await;
    assert_eq!(named(&spans, "publish")[0].parent, PARENT);
}

#[tokio::test]
async fn a_request_that_publishes_many_brings_its_trace_to_each_that_has_none() {
    const OWN: &str = "ffff651916cd43dd8448eb211c80319c";
    let collector = Collector::start().await;
    let broker = Broker::with(&collector.config("0")).await;
    let mut reader = Client::json(&broker).await;
    reader.subscribe(1, "a").await;
    let (address, parent, own) =
        (broker.internal(), traceparent("01"), traceparent("01").replace(TRACE, OWN));
    let first = json!({"topic": "a", "text": "1", "headers": {"n": "1"}});
    let second = json!({"topic": "a", "text": "2", "headers": {"traceparent": own}});
    for (kind, body) in [
        ("application/json", json!([first, second]).to_string()),
        ("application/x-ndjson", format!("{first}\n{second}\n")),
    ] {
        let length = body.len();
        let request = format!(
            "POST /v1/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             traceparent: {parent}\r\nConnection: close\r\n\r\n{body}"
        );
        assert_eq!(http::request(address, &request).await.status, 200);
        reader
            .expect(json!({"op": "message", "text": "1", "headers": {"n": "1", "traceparent": parent}}))
            .await;
        reader.expect(json!({"op": "message", "text": "2", "headers": {"traceparent": own}})).await;
    }
    for trace in [TRACE, OWN] {
        let spans = collector.spans(trace, 4).await;
        let publishes = named(&spans, "publish");
        assert_eq!(publishes.iter().map(|span| span.parent.as_str()).collect::<Vec<_>>(), [PARENT, PARENT]);
    }
}

#[tokio::test]
async fn what_is_read_by_who_was_behind_is_delivered_in_the_same_trace() {
    let collector = Collector::start().await;
    let broker = Broker::with(&format!("shards = 1\n{}", collector.config("0"))).await;
    let mut publisher = Client::json(&broker).await;
    publish(&mut publisher, "a", "before", &traceparent("01")).await;
    publisher.publish("a", "untraced").await;
    let mut reader = Client::json(&broker).await;
    reader.send(json!({"op": "subscribe", "sub": 1, "pattern": "a", "from": "start"})).await;
    reader.expect(json!({"op": "subscribed", "sub": 1})).await;
    reader.expect(json!({"op": "message", "text": "before"})).await;
    reader.expect(json!({"op": "message", "text": "untraced"})).await;

    let spans = collector.spans(TRACE, 2).await;
    let (publish, deliver) = (named(&spans, "publish")[0], named(&spans, "deliver")[0]);
    assert_eq!((&deliver.parent, deliver.attributes["fanfare.behind"].as_str()), (&publish.id, "true"));
    assert_eq!(deliver.attributes["fanfare.shard"], "0");
    assert!(deliver.took_ns > 0 && deliver.took_ns < 10_000_000_000, "{deliver:?}");
}

#[tokio::test]
async fn what_its_publisher_does_not_want_recorded_is_not() {
    let collector = Collector::start().await;
    let broker = Broker::with(&collector.config("1")).await;
    let mut client = Client::json(&broker).await;
    publish(&mut client, "a", "unsampled", &traceparent("00")).await;
    // A later one that is recorded shows that the first would have come by now.
    let later = traceparent("01").replace(TRACE, &TRACE.replace("0af7", "ffff"));
    publish(&mut client, "a", "sampled", &later).await;
    collector.spans(&TRACE.replace("0af7", "ffff"), 1).await;
    assert_eq!(collector.all().iter().filter(|span| span.trace == TRACE).count(), 0);
}

#[tokio::test]
async fn chance_decides_where_no_trace_is_given() {
    let collector = Collector::start().await;
    let all = Broker::with(&collector.config("1.0")).await;
    let none = Broker::with(&collector.config("0")).await;
    for broker in [&none, &all] {
        Client::json(broker).await.publish("a", "x").await;
    }
    all.metric_reaches("fanfare_trace_spans_exported_total", &[], 1).await;
    let spans = collector.all();
    assert_eq!((spans.len(), spans[0].parent.as_str()), (1, ""), "{spans:?}");
    assert_eq!(none.metrics().await.count("fanfare_trace_spans_exported_total", &[]), 0);
}

#[tokio::test]
async fn a_publish_that_is_refused_says_so() {
    let collector = Collector::start().await;
    let broker = Broker::with(&collector.config("0")).await;
    let mut client = Client::json(&broker).await;
    let headers = json!({"traceparent": traceparent("01")});
    client
        .send(json!({"op": "publish", "id": 9, "topic": "a", "text": "", "expect": 7, "headers": headers}))
        .await;
    client.expect(json!({"op": "error", "id": 9, "code": "conflict"})).await;
    let spans = collector.spans(TRACE, 1).await;
    assert_eq!(spans[0].attributes["error.type"], "conflict");
}

#[tokio::test]
async fn a_collector_that_is_not_there_or_never_answers_costs_publishers_nothing() {
    const MESSAGES: u64 = 300;
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mute_at, gone_at) = (mute.local_addr().unwrap(), gone.local_addr().unwrap());
    drop(gone);
    // Of one that never answers, the queue is full; of one that is not there, nothing is taken. Who waited for a
    // collector would have nothing to drop.
    for (collector, reasons) in [(mute_at, &["queue"][..]), (gone_at, &["queue", "collector"])] {
        let limits = "[limits]\ntrace_queue_spans = 10\ntraces_per_second = 1000000\n";
        let broker = Broker::with(&(config(collector, "1.0") + limits)).await;
        let mut client = Client::json(&broker).await;
        client.subscribe(1, "a").await;
        // Two spans a message. A batch takes some hundreds; of all the others, few have room.
        let dropped = async || {
            for n in 0..MESSAGES {
                client.publish("a", &n.to_string()).await;
                client.expect(json!({"op": "message", "text": n.to_string()})).await;
            }
            let metrics = broker.metrics().await;
            let of = |reason| metrics.count("fanfare_trace_spans_dropped_total", &[("reason", reason)]);
            (reasons.iter().copied().map(of).sum::<u64>() >= MESSAGES).then_some(())
        };
        fanfare_tests::eventually("spans to be dropped", dropped).await;
        broker.terminate().await;
        assert!(within("the broker to end", broker.ended()).await.success());
    }
}

#[tokio::test]
async fn more_than_may_be_traced_in_a_second_are_counted_and_delivered_all_the_same() {
    let collector = Collector::start().await;
    let broker = Broker::with(&(collector.config("0") + "[limits]\ntraces_per_second = 1\n")).await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    for n in 0..20 {
        publish(&mut client, "a", &n.to_string(), &traceparent("01")).await;
        client.expect(json!({"op": "message", "text": n.to_string()})).await;
    }
    let metrics = broker.metrics().await;
    assert!(metrics.count("fanfare_trace_spans_dropped_total", &[("reason", "rate")]) >= 10);
}

#[tokio::test]
async fn without_a_collector_nothing_is_traced_and_headers_pass_untouched() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    publish(&mut client, "a", "x", &traceparent("01")).await;
    client.expect(json!({"op": "message", "headers": {"traceparent": traceparent("01")}})).await;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_trace_spans_exported_total", &[]), 0);
    assert_eq!(metrics.count("fanfare_trace_spans_dropped_total", &[]), 0);
}
