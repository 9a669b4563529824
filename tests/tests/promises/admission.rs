//! Admission: how many connections an address may have, which proxies are believed, and what happens without room.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use fanfare_tests::{Broker, Client, Raw, Setup, Witness, eventually, handshake, proxied};
use serde_json::json;

const ONE_EACH: &str = "[limits]\nmax_connections_per_address = 1";
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[tokio::test]
async fn an_address_has_as_many_connections_as_it_may_and_others_are_not_affected() {
    let broker = Broker::with_limits("max_connections_per_address = 3").await;
    let witness = Witness::beside(&broker).await;
    let third = Raw::open(broker.client()).await;
    for _ in 0..5 {
        let mut fourth = Raw::connect(broker.client()).await;
        let answer = fourth.head().await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("10")));
    }
    let reason = [("reason", "too_many_from_address")];
    broker.metric_reaches("fanfare_handshake_failures_total", &reason, 5).await;
    let log = broker.logs("a connection is refused").await;
    assert_eq!(log.matches("a connection is refused").count(), 1, "{log}");
    assert_eq!(Raw::connect_from(OTHER, broker.client()).await.status(b"", "").await, 101);
    drop(third);
    eventually("room for another", async || {
        let mut raw = Raw::connect(broker.client()).await;
        // Where it is refused, the answer comes without a question.
        let _ = raw.try_write(handshake("").as_bytes()).await;
        (raw.head().await.status == 101).then_some(())
    })
    .await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_trusted_proxy_counts_as_the_clients_that_it_speaks_for() {
    let config = format!("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true\n{ONE_EACH}");
    let broker = Broker::with(&config).await;
    let alice = proxied([203, 0, 113, 7]);
    let mut first = Raw::connect(broker.client()).await;
    assert_eq!(first.status(&alice, "").await, 101);
    let mut second = Raw::connect(broker.client()).await;
    assert_eq!(second.status(&alice, "").await, 429);
    broker.logs("203.0.113.7").await;
    let mut other = Raw::connect(broker.client()).await;
    assert_eq!(other.status(&proxied([203, 0, 113, 8]), "").await, 101);
}

#[tokio::test]
async fn a_proxy_header_that_comes_byte_by_byte_is_read() {
    let config = "trusted_proxies = [\"127.0.0.0/8\"]\nproxy_protocol = true";
    let broker = Broker::with(config).await;
    let mut raw = Raw::connect(broker.client()).await;
    for byte in proxied([203, 0, 113, 7]) {
        raw.write(&[byte]).await;
    }
    assert_eq!(raw.status(b"", "").await, 101);
}

#[tokio::test]
async fn a_trusted_proxy_without_a_header_of_version_2_is_told_so() {
    let config = "trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true";
    let broker = Broker::with(config).await;
    let version_1 = b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 7440\r\n";
    let torn = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x01\x00";
    let headers: [&[u8]; 3] = [b"", version_1, torn];
    for header in headers {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(&[header, handshake("").as_bytes()].concat()).await;
        let answer = String::from_utf8(raw.rest().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("version 2"), "{answer}");
    }
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "proxy_header")], 3).await;
}

#[tokio::test]
async fn a_proxy_header_from_someone_who_is_not_trusted_is_no_handshake() {
    let config = format!("trusted_proxies = [\"10.0.0.0/8\"]\nproxy_protocol = true\n{ONE_EACH}");
    let broker = Broker::with(&config).await;
    let mut spoofer = Raw::connect(broker.client()).await;
    assert_eq!(spoofer.status(&proxied([203, 0, 113, 7]), "").await, 400);
    drop(spoofer);
    eventually("a plain client to get in", async || {
        let mut raw = Raw::connect(broker.client()).await;
        let _ = raw.try_write(handshake("").as_bytes()).await;
        (raw.head().await.status == 101).then_some(())
    })
    .await;
}

#[tokio::test]
async fn forwarded_addresses_count_from_the_last_that_no_trusted_proxy_has() {
    let broker =
        Broker::with(&format!("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n{ONE_EACH}")).await;
    let told = |addresses: &str| format!("X-Forwarded-For: {addresses}\r\n");
    let mut first = Raw::connect(broker.client()).await;
    assert_eq!(first.status(b"", &told("203.0.113.7, 10.0.0.2")).await, 101);
    // However the client changes what it says of itself, it is the same.
    let mut second = Raw::connect(broker.client()).await;
    assert_eq!(second.status(b"", &told("198.51.100.1, 203.0.113.7")).await, 429);
    let mut other = Raw::connect(broker.client()).await;
    assert_eq!(other.status(b"", &told("203.0.113.8")).await, 101);
}

#[tokio::test]
async fn forwarded_addresses_of_someone_who_is_not_trusted_count_for_nothing() {
    let broker = Broker::with(ONE_EACH).await;
    let mut first = Raw::connect(broker.client()).await;
    assert_eq!(first.status(b"", "X-Forwarded-For: 203.0.113.7\r\n").await, 101);
    let mut second = Raw::connect(broker.client()).await;
    assert_eq!(second.head().await.status, 429);
}

#[tokio::test]
async fn without_open_files_it_waits_quietly_serves_its_sessions_and_accepts_again() {
    let broker = Broker::start().await;
    let witness = Witness::beside(&broker).await;
    let mut client = Client::json(&broker).await;
    broker.metric_reaches("fanfare_connections", &[], 3).await;
    broker.allow_files(broker.open_files());
    let begin = Instant::now();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(Raw::connect(broker.client()).await);
    }
    broker.logs("can't be accepted").await;
    client.publish_all("a", (0..1_000).map(|n| n.to_string())).await;
    client.send(json!({"op": "ping"})).await;
    client.answer(json!({"op": "pong"})).await;
    broker.allow_files(256);
    for raw in &mut waiting {
        assert_eq!(raw.status(b"", "").await, 101);
    }
    let failures = broker.metrics().await.count("fanfare_accept_failures_total", &[("port", "client")]);
    // One in 50 ms at most, and one line of them in 10 s.
    let most = u64::try_from(begin.elapsed().as_millis() / 50).unwrap() + 1;
    assert!((1..=most).contains(&failures), "{failures} in {:?}", begin.elapsed());
    let lines = broker.log().matches("can't be accepted").count() as u64;
    assert!(lines <= 1 + begin.elapsed().as_secs() / 10, "{}", broker.log());
    witness.missed_nothing().await;
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised_at_the_start() {
    let broker = Setup::default().files(256).start().await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(Raw::connect(broker.client()).await);
    }
    for raw in &mut crowd {
        assert_eq!(raw.status(b"", "").await, 101);
    }
}

#[tokio::test]
async fn clients_never_take_the_last_open_files_from_the_internal_port() {
    let broker =
        Setup::default().config("limits.max_connections_per_address = 100000").hard_files(128).start().await;
    let mut refused = 0;
    let mut crowd = Vec::new();
    for _ in 0..140 {
        let mut raw = Raw::connect(broker.client()).await;
        let _ = raw.try_write(handshake("").as_bytes()).await;
        match raw.head().await.status {
            101 => crowd.push(raw),
            503 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(refused >= 30 && crowd.len() > 50, "{refused} refused");
    let counted = [("reason", "too_many_files")];
    broker.metric_reaches("fanfare_handshake_failures_total", &counted, refused).await;
}
