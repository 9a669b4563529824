//! Metrics: what Prometheus reads moves with what happens, and tells nothing of topics or sessions.

use fanfare_protocol::{CloseCode, Encoding, ErrorCode};
use fanfare_tests::{Broker, Client, Metrics, http};
use serde_json::json;

#[tokio::test]
async fn the_page_is_what_prometheus_reads() {
    let broker = Broker::start().await;
    let page = http::get(broker.internal(), "/metrics").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(page.body.ends_with('\n'));
}

#[tokio::test]
async fn every_family_has_a_help_and_a_type_and_a_name_of_ours_or_of_the_process() {
    let broker = Broker::start().await;
    let metrics = broker.metrics().await;
    for (name, family) in &metrics.families {
        assert!(name.starts_with("fanfare_") || name.starts_with("process_"), "{name}");
        assert!(family.help.as_ref().is_some_and(|help| !help.is_empty()), "{name} has no help");
        let kind = family.kind.as_deref().unwrap_or_else(|| panic!("{name} has no type"));
        assert!(["counter", "gauge", "histogram"].contains(&kind), "{name} is a {kind}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
    }
    for sample in metrics.names() {
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| sample.strip_suffix(end)).unwrap_or(sample);
        let known = metrics.families.contains_key(sample) || metrics.families.contains_key(family);
        assert!(known, "{sample} belongs to no family");
    }
}

#[tokio::test]
async fn build_and_process_are_told() {
    let broker = Broker::start().await;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1);
    assert!(metrics.count("process_resident_memory_bytes", &[]) > 1 << 20);
    assert!(metrics.value("process_cpu_seconds_total", &[]) >= 0.0);
    assert!(metrics.count("process_open_fds", &[]) > 3);
}

#[tokio::test]
async fn sessions_are_counted_by_encoding() {
    let broker = Broker::start().await;
    let json = Client::json(&broker).await;
    let msgpack = [Client::msgpack(&broker).await, Client::msgpack(&broker).await];
    let metrics = broker.metrics().await;
    for (encoding, sessions) in [("json", 1), ("msgpack", 2)] {
        assert_eq!(metrics.count("fanfare_connections", &[("encoding", encoding)]), sessions);
        assert_eq!(metrics.count("fanfare_connections_opened_total", &[("encoding", encoding)]), sessions);
    }
    json.close().await;
    drop(msgpack);
    broker.metric_reaches("fanfare_connections", &[], 0).await;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_connections_opened_total", &[]), 3);
    assert_eq!(metrics.count("fanfare_connections_closed_total", &[("reason", "by_peer")]), 1);
    assert_eq!(metrics.count("fanfare_connections_closed_total", &[("reason", "lost")]), 2);
}

#[tokio::test]
async fn every_reason_and_code_is_there_from_the_start() {
    let broker = Broker::start().await;
    let metrics = broker.metrics().await;
    for code in CloseCode::ALL {
        assert_eq!(metrics.count("fanfare_connections_closed_total", &[("reason", code.as_str())]), 0);
    }
    for code in ErrorCode::ALL {
        assert_eq!(metrics.count("fanfare_errors_total", &[("code", code.as_str())]), 0);
    }
    for encoding in Encoding::ALL {
        assert_eq!(metrics.count("fanfare_connections", &[("encoding", encoding.as_str())]), 0);
    }
}

#[tokio::test]
async fn errors_are_counted_by_code() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for frame in [
        json!({"op": "unsubscribe", "sub": 1}),
        json!({"op": "unsubscribe", "sub": 2}),
        json!({"op": "publish", "topic": "$x", "text": ""}),
    ] {
        client.send(frame).await;
        client.expect(json!({"op": "error"})).await;
    }
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_errors_total", &[("code", "not_found")]), 2);
    assert_eq!(metrics.count("fanfare_errors_total", &[("code", "forbidden")]), 1);
    assert_eq!(metrics.count("fanfare_errors_total", &[]), 3);
}

#[tokio::test]
async fn subscriptions_patterns_and_topics_are_counted() {
    let broker = Broker::start().await;
    let (mut one, mut other) = (Client::json(&broker).await, Client::json(&broker).await);
    one.subscribe(1, "a").await;
    one.subscribe(2, "b.>").await;
    other.subscribe(1, "a").await;
    for topic in ["a", "b.1", "b.2"] {
        one.publish(topic, "x").await;
    }
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_subscriptions", &[]), 3);
    assert_eq!(metrics.count("fanfare_patterns", &[]), 2);
    assert_eq!(metrics.count("fanfare_topics", &[("stream", "recent")]), 3);
    drop(one);
    broker.metric_reaches("fanfare_subscriptions", &[], 1).await;
    broker.metric_reaches("fanfare_patterns", &[], 1).await;
}

