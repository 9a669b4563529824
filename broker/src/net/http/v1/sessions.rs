//! Sessions over HTTP: who is connected and how they do, and how to close one.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Api;
use super::path::NameInPath;
use super::problem::{Kind, Place, Problem};
use super::query::{Query, number};
use crate::auth::Permitted;
use crate::clock;
use crate::engine::SessionId;
use crate::hub::{self, Order, SessionsAsked, SubscriptionView};
use crate::net::http::caller::Asking;
use crate::net::http::request_id::RequestId;

const PARAMETERS: [&str; 6] = ["sort", "subject", "address", "behind", "after", "limit"];

/// What a session that is closed is told.
const CLOSED: &str = "closed by an administrator";

/// The last error that a session was told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LastError {
    /// Its code on the wire.
    #[schema(example = "too_large")]
    code: &'static str,
    /// When, in milliseconds since 1970.
    #[schema(example = 1_763_800_000_000_u64)]
    time: u64,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    /// Its name, as its client got it in `welcome`.
    #[schema(example = "5d3f0a91-17")]
    session: String,
    /// The IP address that it comes from; behind a trusted proxy, what that says.
    #[schema(example = "192.0.2.7")]
    address: String,
    /// Whose it is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice")]
    subject: Option<String>,
    /// What its program calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "my-app/1.2")]
    name: Option<String>,
    /// How its frames are written: `json` or `msgpack`.
    #[schema(example = "msgpack")]
    encoding: &'static str,
    /// Time since it shook hands, in milliseconds.
    #[schema(example = 61_000)]
    age_ms: u64,
    /// What waits for its socket, in bytes of memory.
    #[schema(example = 0)]
    queued_bytes: u64,
    /// The same, in frames of its subscriptions.
    #[schema(example = 0)]
    queued_messages: u64,
    /// How many subscriptions it has.
    #[schema(example = 2)]
    subscription_count: u32,
    /// How many of them are behind: they read from their streams, since the socket takes less than is published.
    #[schema(example = 0)]
    behind: u32,
    /// The last error that it was told, if any was.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<LastError>,
}

/// A subscription of a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(super) struct OneSubscription {
    /// Its number in its session.
    #[schema(example = 1)]
    sub: u32,
    #[schema(example = "orders.>")]
    pattern: String,
    /// Whether it reads from its streams.
    behind: bool,
    /// How it is delivered: `every` or `latest`.
    #[schema(example = "every")]
    deliver: &'static str,
}

/// A session with its subscriptions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionDetail {
    #[serde(flatten)]
    session: SessionView,
    /// By number.
    subscriptions: Vec<OneSubscription>,
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionsPage {
    /// In the order that was asked for.
    sessions: Vec<SessionView>,
    /// The next page, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/sessions?sort=age&after=5d3f0a91%2D17")]
    next: Option<String>,
}

/// List sessions.
///
/// A page is what holds at this moment: a session whose place in the order changes between two pages may be in both or
/// in neither.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    operation_id = "sessions",
    tag = "sessions",
    params(super::parameters::SessionsParams),
    responses((status = 200, description = "A page.", body = SessionsPage), super::openapi::ReadProblems),
)]
pub(super) async fn sessions(
    State(api): State<Api>,
    Asking(caller): Asking,
    uri: Uri,
) -> Result<Json<SessionsPage>, Problem> {
    let query = Query::of(&uri, &PARAMETERS)?;
    let text = |text: &str| Ok(text.to_owned());
    let asked = SessionsAsked {
        order: order(&query)?,
        subject: query.optional("subject", text)?,
        address: query.optional("address", address)?,
        behind: query.optional("behind", flag)?,
        limit: query.limit()? as usize,
    };
    let order = asked.order;
    let (sessions, more) = api.hub.sessions_page(caller.administer(asked)?, clock::now());
    let place = |last: &hub::SessionView| {
        let name = api.hub.session_name(last.session);
        match order {
            Order::Age { .. } => name,
            Order::QueuedBytes { .. } => format!("{}:{name}", last.queued_bytes),
        }
    };
    let next = sessions.last().filter(|_| more).map(|last| query.with("after", &place(last)));
    let sessions = sessions.into_iter().map(|session| view(&api, &session)).collect();
    Ok(Json(SessionsPage { sessions, next }))
}

