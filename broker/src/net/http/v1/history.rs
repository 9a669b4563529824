//! History over HTTP: what is retained, forwards or backwards, a page at a time.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use fanfare_protocol::frame::{Gap, History, ReplayFrom};
use fanfare_protocol::{Encoding, Position};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::api::Api;
use super::places;
use super::problem::{Kind, Problem};
use super::query::Query;
use crate::hub::HistoryPage;
use crate::net::http::caller::Asking;
use crate::outbound::Body;

const PARAMETERS: [&str; 4] = ["pattern", "from", "before", "limit"];

/// A place in a stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamPosition)]
pub(super) struct PlaceView {
    /// The incarnation that `seq` counts in.
    #[schema(example = "9f2c41d07c5be3a8")]
    epoch: String,
    /// The last sequence dealt with; 0 is before the first.
    #[schema(example = 41)]
    seq: u64,
}

/// A position: a place in each stream, as the wire has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Position)]
#[serde(transparent)]
pub(super) struct PositionView(BTreeMap<String, PlaceView>);

impl From<&Position> for PositionView {
    fn from(position: &Position) -> Self {
        let place = |(stream, place): (&fanfare_protocol::StreamName, &fanfare_protocol::StreamPosition)| {
            (stream.to_string(), PlaceView { epoch: place.epoch.as_str().to_owned(), seq: place.seq })
        };
        Self(position.0.iter().map(place).collect())
    }
}

/// Messages that can't be had any more, as the wire has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gap)]
pub(super) struct GapView {
    /// Why: `expired`, or `reset` (a place that does not fit the stream).
    #[schema(example = "expired")]
    reason: &'static str,
    /// In which stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    /// The first sequence that may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    /// Where it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<PositionView>,
}

impl From<&Gap> for GapView {
    fn from(gap: &Gap) -> Self {
        Self {
            reason: gap.reason.as_str(),
            stream: gap.stream.as_ref().map(ToString::to_string),
            from: gap.from,
            to: gap.to,
            position: gap.position.as_ref().map(PositionView::from),
        }
    }
}

/// A page of history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPage)]
pub(super) struct HistoryView {
    /// Forwards: streams by name, each ascending. Backwards: newest first.
    #[schema(value_type = Vec<super::schemas::Message>)]
    messages: Vec<Box<RawValue>>,
    /// What is missing of what was asked for.
    gaps: Vec<GapView>,
    /// After the newest message of the page: subscribe from here, and nothing is missed.
    position: PositionView,
    /// Whether there is more.
    more: bool,
    /// The next page, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/history?pattern=orders%2E%3E&from=recent%3A9f2c41d07c5be3a8%3A41")]
    next: Option<String>,
}

/// Read what is retained.
///
/// Without `before`: forwards from `from`, streams by name and each ascending, as in the wire. With `before`: backwards
/// from there down to `from`, newest first. Follow `next` for the next page.
#[utoipa::path(
    get,
    path = "/v1/history",
    operation_id = "history",
    tag = "reading",
    params(super::parameters::HistoryParams),
    responses((status = 200, description = "A page.", body = HistoryView), super::openapi::ReadProblems),
)]
pub(super) async fn history(
    State(api): State<Api>,
    Asking(caller): Asking,
    uri: Uri,
) -> Result<Json<HistoryView>, Problem> {
    let query = Query::of(&uri, &PARAMETERS)?;
    let from = query.optional("from", places::from)?.unwrap_or(ReplayFrom::Start);
    let before = query.optional("before", places::before)?;
    let history = History { id: 0, pattern: query.pattern()?, from: from.clone(), limit: query.limit()? };
    let permitted = caller.history(history)?;
    let (page, next) = if let Some(before) = before {
        let (page, next) = api.hub.history_back(permitted, &before, Encoding::Json);
        (page, query.with("before", &places::written(&next)))
    } else {
        let page = api.hub.history_page(permitted, Encoding::Json);
        let next = query.with("from", &places::going_on(&from, &page.position));
        (page, next)
    };
    let HistoryPage { bodies, gaps, position, more } = page;
    let messages = bodies.iter().map(message).collect::<Result<_, _>>()?;
    let (gaps, position) = (gaps.iter().map(GapView::from).collect(), PositionView::from(&position));
    Ok(Json(HistoryView { messages, gaps, position, more, next: more.then_some(next) }))
}

/// A message as the wire writes it, without `op` and `sub`.
fn message(body: &Body) -> Result<Box<RawValue>, Problem> {
    let unreadable =
        || Problem::new(Kind::Internal, "a retained message can't be written as JSON; please report it");
    let body = std::str::from_utf8(body.bytes()).map_err(|_| unreadable())?;
    RawValue::from_string(format!("{{{body}")).map_err(|_| unreadable())
}
