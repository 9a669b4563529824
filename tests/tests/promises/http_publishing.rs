//! Publishing over HTTP: one by one, many at once, and line by line, with what is wrong told as problem documents.

use fanfare_tests::http::{Answer, LineStream, curl};
use fanfare_tests::{Broker, Client, assert_shape, http, within};
use serde_json::json;
use tokio::process::Command;

fn messages(broker: &Broker, topic: &str) -> String {
    format!("http://{}/v1/topics/{topic}/messages", broker.internal())
}

fn batch(broker: &Broker) -> String {
    format!("http://{}/v1/messages", broker.internal())
}

async fn post_list(broker: &Broker, list: &str) -> Answer {
    curl(&[&batch(broker), "-H", "Content-Type: application/json", "--data-binary", list]).await
}

/// How many messages the default stream ever took.
async fn head(broker: &Broker) -> u64 {
    broker.metrics().await.count("fanfare_stream_last_sequence", &[])
}

#[tokio::test]
async fn what_curl_publishes_is_heard_with_its_kind() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "orders.*").await;
    let url = messages(&broker, "orders.eu");
    for (content_type, body, payload) in [
        ("application/json", "{ \"n\" : 1.0 }", json!({"data": {"n": 1.0}})),
        ("text/plain; charset=utf-8", "zażółć", json!({"text": "zażółć"})),
        ("image/png", "ab", json!({"data_b64": "YWI="})),
    ] {
        let header = format!("Content-Type: {content_type}");
        let published = curl(&[&url, "-H", &header, "--data-binary", body]).await.json();
        let message = client.expect(json!({"op": "message", "topic": "orders.eu"})).await;
        assert_shape(&message, &payload);
        assert_eq!((&published["seq"], &published["stream"]), (&message["seq"], &message["stream"]));
        assert_eq!(published["duplicate"], false);
    }
}

#[tokio::test]
async fn json_is_passed_on_verbatim() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, ">").await;
    let body = "{ \"n\" : 1.0, \"big\": 12345678901234567890 }";
    curl(&[&messages(&broker, "a"), "-H", "Content-Type: application/json", "-d", body]).await;
    assert!(client.next_text().await.contains(body));
}

#[tokio::test]
async fn headers_of_the_message_arrive_in_lower_case() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, ">").await;
    curl(&[&messages(&broker, "a"), "-H", "Fanfare-Header-Trace: T-7", "-d", "x"]).await;
    client.expect(json!({"op": "message", "headers": {"trace": "T-7"}})).await;
}

#[tokio::test]
async fn a_repeat_with_the_same_key_is_told_and_not_published_again() {
    let broker = Broker::start().await;
    let url = messages(&broker, "a");
    let publish = async || curl(&[&url, "-H", "Idempotency-Key: order-7", "-d", "x"]).await.json();
    let (first, again) = (publish().await, publish().await);
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(first["seq"], again["seq"]);
    assert_eq!(head(&broker).await, 1);
}

#[tokio::test]
async fn an_expectation_that_does_not_hold_is_a_conflict_with_the_actual_sequence() {
    let broker = Broker::start().await;
    let url = messages(&broker, "a");
    assert_eq!(curl(&[&url, "-H", "X-Fanfare-Expect: 0", "-d", "x"]).await.status, 200);
    let conflict = curl(&[&url, "-H", "X-Fanfare-Expect: 0", "-d", "x"]).await;
    assert_eq!(conflict.status, 409);
    assert_shape(&conflict.json(), &json!({"code": "conflict", "status": 409, "seq": 1}));
}

#[tokio::test]
async fn pythons_own_client_publishes_over_one_connection() {
    const SCRIPT: &str = r#"
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1], timeout=20)
for n in range(100):
    connection.request("POST", "/v1/topics/a/messages", json.dumps({"n": n}), {"Content-Type": "application/json"})
    answer = json.load(connection.getresponse())
    assert answer["seq"] == n + 1, answer
"#;
    let broker = Broker::start().await;
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT, &broker.internal().to_string()]).kill_on_drop(true);
    assert!(within("Python to end", python.status()).await.unwrap().success());
    assert_eq!(head(&broker).await, 100);
}

#[tokio::test]
async fn one_bad_message_of_a_list_fails_alone() {
    let broker = Broker::start().await;
    let list =
        r#"[{"topic":"a","text":"1"},{"topic":"a..b","text":"2"},3,{"topic":"a","data":4,"expect":1}]"#;
    let answer = post_list(&broker, list).await.json();
    let failed = |code: &str| json!({"error": {"code": code, "status": 400}});
    let wanted = [json!({"seq": 1}), failed("invalid_topic"), failed("invalid_frame"), json!({"seq": 2})];
    assert_eq!(answer["failed"], 2);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), wanted.len());
    results.iter().zip(&wanted).for_each(|(result, wanted)| assert_shape(result, wanted));
}

#[tokio::test]
async fn of_a_list_that_cant_be_read_nothing_is_published() {
    let broker = Broker::with_limits("max_batch_items = 2\nmax_batch_bytes = \"1KiB\"").await;
    let message = r#"{"topic":"a","text":"x"}"#;
    let too_many = format!("[{message},{message},{message}]");
    let too_large = format!("[{{\"topic\":\"a\",\"text\":\"{}\"}}]", "x".repeat(2_000));
    let cut = format!("[{message},");
    for (list, status) in [(&too_many, 413), (&too_large, 413), (&cut, 400), (&message.to_owned(), 400)] {
        assert_eq!(post_list(&broker, list).await.status, status, "{list}");
    }
    assert_eq!(head(&broker).await, 0);
}

