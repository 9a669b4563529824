//! Streams over HTTP: their settings, and what they hold now.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Api;
use super::path::NameInPath;
use super::problem::{Kind, Place, Problem};
use super::query::Query;
use crate::hub;
use crate::net::http::caller::Asking;

/// A stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stream)]
pub(super) struct StreamView {
    #[schema(example = "recent")]
    name: String,
    /// The topics in it.
    #[schema(example = json!([">"]))]
    patterns: Vec<String>,
    /// Messages older than this go, in milliseconds.
    #[schema(example = 120_000)]
    max_age_ms: u64,
    /// The oldest messages go while the stream takes more memory than this, in bytes.
    #[schema(example = 67_108_864)]
    max_bytes: u64,
    /// A topic's oldest messages go while it has more than this, if there is a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_messages_per_topic: Option<u32>,
    /// The incarnation of its numbering.
    #[schema(example = "9f2c41d07c5be3a8")]
    epoch: String,
    /// The newest sequence; 0 before the first message.
    #[schema(example = 42)]
    head: u64,
    /// The oldest sequence that is retained, if any is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    oldest: Option<u64>,
    /// When that was published, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_763_800_000_000_u64)]
    oldest_time: Option<u64>,
    /// How many messages are retained.
    messages: u64,
    /// The memory that they take, in bytes.
    bytes: u64,
    /// How many topics they are of.
    topics: u64,
    /// How many keys of publishes it remembers.
    keys: u64,
    /// The memory that they take, in bytes.
    key_bytes: u64,
}

impl From<hub::StreamView> for StreamView {
    fn from(hub::StreamView { config, epoch, fill }: hub::StreamView) -> Self {
        Self {
            name: config.name.to_string(),
            patterns: config.patterns.iter().map(ToString::to_string).collect(),
            max_age_ms: u64::try_from(config.max_age.as_millis()).unwrap_or(u64::MAX),
            max_bytes: config.max_bytes,
            max_messages_per_topic: config.max_messages_per_topic.map(std::num::NonZeroU32::get),
            epoch: epoch.as_str().to_owned(),
            head: fill.head,
            oldest: fill.oldest.map(|(seq, _)| seq),
            oldest_time: fill.oldest.map(|(_, time_ms)| time_ms),
            messages: fill.messages,
            bytes: fill.bytes,
            topics: fill.topics,
            keys: fill.keys,
            key_bytes: fill.key_bytes,
        }
    }
}

/// All streams.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Streams {
    /// In the order of the configuration.
    streams: Vec<StreamView>,
}

/// List streams.
#[utoipa::path(
    get,
    path = "/v1/streams",
    operation_id = "streams",
    tag = "reading",
    responses((status = 200, description = "All streams.", body = Streams), super::openapi::ReadProblems),
)]
pub(super) async fn streams(
    State(api): State<Api>,
    Asking(caller): Asking,
    uri: Uri,
) -> Result<Json<Streams>, Problem> {
    Query::of(&uri, &[])?;
    let streams = api.hub.streams(caller.administer(None)?);
    Ok(Json(Streams { streams: streams.into_iter().map(StreamView::from).collect() }))
}

/// Look at a stream.
#[utoipa::path(
    get,
    path = "/v1/streams/{name}",
    operation_id = "stream",
    tag = "reading",
    params(("name" = String, Path, description = "The stream's name.", example = "recent")),
    responses((status = 200, description = "The stream.", body = StreamView), super::openapi::FindProblems),
)]
pub(super) async fn stream(
    State(api): State<Api>,
    Asking(caller): Asking,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<Json<StreamView>, Problem> {
    Query::of(&uri, &[])?;
    let found = api.hub.streams(caller.administer(Some(&*name))?);
    let stream = found.into_iter().next().ok_or_else(|| {
        Problem::part(Kind::NotFound, Place::Path, "name", format!("there is no stream {name:?}"))
    })?;
    Ok(Json(stream.into()))
}
