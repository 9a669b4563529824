//! Revocations over HTTP: somebody is shut out, and what they have open ends at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::api::Api;
use super::body::{self, Bound};
use super::content::ContentType;
use super::problem::{Kind, Place, Problem};
use super::schemas::MAX_NAME_CHARS;
use crate::auth::Revoked;
use crate::clock;
use crate::hub::{REVOKED, ShutOut};
use crate::net::http::caller::Asking;
use crate::net::http::request_id::RequestId;

/// No revocation is longer, in bytes: the longest subject, escaped.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The largest whole number that a JSON reader holds exactly.
const MAX_HOLD_MS: f64 = 9_007_199_254_740_991.0;

/// Who is shut out, and for how long, in milliseconds: just one of `subject`, `token_id` and `session`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    #[serde(default, deserialize_with = "there")]
    subject: Option<String>,
    #[serde(default, deserialize_with = "there")]
    token_id: Option<String>,
    #[serde(default, deserialize_with = "there")]
    session: Option<String>,
    #[serde(default, deserialize_with = "there")]
    /// Whole, however it is written: `1e3` is.
    hold_ms: Option<f64>,
}

/// A field that is left out or has a value: `null` is none.
fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// What a revocation did.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Revoked)]
pub(super) struct Done {
    /// Sessions that it ended.
    #[schema(example = 2)]
    ended: usize,
    /// Until when it holds, in milliseconds since 1970; absent where just a session was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_763_800_000_000_u64)]
    until: Option<u64>,
    /// Whether it still holds when the broker starts again, after a crash as well: that takes a `data_dir`. Absent where
    /// just a session was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    outlives_restart: Option<bool>,
}

/// What is asked for, once it is known to make sense.
enum Asked {
    Out(Revoked, Option<Duration>),
    Session(String),
}

/// Shut somebody out.
///
/// Their sessions are closed with 4003, and who comes again is refused until the time is over. With a `data_dir` the
/// answer comes when that is on disk, and so it holds after a restart or a crash, too; without one, until the broker ends.
#[utoipa::path(
    post,
    path = "/v1/revocations",
    operation_id = "revoke",
    tag = "sessions",
    request_body = super::schemas::Revocation,
    responses((status = 200, description = "It holds from now on.", body = Done), super::openapi::BodyProblems),
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    Asking(caller): Asking,
    id: RequestId,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Done>, Problem> {
    caller.administer(())?;
    body::check_plain(&headers)?;
    if ContentType::of(&headers)?.essence != "application/json" {
        let detail = "send a JSON object as application/json";
        return Err(Problem::part(Kind::UnsupportedMediaType, Place::Header, "Content-Type", detail));
    }
    let timeout = api.limits.http_body_timeout();
    let bytes = body::read(body, Bound { bytes: MAX_BODY_BYTES, name: "fixed", timeout }).await?;
    // A body may take its time, and whoever sends it may have been shut out meanwhile.
    api.hub.authority().check(&caller, clock::read())?;
    Ok(Json(match read(&bytes)? {
        Asked::Session(name) => {
            let closed = match api.hub.session_named(&name) {
                Some(session) => api.hub.close_session(caller.administer(session)?, REVOKED),
                None => false,
            };
            if closed {
                tracing::info!(
                    session = name,
                    by = caller.subject(),
                    request = id.as_str(),
                    "a session is closed"
                );
            }
            Done { ended: usize::from(closed), ..Done::default() }
        }
        Asked::Out(who, hold) => {
            let hold = hold.unwrap_or(Duration::MAX);
            let asked = caller.administer(who.clone())?;
            let ShutOut { ended, until_ms } = api.hub.revoke(asked, hold, clock::read())?;
            let (subject, token_id) = who.names();
            tracing::info!(
                subject,
                token_id,
                by = caller.subject(),
                request = id.as_str(),
                "access is revoked"
            );
            Done { ended, until: Some(until_ms), outlives_restart: Some(keep(&api, "it holds").await?) }
        }
    }))
}

/// Waits until what was revoked and lifted is on disk; false if there is no `data_dir` to keep it in. `now` is how it
/// stands until a restart.
///
/// # Errors
/// It can't be written.
pub(super) async fn keep(api: &Api, now: &str) -> Result<bool, Problem> {
    let hub = Arc::clone(&api.hub);
    let kept = tokio::task::spawn_blocking(move || hub.keep_revocations()).await;
    kept.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "revocations can't be written to data_dir; a restart would forget the newest");
        Problem::busy(&format!("{now} now, but can't be written to data_dir, so a restart may undo it; try again"))
    })
}

fn read(bytes: &[u8]) -> Result<Asked, Problem> {
    let wrong = |name: &str, detail: &str| Problem::part(Kind::InvalidRequest, Place::Body, name, detail);
    let asked: Revocation = serde_json::from_slice(bytes)
        .map_err(|error| wrong("", &format!("the body is no revocation: {error}")))?;
    if asked.hold_ms.is_some_and(|hold_ms| hold_ms.fract() != 0.0 || !(1.0..=MAX_HOLD_MS).contains(&hold_ms))
    {
        return Err(wrong("/hold_ms", "must be a whole number from 1 to 9007199254740991"));
    }
    let hold = asked.hold_ms.map(|hold_ms| Duration::from_secs_f64(hold_ms / 1_000.0));
    let named = [&asked.subject, &asked.token_id, &asked.session];
    if named.into_iter().flatten().any(String::is_empty) {
        return Err(wrong("", "the name of who is shut out is empty"));
    }
    if named.into_iter().flatten().any(|name| name.chars().count() > MAX_NAME_CHARS) {
        return Err(wrong(
            "",
            "the name of who is shut out has more than 256 characters, as no accepted one has",
        ));
    }
    match (asked.subject, asked.token_id, asked.session) {
        (Some(subject), None, None) => Ok(Asked::Out(Revoked::Subject(subject.into()), hold)),
        (None, Some(token_id), None) => Ok(Asked::Out(Revoked::Token(token_id.into()), hold)),
        (None, None, Some(_)) if hold.is_some() => {
            Err(wrong("/hold_ms", "a session is closed, and nothing holds after that"))
        }
        (None, None, Some(session)) => Ok(Asked::Session(session)),
        _ => Err(wrong("", "say just one of `subject`, `token_id` and `session`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_one_is_shut_out_at_a_time() {
        assert!(matches!(read(br#"{"subject":"alice"}"#), Ok(Asked::Out(Revoked::Subject(_), None))));
        assert!(matches!(
            read(br#"{"token_id":"t","hold_ms":5}"#),
            Ok(Asked::Out(Revoked::Token(_), Some(_)))
        ));
        assert!(matches!(read(br#"{"session":"s"}"#), Ok(Asked::Session(_))));
        for hold in ["1000", "1000.0", "1e3"] {
            let asked = read(format!(r#"{{"subject":"a","hold_ms":{hold}}}"#).as_bytes());
            assert!(
                matches!(asked, Ok(Asked::Out(_, Some(hold))) if hold == Duration::from_secs(1)),
                "{hold}"
            );
        }
        for body in [
            "{}",
            r#"{"subject":"a","session":"s"}"#,
            r#"{"subject":""}"#,
            r#"{"subject":"a","hold_ms":0}"#,
            r#"{"session":"a","hold_ms":5}"#,
            r#"{"subject":"a","hold_ms":1.5}"#,
            r#"{"subject":"a","holds":5}"#,
            r#"{"subject":"a","hold_ms":null}"#,
            "[]",
            "",
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
