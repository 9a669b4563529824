//! Revocations over HTTP: who is shut out, and letting them in again.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Api;
use super::path::NameInPath;
use super::problem::{Kind, Place, Problem};
use super::query::Query;
use super::revoke::keep;
use crate::auth::{Caller, Revoked};
use crate::clock::{self, Now};
use crate::net::http::caller::Asking;
use crate::net::http::request_id::RequestId;

/// Somebody who is shut out: just one of `subject` and `token_id` is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldRevocation)]
pub(super) struct RevocationView {
    /// Every token with this `sub`; `key:NAME` for an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice")]
    subject: Option<String>,
    /// The token with this `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    /// Until when, in milliseconds since 1970.
    #[schema(example = 1_763_800_000_000_u64)]
    until: u64,
    /// How long that is from now, in milliseconds.
    #[schema(example = 3_600_000)]
    left_ms: u64,
}

/// A page of those who are shut out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevocationsPage {
    /// Subjects before tokens, each by name.
    revocations: Vec<RevocationView>,
    /// The next page, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/revocations?after=subject%3Aalice")]
    next: Option<String>,
}

/// List who is shut out.
#[utoipa::path(
    get,
    path = "/v1/revocations",
    operation_id = "revocations",
    tag = "sessions",
    params(super::parameters::RevocationsParams),
    responses((status = 200, description = "A page.", body = RevocationsPage), super::openapi::ReadProblems),
)]
pub(super) async fn revocations(
    State(api): State<Api>,
    Asking(caller): Asking,
    uri: Uri,
) -> Result<Json<RevocationsPage>, Problem> {
    let query = Query::of(&uri, &["after", "limit"])?;
    let after = query.optional("after", after)?;
    let (limit, now) = (query.limit()? as usize, clock::read());
    let mut page = api.hub.revoked(caller.administer(after)?, limit + 1, now);
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(last, _)| query.with("after", &place(last)));
    let revocations = page.into_iter().map(|(who, until)| view(&who, until, now)).collect();
    Ok(Json(RevocationsPage { revocations, next }))
}

/// Look whether a subject is shut out.
#[utoipa::path(
    get,
    path = "/v1/revocations/subjects/{subject}",
    operation_id = "revocationOfSubject",
    tag = "sessions",
    params(("subject" = String, Path, description = "The subject; `key:NAME` for an API key.", example = "alice")),
    responses((status = 200, description = "It is.", body = RevocationView), super::openapi::FindProblems),
)]
pub(super) async fn of_subject(
    State(api): State<Api>,
    Asking(caller): Asking,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<Json<RevocationView>, Problem> {
    look(&api, &caller, &Revoked::Subject(name.into()), &uri)
}

/// Look whether a token is shut out.
#[utoipa::path(
    get,
    path = "/v1/revocations/tokens/{token_id}",
    operation_id = "revocationOfToken",
    tag = "sessions",
    params(("token_id" = String, Path, description = "The token's `jti`.", example = "t-1")),
    responses((status = 200, description = "It is.", body = RevocationView), super::openapi::FindProblems),
)]
pub(super) async fn of_token(
    State(api): State<Api>,
    Asking(caller): Asking,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<Json<RevocationView>, Problem> {
    look(&api, &caller, &Revoked::Token(name.into()), &uri)
}

/// Let a subject in again.
///
/// Sessions that were ended do not come back by themselves: their clients were told not to. With a `data_dir` the answer
/// comes when it is on disk.
#[utoipa::path(
    delete,
    path = "/v1/revocations/subjects/{subject}",
    operation_id = "liftRevocationOfSubject",
    tag = "sessions",
    params(("subject" = String, Path, description = "The subject; `key:NAME` for an API key.", example = "alice")),
    responses((status = 204, description = "It is let in again."), super::openapi::FindProblems),
)]
pub(super) async fn lift_subject(
    State(api): State<Api>,
    Asking(caller): Asking,
    id: RequestId,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    lift(&api, (&caller, &id), Revoked::Subject(name.into()), &uri).await
}

/// Let a token in again.
///
/// With a `data_dir` the answer comes when it is on disk.
#[utoipa::path(
    delete,
    path = "/v1/revocations/tokens/{token_id}",
    operation_id = "liftRevocationOfToken",
    tag = "sessions",
    params(("token_id" = String, Path, description = "The token's `jti`.", example = "t-1")),
    responses((status = 204, description = "It is let in again."), super::openapi::FindProblems),
)]
pub(super) async fn lift_token(
    State(api): State<Api>,
    Asking(caller): Asking,
    id: RequestId,
    NameInPath(name): NameInPath,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    lift(&api, (&caller, &id), Revoked::Token(name.into()), &uri).await
}

fn look(api: &Api, caller: &Caller, who: &Revoked, uri: &Uri) -> Result<Json<RevocationView>, Problem> {
    Query::of(uri, &[])?;
    let now = clock::read();
    let until = api.hub.revoked_until(caller.administer(who.clone())?, now);
    until.map(|until| Json(view(who, until, now))).ok_or_else(|| not_found(who))
}

async fn lift(
    api: &Api,
    (caller, id): (&Caller, &RequestId),
    who: Revoked,
    uri: &Uri,
) -> Result<StatusCode, Problem> {
    Query::of(uri, &[])?;
    let lifted = api.hub.lift(caller.administer(who.clone())?, clock::read());
    if lifted {
        let (subject, token_id) = who.names();
        let (by, request) = (caller.subject(), id.as_str());
        tracing::info!(subject, token_id, by, request, "a revocation is lifted");
    }
    // Of one that was lifted before, too: the disk may have refused it then.
    keep(api, "it is lifted").await?;
    if lifted { Ok(StatusCode::NO_CONTENT) } else { Err(not_found(&who)) }
}

fn not_found(who: &Revoked) -> Problem {
    let (parameter, name) = match who {
        Revoked::Subject(name) => ("subject", name),
        Revoked::Token(name) => ("token_id", name),
    };
    Problem::part(Kind::NotFound, Place::Path, parameter, format!("no {parameter} {name:?} is shut out"))
}

fn view(who: &Revoked, until: u64, now: Now) -> RevocationView {
    let (subject, token_id) = who.names();
    let (subject, token_id) = (subject.map(str::to_owned), token_id.map(str::to_owned));
    RevocationView { subject, token_id, until, left_ms: until.saturating_sub(now.wall_ms) }
}

/// A place in the list.
fn place(who: &Revoked) -> String {
    match who {
        Revoked::Subject(subject) => format!("subject:{subject}"),
        Revoked::Token(token_id) => format!("token_id:{token_id}"),
    }
}

fn after(text: &str) -> Result<Revoked, String> {
    match text.split_once(':') {
        Some(("subject", name)) => Ok(Revoked::Subject(name.into())),
        Some(("token_id", name)) => Ok(Revoked::Token(name.into())),
        _ => Err("must be that of a `next`".to_owned()),
    }
}
