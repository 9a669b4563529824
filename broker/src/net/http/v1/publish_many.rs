//! Publishing many messages by one request: an array that is read whole, or lines that are worked off as they come.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::admission::Admitted;
use super::api::Api;
use super::body::{self, Bound};
use super::content::{ContentType, unsupported};
use super::lines::{Line, Lines};
use super::options::trace_of;
use super::problem::{Kind, Place, Problem};
use super::publish::Outcome;
use crate::clock;
use crate::net::http::caller::Publisher;

/// The media type of lines, as the answer says it.
const NDJSON: &str = "application/x-ndjson";
/// Messages or lines that are worked off before other tasks have a turn.
const PUBLISHES_BETWEEN_YIELDS: usize = 64;
/// Results that wait for the client to read them, in bytes.
const RESULTS_WAITING_BYTES_MAX: usize = 1 << 20;
/// The same, in parts of the answer.
const RESULTS_WAITING_MAX: usize = 256;

/// What came of the messages of an array.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Results {
    /// How many of them were not published.
    failed: usize,
    /// What came of each, in their order.
    results: Vec<Outcome>,
}

/// Publish many messages.
///
/// The body is an array of messages, or one message a line (NDJSON). Each is published or fails by itself, and the
/// results come in the order of the messages. An array is read whole first; if it can't be read, nothing of it is
/// published. Lines are published as they come, for as long as they come, and so do their results, one a line: read
/// them while you send.
#[utoipa::path(
    post,
    path = "/v1/messages",
    operation_id = "publishMany",
    tag = "publishing",
    request_body(content(
        (super::schemas::MessagesToPublish = "application/json"),
        (super::schemas::Lines = "application/x-ndjson", example = "{\"topic\":\"orders.eu\",\"data\":{\"item\":\"tea\"}}\n\
         {\"topic\":\"orders.us\",\"text\":\"coffee\"}\n"),
    )),
    responses(
        (status = 200, description = "What came of each message.", content(
            (Results = "application/json"),
            (super::schemas::Lines = "application/x-ndjson", example = "{\"stream\":\"recent\",\"epoch\":\"9f2c41d07c5be3a8\",\
             \"seq\":42,\"duplicate\":false}\n"),
        )),
        super::openapi::BodyProblems,
    ),
)]
pub(super) async fn publish_many(
    State(api): State<Api>,
    publisher: Publisher,
    Extension(admitted): Extension<Admitted>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let content_type = ContentType::of(&headers)?;
    body::check_plain(&headers)?;
    let trace = trace_of(&headers, api.hub.tracer().is_some());
    match content_type.essence.as_str() {
        "application/json" => array(&api, &publisher, trace, body).await.map(IntoResponse::into_response),
        NDJSON | "application/ndjson" | "application/jsonl" => {
            let trace = trace.map(str::to_owned);
            Ok(lines(api, publisher, trace, admitted, body))
        }
        _ => Err(unsupported(format!("send an array as application/json, or lines as {NDJSON}"))),
    }
}

async fn array(
    api: &Api,
    publisher: &Publisher,
    trace: Option<&str>,
    body: Body,
) -> Result<Json<Results>, Problem> {
    let limits = &api.limits;
    let bound = Bound {
        bytes: limits.max_batch_bytes(),
        name: "max_batch_bytes",
        timeout: limits.http_body_timeout(),
    };
    let bytes = body::read(body, bound).await?;
    let items = Items { max: limits.max_batch_items() };
    let mut reader = serde_json::Deserializer::from_slice(&bytes);
    let unreadable = |error: serde_json::Error| {
        Problem::part(
            Kind::InvalidRequest,
            Place::Body,
            "",
            format!("the body is no array of messages: {error}"),
        )
    };
    let items = items.deserialize(&mut reader).map_err(unreadable)?;
    reader.end().map_err(unreadable)?;
    let Some(items) = items else {
        let detail = format!(
            "a list may have {} messages at most (max_batch_items); send several, or lines as {NDJSON}",
            limits.max_batch_items()
        );
        return Err(Problem::part(Kind::TooLarge, Place::Body, "", detail));
    };
    let mut results = Vec::with_capacity(items.len());
    for part in items.chunks(PUBLISHES_BETWEEN_YIELDS) {
        results.extend(part.iter().map(|item| Outcome::of(api, publisher, trace, item.get().as_bytes())));
        tokio::task::yield_now().await;
    }
    Ok(Json(Results { failed: results.iter().filter(|result| result.is_failed()).count(), results }))
}

