//! The handshake: who gets in, in which encoding, and what the others are told.

use fanfare_tests::{Broker, Raw, Setup, handshake, http, masked};

/// The answer to a handshake with these further header lines, and the connection.
async fn shake(broker: &Broker, headers: &str) -> (http::Answer, Raw) {
    let mut raw = Raw::connect(broker.client()).await;
    raw.write(handshake(headers).as_bytes()).await;
    (raw.head().await, raw)
}

#[tokio::test]
async fn without_a_subprotocol_the_session_speaks_json() {
    let broker = Broker::start().await;
    let (answer, mut raw) = shake(&broker, "").await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    // The example of RFC 6455 has the same key.
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    raw.write(&masked(0x81, br#"{"op":"hello"}"#)).await;
    assert_eq!(raw.frame().await.unwrap().opcode, 1);
}

#[tokio::test]
async fn the_first_subprotocol_that_is_known_is_chosen() {
    let cases = [
        ("fanfare.v1.json", "fanfare.v1.json"),
        ("fanfare.v1.msgpack", "fanfare.v1.msgpack"),
        ("mqtt, fanfare.v1.msgpack, fanfare.v1.json", "fanfare.v1.msgpack"),
        ("fanfare.v9.json,fanfare.v1.json", "fanfare.v1.json"),
    ];
    let broker = Broker::start().await;
    for (offered, chosen) in cases {
        let (answer, _) = shake(&broker, &format!("Sec-WebSocket-Protocol: {offered}\r\n")).await;
        assert_eq!(
            (answer.status, answer.header("sec-websocket-protocol")),
            (101, Some(chosen)),
            "{offered}"
        );
    }
}

#[tokio::test]
async fn subprotocols_that_are_all_unknown_are_refused() {
    let broker = Broker::start().await;
    let (answer, _) = shake(&broker, "Sec-WebSocket-Protocol: mqtt\r\n").await;
    assert_eq!(answer.status, 400);
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "subprotocol")], 1).await;
}

#[tokio::test]
async fn compression_is_never_negotiated() {
    let broker = Broker::start().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (answer, _) = shake(&broker, offer).await;
    assert_eq!((answer.status, answer.header("sec-websocket-extensions")), (101, None));
}

