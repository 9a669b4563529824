//! Shares: of what there is for all, nobody alone takes so much that nothing is left for the others.

use std::net::{IpAddr, Ipv4Addr};

use fanfare_tests::http::{LineStream, curl};
use fanfare_tests::{Broker, Client, Raw, Witness, eventually, http, proxied, within};

const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PROXIED: &str = "trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true\n";
const REFUSED: &str = "fanfare_handshake_failures_total";
const SHARE: [(&str, &str); 1] = [("reason", "too_many_handshakes_from_address")];

#[tokio::test]
async fn handshakes_that_one_address_never_ends_keep_no_other_address_out() {
    let limits = "max_handshakes = 20\nmax_handshakes_per_address = 15\nhandshake_timeout = \"1h\"";
    let broker = Broker::with_limits(limits).await;
    let witness = Witness::beside(&broker).await;
    let mut halves = Vec::new();
    for _ in 0..15 {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(b"GET /ws HTTP/1.1\r\nX: y").await;
        halves.push(raw);
    }
    for _ in 0..20 {
        let answer = Raw::connect(broker.client()).await.head().await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    }
    broker.metric_reaches(REFUSED, &SHARE, 20).await;
    for _ in 0..20 {
        assert_eq!(Raw::connect_from(OTHER, broker.client()).await.status(b"", "").await, 101);
    }
    let log = broker.logs("too_many_handshakes_from_address").await;
    assert_eq!(log.matches("a connection is refused").count(), 1, "{log}");
    drop(halves);
    broker.metric_reaches(REFUSED, &[("reason", "lost")], 15).await;
    Client::json(&broker).await;
    witness.missed_nothing().await;
}

#[tokio::test]
async fn behind_a_proxy_the_share_is_that_of_the_client_from_the_header_on() {
    // Four are left to the others: each of two shards may take its time to give one back that was answered.
    let limits = "max_handshakes = 12\nmax_handshakes_per_address = 8\nhandshake_timeout = \"1h\"";
    let broker = Broker::with(&format!("shards = 2\n{PROXIED}[limits]\n{limits}")).await;
    let (alice, bob) = (proxied([203, 0, 113, 7]), proxied([203, 0, 113, 8]));
    let mut halves = Vec::new();
    for _ in 0..9 {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(&alice).await;
        halves.push(raw);
    }
    // Each shard reads the headers in its own time; the one that is read last has no share left.
    broker.metric_reaches(REFUSED, &SHARE, 1).await;
    // Whoever is refused, and stays, holds no place of the others meanwhile.
    let mut refused = Vec::new();
    for _ in 0..10 {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(&alice).await;
        assert_eq!(raw.head().await.status, 429);
        refused.push(raw);
    }
    for _ in 0..4 {
        assert_eq!(Raw::connect(broker.client()).await.status(&bob, "").await, 101);
    }
}

#[tokio::test]
async fn a_forwarded_client_that_is_refused_again_and_again_keeps_no_other_out() {
    let limits = "max_connections_per_address = 1\nmax_handshakes = 6\nmax_handshakes_per_address = 2\n\
                  close_timeout = \"1h\"";
    let broker = Broker::with(&format!("trusted_proxies = [\"127.0.0.1\"]\n[limits]\n{limits}")).await;
    let of = |host: u8| format!("X-Forwarded-For: 203.0.113.{host}\r\n");
    let mut crowd = Vec::new();
    for _ in 0..12 {
        let mut raw = Raw::connect(broker.client()).await;
        raw.status(b"", &of(7)).await;
        crowd.push(raw);
    }
    // One is in, two were told so and are waited for, and the rest had no share.
    broker.metric_reaches(REFUSED, &[("reason", "too_many_from_address")], 2).await;
    broker.metric_reaches(REFUSED, &SHARE, 9).await;
    for host in 8..12 {
        assert_eq!(Raw::connect(broker.client()).await.status(b"", &of(host)).await, 101);
    }
}

/// The status of a request from the other address.
async fn status_from_other(broker: &Broker, path: &str) -> u16 {
    let url = format!("http://{}{path}", broker.internal());
    curl(&["--interface", "127.0.0.2", &url]).await.status
}

#[tokio::test]
async fn requests_of_one_address_that_never_end_leave_places_to_the_others() {
    let broker = Broker::with_limits("max_http_requests = 4\nmax_http_requests_per_caller = 3").await;
    let mut endless = Vec::new();
    for n in 0..3 {
        let mut lines = LineStream::open(broker.internal(), "").await;
        lines.send(&format!("{{\"topic\":\"a\",\"data\":{n}}}\n")).await;
        lines.result().await;
        endless.push(lines);
    }
    for _ in 0..5 {
        let refused = http::get(broker.internal(), "/v1/history?pattern=a").await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, Some("1")));
        assert_eq!(refused.json()["code"], "limit_exceeded");
    }
    assert_eq!(status_from_other(&broker, "/v1/history?pattern=a").await, 200);
    broker.metric_reaches("fanfare_errors_total", &[("code", "limit_exceeded")], 5).await;
    let log = broker.logs("max_http_requests_per_caller").await;
    assert_eq!(log.matches("max_http_requests_per_caller").count(), 1, "{log}");
    endless.pop().unwrap().end().await;
    eventually("her place to be free again", async || {
        (http::get(broker.internal(), "/v1/history?pattern=a").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn behind_a_proxy_requests_are_counted_for_whom_it_speaks() {
    let limits = "max_http_requests = 4\nmax_http_requests_per_caller = 1";
    let broker = Broker::with(&format!("trusted_proxies = [\"127.0.0.1\"]\n[limits]\n{limits}")).await;
    let mut lines = LineStream::open(broker.internal(), "X-Forwarded-For: 203.0.113.7\r\n").await;
    lines.send("{\"topic\":\"a\",\"data\":1}\n").await;
    lines.result().await;
    let url = format!("http://{}/v1/streams", broker.internal());
    let from = async |host| curl(&["-H", &format!("X-Forwarded-For: {host}"), &url]).await.status;
    assert_eq!((from("203.0.113.7").await, from("203.0.113.8").await), (429, 200));
}

#[tokio::test]
async fn connections_of_one_address_to_the_internal_port_leave_room_for_the_others() {
    let limits = "max_http_connections = 8\nmax_http_connections_per_address = 5";
    let broker = Broker::with_limits(limits).await;
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(Raw::connect(broker.internal()).await);
    }
    for _ in 0..10 {
        let mut raw = Raw::connect(broker.internal()).await;
        let answer = String::from_utf8(raw.rest().await).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 429 ") && answer.contains("max_http_connections_per"),
            "{answer}"
        );
    }
    let answer = within("readiness", status_from_other(&broker, "/readyz")).await;
    assert_eq!(answer, 200);
    drop(idle);
    eventually("room again", async || {
        let mut raw = Raw::connect(broker.internal()).await;
        let _ = raw.try_write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
        raw.rest().await.starts_with(b"HTTP/1.1 200 ").then_some(())
    })
    .await;
    let refused = broker.metrics().await.count("fanfare_http_connections_refused_total", &[]);
    assert!(refused >= 10, "{refused}");
}
