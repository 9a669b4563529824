//! Requests to the internal port: head and body as they travel, answered by the routes without a socket.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use fanfare_protocol::{Pattern, StreamName};
use futures_util::stream;
use http_body_util::BodyExt as _;
use httparse::{EMPTY_HEADER, Status};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::Outcome;
use crate::auth::Caller;
use crate::clock::Now;
use crate::engine::{KeyLimits, MemoryEngine, StreamConfig};
use crate::hub::{Hub, Mail, Shard};
use crate::limits::{Limits, LiveLimits};
use crate::metrics::Metrics;
use crate::net::http::{answer, routes};

/// Most headers of a request.
const HEADERS_MAX: usize = 32;
/// Bounds of a body, in bytes and messages: inputs are short, and are to get over them.
const FRAME_MAX_BYTES: usize = 600;
const PAYLOAD_MAX_BYTES: usize = 300;
const BATCH_MAX_BYTES: usize = 1_500;
const BATCH_MAX_ITEMS: usize = 6;
/// In how many parts a body comes.
const PARTS: usize = 3;
/// What a problem is told as.
const PROBLEM: &str = "application/problem+json";
const NDJSON: &str = "application/x-ndjson";

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("there is a runtime"));

pub(super) fn run(input: &[u8]) -> Outcome {
    let Some((request, lines)) = request(input) else { return Outcome::Refused };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let hub = hub();
    let answer = RUNTIME.block_on(asked(&hub, request));
    let (status, headers, body) = (answer.status(), answer.headers(), answer.body());
    assert!(status.as_u16() < 500, "{method} {path} is answered {status}: {}", body.escape_ascii());
    for name in [header::CACHE_CONTROL, header::X_CONTENT_TYPE_OPTIONS, header::REFERRER_POLICY] {
        assert!(headers.contains_key(&name), "{method} {path} is answered without {name}");
    }
    assert!(
        !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        "{method} {path}: other pages may read"
    );
    if status.is_client_error() && path.starts_with("/v1/") && method != Method::HEAD {
        is_problem(status, headers, body);
    }
    let results = results(headers, body);
    if is(headers, NDJSON) {
        assert_eq!(results.len(), lines, "results of lines: {}", body.escape_ascii());
    }
    let published = results.iter().filter(|result| result["duplicate"] == false).count();
    assert_eq!(head(&hub), published as u64, "in the stream, and told: {}", body.escape_ascii());
    if status.is_success() { Outcome::Taken } else { Outcome::Refused }
}

fn limits() -> Limits {
    Limits {
        max_frame_bytes: FRAME_MAX_BYTES,
        max_payload_bytes: PAYLOAD_MAX_BYTES,
        max_batch_bytes: BATCH_MAX_BYTES,
        max_batch_items: BATCH_MAX_ITEMS,
        ..Limits::default()
    }
}

/// The request, and the lines of its body that have a result: blank ones have none, unless they are too long.
fn request(input: &[u8]) -> Option<(Request<Body>, usize)> {
    let mut space = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut space);
    let Ok(Status::Complete(length)) = head.parse(input) else { return None };
    let mut request = Request::builder().method(head.method?).uri(head.path?);
    for header in head.headers {
        request = request.header(header.name, header.value);
    }
    let body = &input[length..];
    let has_result = |line: &&[u8]| line.len() > FRAME_MAX_BYTES || !line.trim_ascii().is_empty();
    let lines = body.split(|byte| *byte == b'\n').filter(has_result).count();
    let parts = body.chunks(body.len().div_ceil(PARTS).max(1)).map(Bytes::copy_from_slice);
    let parts: Vec<Result<Bytes, Infallible>> = parts.map(Ok).collect();
    Some((request.body(Body::from_stream(stream::iter(parts))).ok()?, lines))
}

/// Asks while a shard does its rounds, as some answers need it.
async fn asked(hub: &Arc<Hub>, request: Request<Body>) -> Response<Bytes> {
    let limits = Arc::new(LiveLimits::new(&limits()));
    let answering = async {
        let (head, body) = answer(Arc::clone(hub), limits, request).await.into_parts();
        let body = body.collect().await.expect("an answer is whole");
        Response::from_parts(head, body.to_bytes())
    };
    let rounds = async {
        let (mut shard, mut mail) = (Shard::new(Arc::clone(hub), 0), Mail::default());
        loop {
            hub.mailbox(0).take(&mut mail);
            while shard.fan_out(&mut mail) {}
            mail.done();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = answering => answer,
        () = rounds => unreachable!("rounds never end"),
    }
}

fn hub() -> Arc<Hub> {
    let limits = limits();
    let stream = StreamConfig {
        name: StreamName::new("recent").expect("a name"),
        patterns: vec![Pattern::new(">").expect("a pattern")],
        max_age: std::time::Duration::from_mins(2),
        max_bytes: 1 << 20,
        max_messages_per_topic: None,
        publisher: false,
    };
    let engine = MemoryEngine::new(&[stream], KeyLimits::from(&limits), Vec::new(), Now::default());
    let metrics = Arc::new(Metrics::new(1, &[]).with_routes(routes()));
    let live = Arc::new(LiveLimits::new(&limits));
    Arc::new(Hub::new(engine.expect("random numbers"), 1, live, metrics).expect("a hub"))
}

/// How many messages the stream ever took.
fn head(hub: &Hub) -> u64 {
    let asked = Caller::unlimited().administer(None).expect("there is no authentication");
    hub.streams(asked).iter().map(|stream| stream.fill.head).sum()
}

fn is(headers: &HeaderMap, content_type: &str) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == content_type)
}

fn is_problem(status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    assert!(is(headers, PROBLEM), "{status} is no problem document: {}", body.escape_ascii());
    let document: Value = serde_json::from_slice(body).expect("a problem document is JSON");
    let told = document["detail"].as_str().is_some_and(|detail| !detail.is_empty());
    assert!(told && document["status"] == status.as_u16(), "{status}: {document}");
}

/// What was told of publishes.
fn results(headers: &HeaderMap, body: &[u8]) -> Vec<Value> {
    if is(headers, NDJSON) {
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        return lines.map(|line| serde_json::from_slice(line).expect("a result is JSON")).collect();
    }
    if !is(headers, "application/json") {
        return Vec::new();
    }
    // A HEAD is answered with the head alone.
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    match answer.get_mut("results").map(Value::take) {
        Some(Value::Array(results)) => results,
        _ => vec![answer],
    }
}