#[tokio::test]
async fn messages_and_bytes_are_counted_in_and_out() {
    const COUNT: u64 = 50;
    let broker = Broker::start().await;
    let (mut one, mut other) = (Client::json(&broker).await, Client::msgpack(&broker).await);
    let mut publisher = Client::msgpack(&broker).await;
    one.subscribe(1, "a").await;
    other.subscribe(1, ">").await;
    let before = broker.metrics().await;
    for _ in 0..COUNT {
        publisher.publish("a", &"x".repeat(1_000)).await;
        one.next().await;
        other.next().await;
    }
    broker.metric_reaches("fanfare_messages_sent_total", &[], 2 * COUNT).await;
    let after = broker.metrics().await;
    let grown = |name: &str| after.count(name, &[]) - before.count(name, &[]);
    assert_eq!(grown("fanfare_messages_received_total"), COUNT);
    assert!(
        (50_000..60_000).contains(&grown("fanfare_received_bytes_total")),
        "1,000 bytes each, and frames"
    );
    assert!(
        (100_000..130_000).contains(&grown("fanfare_sent_bytes_total")),
        "to two subscribers, and frames"
    );
    assert!(grown("fanfare_socket_writes_total") >= 2 * COUNT);
    assert_eq!(after.count("fanfare_stream_messages", &[("stream", "recent")]), COUNT);
    assert_eq!(after.count("fanfare_stream_last_sequence", &[("stream", "recent")]), COUNT);
    assert!(after.count("fanfare_stream_bytes", &[("stream", "recent")]) > 1_000 * COUNT);
    assert_eq!(after.count("fanfare_queue_bytes", &[]), 0);
    assert_eq!(after.count("fanfare_queue_messages", &[]), 0);
}

#[tokio::test]
async fn the_latency_histogram_counts_what_went_out() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    for _ in 0..10 {
        client.publish("a", "x").await;
        client.next().await;
    }
    let name = "fanfare_publish_to_socket_seconds";
    broker.metric_reaches(&format!("{name}_count"), &[], 10).await;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.families[name].kind.as_deref(), Some("histogram"));
    assert_eq!(metrics.count(&format!("{name}_bucket"), &[("le", "+Inf")]), 10);
    let sum = metrics.value(&format!("{name}_sum"), &[]);
    assert!((0.0..10.0).contains(&sum), "{sum} seconds");
}

#[tokio::test]
async fn no_label_tells_of_a_topic_or_a_session() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "secret.topic.*").await;
    client.publish("secret.topic.name", "x").await;
    client.next().await;
    let page = http::get(broker.internal(), "/metrics").await.body;
    for secret in ["secret", client.session(), "fanfare-tests"] {
        assert!(!page.contains(secret), "{secret} is told");
    }
    let known = [
        "encoding", "reason", "result", "code", "stream", "url", "le", "port", "version", "revision",
        "route", "status", "setting",
    ];
    for (label, value) in Metrics::parse(&page).labels() {
        assert!(known.contains(&label), "{label}={value}");
    }
}

#[tokio::test]
async fn health_and_readiness_are_told() {
    let broker = Broker::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = http::get(broker.internal(), path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_crowd_that_asks_for_readiness_is_answered() {
    let broker = Broker::start().await;
    let asking = (0..50).map(|_| tokio::spawn(http::get(broker.internal(), "/readyz")));
    for answer in asking.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn readiness_leaves_no_trace_in_streams_or_counts() {
    let broker = Broker::start().await;
    http::get(broker.internal(), "/readyz").await;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_stream_messages", &[]), 0);
    assert_eq!(metrics.count("fanfare_messages_received_total", &[]), 0);
    assert!(
        !metrics.labels().any(|(_, value)| value.starts_with('$')),
        "the private stream is nobody's business"
    );
}

#[tokio::test]
async fn the_internal_port_serves_a_page_and_nothing_unknown() {
    let broker = Broker::start().await;
    let page = http::get(broker.internal(), "/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains(&broker.client().port().to_string()), "the page knows the client port");
    assert_eq!(http::get(broker.internal(), "/nothing").await.status, 404);
    let post = "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(http::request(broker.internal(), post).await.status, 405);
}