/// Look at a session.
#[utoipa::path(
    get,
    path = "/v1/sessions/{session}",
    operation_id = "session",
    tag = "sessions",
    params(("session" = String, Path, description = "The session's name.", example = "5d3f0a91-17")),
    responses((status = 200, description = "The session.", body = SessionDetail), super::openapi::FindProblems),
)]
pub(super) async fn session(
    State(api): State<Api>,
    Asking(caller): Asking,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<Json<SessionDetail>, Problem> {
    Query::of(&uri, &[])?;
    let session = caller.administer(named(&api, &name)?)?;
    let found = api.hub.session(session, clock::now()).await?;
    let (session, subscriptions) = found.ok_or_else(|| not_found(&name))?;
    let subscription = |subscription: SubscriptionView| OneSubscription {
        sub: subscription.sub,
        pattern: subscription.pattern.to_string(),
        behind: subscription.behind,
        deliver: if subscription.latest { "latest" } else { "every" },
    };
    let subscriptions = subscriptions.into_iter().map(subscription).collect();
    Ok(Json(SessionDetail { session: view(&api, &session), subscriptions }))
}

/// Close a session.
///
/// Its client is told 4003, which says not to come back. What a client that comes back all the same may do is decided by
/// its token alone.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{session}",
    operation_id = "closeSession",
    tag = "sessions",
    params(("session" = String, Path, description = "The session's name.", example = "5d3f0a91-17")),
    responses((status = 204, description = "The session is being closed."), super::openapi::FindProblems),
)]
pub(super) async fn close(
    State(api): State<Api>,
    Asking(caller): Asking,
    id: RequestId,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    Query::of(&uri, &[])?;
    let session: Permitted<SessionId> = caller.administer(named(&api, &name)?)?;
    if !api.hub.close_session(session, CLOSED) {
        return Err(not_found(&name));
    }
    tracing::info!(session = name, by = caller.subject(), request = id.as_str(), "a session is closed");
    Ok(StatusCode::NO_CONTENT)
}

fn named(api: &Api, name: &str) -> Result<SessionId, Problem> {
    api.hub.session_named(name).ok_or_else(|| not_found(name))
}

fn not_found(name: &str) -> Problem {
    Problem::part(Kind::NotFound, Place::Path, "session", format!("no session {name:?} is open"))
}

fn order(query: &Query<'_>) -> Result<Order, Problem> {
    let after = query.optional("after", after)?;
    let sort = query.optional("sort", |text| match text {
        "age" => Ok(false),
        "queued_bytes" => Ok(true),
        _ => Err("must be age or queued_bytes".to_owned()),
    })?;
    Ok(if sort.unwrap_or(false) {
        Order::QueuedBytes { after }
    } else {
        Order::Age { after: after.map(|(_, session)| session) }
    })
}

/// The place that the page before ended at: a session's name, with what waits for it before that where it matters.
fn after(text: &str) -> Result<(usize, SessionId), String> {
    let (bytes, name) = text.split_once(':').unwrap_or(("0", text));
    let session = name.split_once('-').filter(|(instance, _)| is_instance(instance));
    let session = session.and_then(|(_, number)| number.parse().ok()).map(SessionId);
    let bytes = number(bytes).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.zip(session).ok_or_else(|| "must be that of a `next`".to_owned())
}

fn is_instance(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "must be an IP address".to_owned())
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

fn view(api: &Api, session: &hub::SessionView) -> SessionView {
    SessionView {
        session: api.hub.session_name(session.session),
        address: session.address.to_string(),
        subject: session.subject.as_deref().map(str::to_owned),
        name: session.name.as_deref().map(str::to_owned),
        encoding: session.encoding.as_str(),
        age_ms: u64::try_from(session.age.as_millis()).unwrap_or(u64::MAX),
        queued_bytes: session.queued_bytes as u64,
        queued_messages: session.queued_messages as u64,
        subscription_count: session.subscriptions,
        behind: session.behind,
        last_error: session.last_error.map(|(code, time)| LastError { code: code.as_str(), time }),
    }
}