/// Reads an array up to so many elements; none if there are more.
struct Items {
    max: usize,
}

impl<'de> DeserializeSeed<'de> for Items {
    type Value = Option<Vec<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = elements.next_element::<&'de RawValue>()? {
            if items.len() < self.max {
                items.push(item);
            } else {
                while elements.next_element::<&'de RawValue>()?.is_some() {}
                return Ok(None);
            }
        }
        Ok(Some(items))
    }
}

/// Answers with results as the lines come.
fn lines(api: Api, publisher: Publisher, trace: Option<String>, admitted: Admitted, body: Body) -> Response {
    let (results, answer) = mpsc::channel(RESULTS_WAITING_MAX);
    tokio::spawn(async move {
        let patience = api.limits.http_body_timeout();
        let room = Arc::new(Semaphore::new(RESULTS_WAITING_BYTES_MAX));
        let stream = LineStream { api, publisher, trace, results, room };
        // Whoever does not read the results any more is not published for any more.
        let _ = stream.run(body, patience).await;
        drop(admitted);
    });
    let answer = stream::unfold(answer, async |mut answer| {
        let (part, _room): Part = answer.recv().await?;
        Some((Ok::<_, Infallible>(part), answer))
    });
    ([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(answer)).into_response()
}

/// Messages that come as lines.
struct LineStream {
    api: Api,
    publisher: Publisher,
    /// The request's, for messages that have none of their own.
    trace: Option<String>,
    results: mpsc::Sender<Part>,
    room: Arc<Semaphore>,
}

/// A part of the answer, and the room that it takes.
type Part = (Bytes, OwnedSemaphorePermit);

/// The client reads no results any more.
struct Unread;

impl LineStream {
    async fn run(self, body: Body, patience: Duration) -> Result<(), Unread> {
        let mut lines = Lines::new(self.api.limits.max_frame_bytes());
        let mut parts = body.into_data_stream();
        loop {
            let part = body::next(&mut parts, patience).await;
            let still_admitted = self.api.hub.authority().check(&self.publisher.caller, clock::read());
            let part = match still_admitted.map_err(Problem::from).and(part) {
                Ok(part) => part,
                Err(problem) => {
                    // A line that is cut is not published.
                    let mut results = Vec::new();
                    write(&Outcome::failed(&self.api, problem), &mut results);
                    return self.send(results, patience).await;
                }
            };
            let Some(part) = part else { break };
            self.work_off(&part, &mut lines, patience).await?;
        }
        let mut results = Vec::new();
        lines.finish(|line| write(&self.publish(&line), &mut results));
        self.send(results, patience).await
    }

    /// Publishes what is in a part of the body. However many lines it has, others have their turn between.
    async fn work_off(&self, mut part: &[u8], lines: &mut Lines, patience: Duration) -> Result<(), Unread> {
        while !part.is_empty() {
            let mut results = Vec::new();
            lines.push(&mut part, PUBLISHES_BETWEEN_YIELDS, |line| {
                write(&self.publish(&line), &mut results);
            });
            self.send(results, patience).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn publish(&self, line: &Line<'_>) -> Outcome {
        match line {
            Line::Whole(line) => Outcome::of(&self.api, &self.publisher, self.trace.as_deref(), line),
            Line::TooLong => {
                let bytes = self.api.limits.max_frame_bytes();
                let detail = format!("a line may have {bytes} bytes at most (max_frame_bytes); send less");
                Outcome::failed(&self.api, Problem::new(Kind::TooLarge, detail))
            }
        }
    }

    async fn send(&self, results: Vec<u8>, patience: Duration) -> Result<(), Unread> {
        let mut left = Bytes::from(results);
        while !left.is_empty() {
            // All of it is charged, so it goes in parts that have room.
            let part = left.split_to(left.len().min(RESULTS_WAITING_BYTES_MAX));
            let bytes = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let sending = async {
                let room = Arc::clone(&self.room).acquire_many_owned(bytes).await.map_err(|_| Unread)?;
                self.results.send((part, room)).await.map_err(|_| Unread)
            };
            timeout(patience, sending).await.map_err(|_| Unread)??;
        }
        Ok(())
    }
}

fn write(outcome: &Outcome, out: &mut Vec<u8>) {
    // Results are plain structures, and a `Vec` takes all bytes.
    let written = serde_json::to_writer(&mut *out, outcome);
    debug_assert!(written.is_ok());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Caller;
    use crate::clock::Now;
    use crate::engine::{KeyLimits, MemoryEngine, SessionId};
    use crate::hub::{Hub, Origin};
    use crate::limits::{Limits, LiveLimits};
    use crate::metrics::Metrics;
    use crate::net::admission::Proxies;

    /// Lines that are worked off, and their results.
    fn stream() -> (LineStream, mpsc::Receiver<Part>) {
        let limits = Limits::default();
        let engine = MemoryEngine::new(&[], KeyLimits::from(&limits), Vec::new(), Now::default()).unwrap();
        let limits = Arc::new(LiveLimits::new(&limits));
        let hub = Hub::new(engine, 1, Arc::clone(&limits), Arc::new(Metrics::new(1, &[]))).unwrap();
        let api = Api::new(Arc::new(hub), limits, Proxies::default());
        let publisher = Publisher { caller: Caller::unlimited(), from: Origin::from(SessionId(1)) };
        let (results, parts) = mpsc::channel(RESULTS_WAITING_MAX);
        let room = Arc::new(Semaphore::new(RESULTS_WAITING_BYTES_MAX));
        (LineStream { api, publisher, trace: None, results, room }, parts)
    }

    #[tokio::test]
    async fn however_many_lines_come_at_once_their_results_go_out_and_others_have_their_turn_between() {
        let (stream, mut parts) = stream();
        let turns = tokio::spawn(async {
            for turn in 1_u32.. {
                tokio::task::yield_now().await;
                if turn == 128 {
                    break;
                }
            }
        });
        let junk = Body::from("0\n".repeat(8_192));
        let working = tokio::spawn(stream.run(junk, Duration::from_secs(10)));
        let (mut lines, mut most) = (0, 0);
        while let Some((part, room)) = parts.recv().await {
            assert_eq!(room.num_permits(), part.len(), "all of it is charged");
            let here = part.split(|byte| *byte == b'\n').count() - 1;
            (lines, most) = (lines + here, most.max(here));
        }
        assert!(working.await.unwrap().is_ok() && turns.is_finished());
        assert_eq!((lines, most), (8_192, PUBLISHES_BETWEEN_YIELDS));
    }

    #[tokio::test]
    async fn results_that_are_more_than_may_wait_are_charged_a_part_at_a_time() {
        let (stream, mut parts) = stream();
        let bytes = 3 * RESULTS_WAITING_BYTES_MAX / 2;
        let sending = tokio::spawn(async move { stream.send(vec![0; bytes], Duration::from_secs(10)).await });
        let mut charged = 0;
        while let Some((part, room)) = parts.recv().await {
            assert_eq!(room.num_permits(), part.len());
            charged += part.len();
        }
        assert!(sending.await.unwrap().is_ok());
        assert_eq!(charged, bytes);
    }
}
