//! Topics over HTTP: those with a retained message or a subscription by their name.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use fanfare_protocol::Topic;
use fanfare_protocol::frame::{History, ReplayFrom};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Api;
use super::problem::Problem;
use super::query::Query;
use crate::hub;
use crate::net::http::caller::Asking;

/// A topic.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topic)]
pub(super) struct TopicView {
    /// Its name.
    #[schema(example = "orders.eu")]
    topic: String,
    /// Subscriptions that hear it now.
    #[schema(example = 3)]
    subscribers: u64,
    /// How many of its messages are retained.
    #[schema(example = 12)]
    messages: u64,
    /// The stream that retains them, if any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "recent")]
    stream: Option<String>,
    /// The newest sequence of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 42)]
    last: Option<u64>,
}

impl From<hub::TopicView> for TopicView {
    fn from(view: hub::TopicView) -> Self {
        let retained = view.retained.as_ref();
        Self {
            topic: view.topic.to_string(),
            subscribers: view.subscribers,
            messages: retained.map_or(0, |retained| retained.messages as u64),
            stream: retained.map(|retained| retained.stream.to_string()),
            last: retained.map(|retained| retained.last),
        }
    }
}

/// A page of topics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TopicsPage {
    /// By name.
    topics: Vec<TopicView>,
    /// The next page, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/topics?pattern=orders%2E%3E&after=orders%2Eeu")]
    next: Option<String>,
}

/// List topics.
///
/// Those with a retained message, and those that a subscription names without a wildcard; by name.
#[utoipa::path(
    get,
    path = "/v1/topics",
    operation_id = "topics",
    tag = "reading",
    params(super::parameters::TopicsParams),
    responses((status = 200, description = "A page.", body = TopicsPage), super::openapi::ReadProblems),
)]
pub(super) async fn topics(
    State(api): State<Api>,
    Asking(caller): Asking,
    uri: Uri,
) -> Result<Json<TopicsPage>, Problem> {
    let query = Query::of(&uri, &["pattern", "after", "limit"])?;
    let after = query.optional("after", |text| Topic::new(text).map_err(|rule| rule.to_string()))?;
    // Whoever may read what is retained may know of which topics it is.
    let asked = History { id: 0, pattern: query.pattern()?, from: ReplayFrom::Start, limit: query.limit()? };
    let (topics, more) = api.hub.topics(caller.history(asked)?, after).await?;
    let next = topics.last().filter(|_| more).map(|last| query.with("after", last.topic.as_str()));
    Ok(Json(TopicsPage { topics: topics.into_iter().map(TopicView::from).collect(), next }))
}
