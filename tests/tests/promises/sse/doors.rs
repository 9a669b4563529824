//! Whom the door lets to an event stream, and how it says no to a browser that can't read a status.

use fanfare_tests::files::Directory;
use fanfare_tests::http::request;
use fanfare_tests::tls::{Authority, config};
use fanfare_tests::{Broker, EventStream, Setup, assert_shape, within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_request_that_asks_for_nothing_is_told_what_to_ask() {
    let broker = Broker::start().await;
    for (query, told) in
        [("", "`pattern` is missing"), ("pattern=a&from=", "`from` must be"), ("patern=a", "not known here")]
    {
        let answer = EventStream::with(broker.client(), query, "").await.unwrap_err();
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(told), "{query}: {answer:?}");
    }
    let answer = EventStream::with(broker.client(), "pattern=a", "Last-Event-ID: 12\r\n").await.unwrap_err();
    assert!(answer.status == 400 && answer.body.contains("Send the id of an event as it came"), "{answer:?}");
    let post = format!("POST /sse?pattern=a HTTP/1.1\r\nHost: {}\r\n\r\n", broker.client());
    assert_eq!(request(broker.client(), &post).await.status, 405);
}

#[tokio::test]
async fn a_page_from_elsewhere_is_kept_out_of_a_broker_on_loopback() {
    let broker = Broker::start().await;
    for header in ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Host: evil.example\r\n"] {
        let answer = EventStream::with(broker.client(), "pattern=a", header).await.unwrap_err();
        assert_eq!(answer.status, 403, "{header}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{header}");
    }
}

#[tokio::test]
async fn a_page_that_may_come_may_read_the_answer_and_why_it_is_refused() {
    let broker = Broker::with("allowed_origins = [\"https://app.example.com\"]").await;
    let origin = "Origin: https://app.example.com\r\n";
    let stream = EventStream::with(broker.client(), "pattern=a", origin).await.unwrap();
    let refused = EventStream::with(broker.client(), "pattern=", origin).await.unwrap_err();
    for answer in [&stream.head, &refused] {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("https://app.example.com"),
            "{answer:?}"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{answer:?}");
    }
    let asks = format!(
        "OPTIONS /sse?pattern=a HTTP/1.1\r\nHost: {}\r\n{origin}Access-Control-Request-Method: GET\r\n\
         Access-Control-Request-Headers: authorization\r\n\r\n",
        broker.client()
    );
    let answer = request(broker.client(), &asks).await;
    assert_eq!(answer.status, 204);
    assert!(
        answer
            .header("access-control-allow-headers")
            .is_some_and(|headers| headers.contains("Authorization"))
    );
}

#[tokio::test]
async fn who_finds_no_room_is_told_when_to_come_again_in_a_way_that_browsers_know() {
    // Behind a proxy, so that whom a connection counts for is known when its request is.
    for limit in ["max_connections = 1", "max_connections_per_address = 1"] {
        let broker = Broker::with(&format!("trusted_proxies = [\"127.0.0.1\"]\n[limits]\n{limit}")).await;
        let open = || EventStream::with(broker.client(), "pattern=a", "X-Forwarded-For: 203.0.113.7\r\n");
        let mut first = open().await.unwrap();
        first.begin().await;
        let mut second = open().await.unwrap();
        let close = second.expect("close").await;
        assert_shape(&close.data, &json!({"code": 4100}));
        assert!((10_000..20_000).contains(&second.retry_ms.unwrap()), "{limit}: {:?}", second.retry_ms);
        assert_eq!(second.next().await, None, "{limit}");
    }
}

#[tokio::test]
async fn events_come_over_tls() {
    let (authority, files) = (Authority::new(), Directory::new());
    authority.sign().write(&files);
    let broker = Setup::default().config(&config("tls", &files)).start().await;
    let mut stream = authority.connect(broker.client(), b"").await.unwrap();
    let mut answer = Vec::new();
    within("the first events", async {
        stream.write_all(b"GET /sse?pattern=a HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        while !String::from_utf8_lossy(&answer).contains("event: subscribed\n") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
        }
    })
    .await;
}

#[tokio::test]
async fn a_pattern_whose_place_would_not_fit_a_request_is_refused() {
    let name = "x".repeat(60);
    let stream = |n| format!("[[stream]]\nname = \"{name}{n:02}\"\npatterns = [\"s{n}.>\"]\n");
    let streams = (0..60).map(stream).collect::<Vec<_>>().concat();
    let broker = Broker::with(&streams).await;
    let answer = EventStream::with(broker.client(), "pattern=%3E", "").await.unwrap_err();
    assert!(answer.status == 400 && answer.body.contains("narrower pattern"), "{answer:?}");
    EventStream::open(&broker, "pattern=s1.%3E").await.begin().await;
}
