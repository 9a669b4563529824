//! Publishing over HTTP: a message by its own request.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use fanfare_protocol::Payload;
use fanfare_protocol::frame::{Publish, PublishedAt};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Api;
use super::body::{self, Bound};
use super::content::ContentType;
use super::options::{Options, with_trace};
use super::path::TopicInPath;
use super::problem::{Document, Kind, Place, Problem};
use crate::clock;
use crate::hub::Accepted;
use crate::net::http::caller::Publisher;

/// A message that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Published)]
pub(super) struct PublishedView {
    /// The stream that keeps it; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "recent")]
    stream: Option<String>,
    /// The incarnation of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "9f2c41d07c5be3a8")]
    epoch: Option<String>,
    /// Its number in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 42)]
    seq: Option<u64>,
    /// Whether it repeats an earlier publish with the same key: then these are the place of the first, and nobody
    /// gets it again.
    duplicate: bool,
}

impl From<Accepted> for PublishedView {
    fn from(Accepted { at, duplicate }: Accepted) -> Self {
        let (stream, epoch, seq) = at.map_or((None, None, None), |PublishedAt { stream, epoch, seq }| {
            (Some(stream.to_string()), Some(epoch.as_str().to_owned()), Some(seq))
        });
        Self { stream, epoch, seq, duplicate }
    }
}

/// Publishes on behalf of a caller.
fn publish(api: &Api, publisher: &Publisher, publish: Publish<'_>) -> Result<PublishedView, Problem> {
    let Publisher { caller, from } = publisher;
    let now = clock::read();
    // A request may go on for hours.
    api.hub.authority().check(caller, now)?;
    let permitted = caller.publish(publish)?;
    let accepted = api.hub.publish(permitted, *from, now)?;
    let counters = api.hub.http_counters();
    let count = if accepted.duplicate { &counters.duplicates } else { &counters.received_messages };
    count.add(1);
    Ok(accepted.into())
}

/// Publish a message.
///
/// The body is the payload, and its `Content-Type` says of which kind it is: `application/json` is checked and passed on
/// verbatim, `text/plain` is text, anything else is bytes. Headers of the message are sent as `Fanfare-Header-NAME`, and
/// arrive with their names in lower case.
#[utoipa::path(
    post,
    path = "/v1/topics/{topic}/messages",
    operation_id = "publish",
    tag = "publishing",
    params(super::parameters::PublishParams),
    request_body(description = "The payload: at most `max_payload_bytes` (64 KiB unless configured).", content(
        (Value = "application/json", example = json!({"item": "tea", "count": 2})),
        (String = "text/plain", example = "tea, please"),
        (Vec<u8> = "application/octet-stream"),
    )),
    responses(
        (status = 200, description = "The message is published.", body = PublishedView),
        super::openapi::PublishProblems,
    ),
)]
pub(super) async fn publish_one(
    State(api): State<Api>,
    publisher: Publisher,
    TopicInPath(topic): TopicInPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PublishedView>, Problem> {
    let kind = ContentType::of(&headers)?.payload_kind()?;
    body::check_plain(&headers)?;
    let Options { key, expect, headers } = Options::of(&headers, api.hub.tracer().is_some())?;
    let bound = Bound {
        bytes: api.limits.max_payload_bytes(),
        name: "max_payload_bytes",
        timeout: api.limits.http_body_timeout(),
    };
    let bytes = body::read(body, bound).await?;
    let wrong = |error: fanfare_protocol::payload::PayloadError| {
        Problem::part(Kind::InvalidPayload, Place::Body, "", error.to_string())
    };
    let payload = Payload::of_kind(kind, &bytes).map_err(wrong)?;
    let message = Publish { id: None, topic, payload, key, expect, echo: true, headers };
    publish(&api, &publisher, message).map(Json)
}

/// What came of one message of many.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Result)]
#[serde(untagged)]
pub(super) enum Outcome {
    /// It is published.
    Published(PublishedView),
    /// It is not, and why.
    Failed {
        /// What is wrong with it.
        error: Document,
    },
}

impl Outcome {
    /// Publishes one message of many, in this trace unless it has its own; counts what fails.
    pub(super) fn of(api: &Api, publisher: &Publisher, trace: Option<&str>, item: &[u8]) -> Self {
        let read = fanfare_protocol::encoding::publish_from_json(item).map_err(Problem::from);
        let outcome = read.and_then(|mut message| {
            message.headers = with_trace(message.headers, trace);
            publish(api, publisher, message)
        });
        outcome.map_or_else(|problem| Self::failed(api, problem), Self::Published)
    }

    /// One that failed; it is counted.
    pub(super) fn failed(api: &Api, problem: Problem) -> Self {
        api.hub.http_counters().errors.count(problem.code().as_str());
        Self::Failed { error: problem.into_document() }
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}