#[tokio::test]
async fn other_requests_are_told_what_to_do() {
    let broker = Broker::start().await;
    let cases = [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "/ws"),
        ("GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "/ws"),
        ("GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", 426, "WebSocket"),
        ("POST /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "WebSocket"),
        ("GET /ws HTTP/1.0\r\nHost: localhost\r\n\r\n", 505, "HTTP/1.1"),
        ("GET /ws HTTP/1.1\r\n\r\n", 400, "Host"),
    ];
    for (request, status, hint) in cases {
        let answer = http::request(broker.client(), request).await;
        assert_eq!(answer.status, status, "{request}");
        assert!(answer.body.contains(hint), "{answer:?}");
        assert_eq!(answer.header("connection"), Some("close"));
    }
}

#[tokio::test]
async fn another_websocket_version_is_told_the_right_one() {
    let broker = Broker::start().await;
    let request = handshake("").replace("Version: 13", "Version: 8");
    let answer = http::request(broker.client(), &request).await;
    assert_eq!((answer.status, answer.header("sec-websocket-version")), (426, Some("13")));
}

#[tokio::test]
async fn on_loopback_pages_from_elsewhere_are_kept_out() {
    let broker = Broker::start().await;
    for origin in ["https://example.com", "null", "http://localhost.example.com"] {
        let (answer, _) = shake(&broker, &format!("Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, 403, "{origin}");
    }
    for origin in ["http://localhost:7441", "http://127.0.0.1", "https://[::1]:3000"] {
        let (answer, _) = shake(&broker, &format!("Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, 101, "{origin}");
    }
}

#[tokio::test]
async fn on_loopback_a_name_made_to_point_here_is_kept_out() {
    let broker = Broker::start().await;
    let request = handshake("").replace("Host: localhost", "Host: rebound.example.com");
    assert_eq!(http::request(broker.client(), &request).await.status, 403);
    let internal = "GET /metrics HTTP/1.1\r\nHost: rebound.example.com\r\nConnection: close\r\n\r\n";
    assert_eq!(http::request(broker.internal(), internal).await.status, 403);
}

#[tokio::test]
async fn beyond_loopback_any_page_and_name_gets_in_where_anonymous_is_allowed() {
    let broker = Setup::default().config("allow_anonymous = true").listen("0.0.0.0:0").start().await;
    let here = ([127, 0, 0, 1], broker.client().port()).into();
    let mut raw = Raw::connect(here).await;
    let request =
        handshake("Origin: https://example.com\r\n").replace("Host: localhost", "Host: push.example.com");
    raw.write(request.as_bytes()).await;
    assert_eq!(raw.head().await.status, 101);
}

#[tokio::test]
async fn a_head_over_the_limit_is_answered_with_431() {
    let broker = Broker::start().await;
    let long = format!("X-Long: {}\r\n", "x".repeat(9_000));
    let answer = http::request(broker.client(), &handshake(&long)).await;
    assert_eq!(answer.status, 431);
    let many = "X-Many: x\r\n".repeat(500);
    assert_eq!(http::request(broker.client(), &handshake(&many)).await.status, 431);
    broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "head_too_large")], 2).await;
}

#[tokio::test]
async fn a_head_without_an_end_is_answered_with_431() {
    let broker = Broker::start().await;
    let mut raw = Raw::connect(broker.client()).await;
    raw.write(b"GET /ws HTTP/1.1\r\nX: ").await;
    for _ in 0..200 {
        if raw.try_write(&[b'x'; 100]).await.is_err() {
            break;
        }
    }
    assert_eq!(raw.head().await.status, 431);
}

#[tokio::test]
async fn pages_and_names_that_are_listed_get_in_on_loopback_too() {
    let config = "allowed_origins = [\"https://app.example.com\"]\nallowed_hosts = [\"push.example.com\"]";
    let broker = Broker::with(config).await;
    let cases = [
        ("https://app.example.com", 101),
        ("http://localhost:3000", 101),
        ("http://app.example.com", 403),
        ("https://app.example.com.evil.example", 403),
        ("https://app.example.com:8443", 403),
    ];
    for (origin, status) in cases {
        let (answer, _) = shake(&broker, &format!("Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    for (host, status) in [("push.example.com:443", 101), ("localhost", 101), ("rebound.example.com", 403)] {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(handshake("").replace("Host: localhost", &format!("Host: {host}")).as_bytes()).await;
        assert_eq!(raw.head().await.status, status, "{host}");
    }
}

#[tokio::test]
async fn beyond_loopback_only_pages_and_names_that_are_listed_get_in_once_some_are() {
    let config = "allow_anonymous = true\nallowed_origins = [\"https://app.example.com\"]\n\
                  allowed_hosts = [\"push.example.com\"]";
    let broker = Setup::default().config(config).listen("0.0.0.0:0").start().await;
    let here = ([127, 0, 0, 1], broker.client().port()).into();
    let cases = [
        ("https://app.example.com", "push.example.com", 101),
        ("https://app.example.com", "localhost", 403),
        ("http://localhost", "push.example.com", 403),
        ("https://evil.example", "push.example.com", 403),
    ];
    for (origin, host, status) in cases {
        let mut raw = Raw::connect(here).await;
        let request = handshake(&format!("Origin: {origin}\r\n"));
        raw.write(request.replace("Host: localhost", &format!("Host: {host}")).as_bytes()).await;
        assert_eq!(raw.head().await.status, status, "{origin} {host}");
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_changes_nothing_on_the_internal_port() {
    let broker = Broker::with("allowed_origins = [\"https://app.example.com\"]").await;
    let post = async |headers: &str| {
        let request = format!(
            "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\
             Connection: close\r\n{headers}\r\n"
        );
        http::request(broker.internal(), &request).await.status
    };
    let foreign = ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"];
    for headers in foreign {
        assert_eq!(post(headers).await, 403, "{headers}");
    }
    for headers in ["", "Origin: https://app.example.com\r\n", "Sec-Fetch-Site: same-origin\r\n"] {
        assert_ne!(post(headers).await, 403, "{headers}");
    }
}