#[tokio::test]
async fn lines_are_published_and_answered_as_they_come() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, ">").await;
    let mut lines = LineStream::open(broker.internal(), "").await;
    for n in 1..=3 {
        lines.send(&format!("{{\"topic\":\"a\",\"data\":{n}}}\n")).await;
        assert_eq!(lines.result().await["seq"], n);
        client.expect(json!({"op": "message", "data": n})).await;
    }
    lines.send("nonsense\n{\"topic\":\"a\",\"data\":4}").await;
    assert_shape(&lines.result().await, &json!({"error": {"code": "invalid_frame"}}));
    lines.end().await;
}

#[tokio::test]
async fn a_line_that_is_cut_by_a_lost_connection_is_not_published() {
    let broker = Broker::start().await;
    let mut lines = LineStream::open(broker.internal(), "").await;
    lines.send("{\"topic\":\"a\",\"data\":1}\n{\"topic\":\"a\",\"data\":2}").await;
    assert_eq!(lines.result().await["seq"], 1);
    drop(lines);
    broker.metric_reaches("fanfare_errors_total", &[("code", "invalid_frame")], 1).await;
    assert_eq!(head(&broker).await, 1);
}

#[tokio::test]
async fn a_line_that_is_too_long_costs_itself_alone() {
    let broker = Broker::start().await;
    let long = format!("{{\"topic\":\"a\",\"text\":\"{}\"}}", "x".repeat(300 << 10));
    let body = format!("{long}\n{{\"topic\":\"a\",\"text\":\"y\"}}\n");
    let mut lines = LineStream::open(broker.internal(), "").await;
    lines.send(&body).await;
    assert_shape(&lines.result().await, &json!({"error": {"code": "too_large"}}));
    assert_eq!(lines.result().await["seq"], 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_as_a_problem_document() {
    let broker = Broker::start().await;
    let url = |path: &str| format!("http://{}{path}", broker.internal());
    let (one, many) = (url("/v1/topics/a/messages"), url("/v1/messages"));
    let large = "x".repeat(70_000);
    for (arguments, status, kind) in [
        (vec![&*url("/v1/nothing")], 404, "not-found"),
        (vec![&*many, "-X", "PUT"], 405, "method-not-allowed"),
        (vec![&*many, "-H", "Content-Type: text/csv", "-d", "a"], 415, "unsupported-media-type"),
        (vec![&*one, "-H", "Content-Encoding: gzip", "-d", "a"], 415, "unsupported-media-type"),
        (
            vec![&*one, "-H", "Content-Type: text/plain; charset=latin1", "-d", "a"],
            415,
            "unsupported-media-type",
        ),
        (vec![&*one, "-H", "Content-Type: application/json", "-d", "{"], 400, "invalid-payload"),
        (vec![&*one, "-H", "Content-Type:", "-d", &*large], 413, "too-large"),
        (vec![&*one, "-H", "Transfer-Encoding: chunked", "-d", &*large], 413, "too-large"),
        (vec![&*url("/v1/topics/a..b/messages"), "-d", "x"], 400, "invalid-topic"),
        (vec![&*url("/v1/topics/$sys/messages"), "-d", "x"], 403, "forbidden"),
        (vec![&*one, "-H", "X-Fanfare-Expect: x", "-d", "x"], 400, "invalid-request"),
        (vec![&*url("/v1/history?limt=5")], 400, "invalid-request"),
    ] {
        let answer = curl(&arguments).await;
        assert_eq!(answer.status, status, "{arguments:?}: {answer:?}");
        assert_eq!(answer.header("Content-Type"), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:fanfare:problem:{kind}"));
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].is_string() && problem["code"].is_string(), "{problem}");
    }
    let put = curl(&[&many, "-X", "PUT"]).await;
    assert_eq!(put.header("Allow"), Some("POST"));
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_answered_408() {
    let broker = Broker::with_limits("http_body_timeout = \"200ms\"").await;
    let address = broker.internal();
    let head =
        format!("POST /v1/topics/a/messages HTTP/1.1\r\nHost: {address}\r\nContent-Length: 5\r\n\r\nx");
    assert_eq!(http::request(address, &head).await.status, 408);
    assert_eq!(self::head(&broker).await, 0);
}

#[tokio::test]
async fn beyond_max_http_requests_a_request_is_told_when_to_come_back() {
    let broker = Broker::with_limits("max_http_requests = 1").await;
    let mut lines = LineStream::open(broker.internal(), "").await;
    lines.send("{\"topic\":\"a\",\"data\":1}\n").await;
    lines.result().await;
    let refused = curl(&[&messages(&broker, "a"), "-d", "x"]).await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")));
    assert_eq!(refused.json()["code"], "unavailable");
    drop(lines);
    fanfare_tests::eventually("the place to be free", async || {
        (curl(&[&messages(&broker, "a"), "-d", "x"]).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_web_page_of_elsewhere_publishes_nothing() {
    let broker = Broker::start().await;
    let origin = "Origin: https://evil.example";
    let answer =
        curl(&[&messages(&broker, "a"), "-H", origin, "-H", "Content-Type: text/plain", "-d", "x"]).await;
    assert_eq!(answer.status, 403);
    assert_eq!(head(&broker).await, 0);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_class() {
    let broker = Broker::start().await;
    curl(&[&messages(&broker, "a"), "-d", "x"]).await;
    curl(&[&messages(&broker, "a..b"), "-d", "x"]).await;
    let metrics = broker.metrics().await;
    let count = |status| {
        let labels = [("route", "/v1/topics/{topic}/messages"), ("status", status)];
        metrics.count("fanfare_http_requests_total", &labels)
    };
    assert_eq!((count("2xx"), count("4xx")), (1, 1));
    assert_eq!(metrics.count("fanfare_messages_received_total", &[]), 1);
    assert_eq!(metrics.count("fanfare_errors_total", &[("code", "invalid_topic")]), 1);
}
