//! Revocations over HTTP: somebody is shut out, and what they have open ends at once.

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
use crate::auth::Revoked;
use crate::clock;
use crate::hub::REVOKED;
use crate::net::http::caller::Asking;

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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revoked)]
pub(super) struct Ended {
    /// Sessions that it ended.
    #[schema(example = 2)]
    ended: usize,
}

/// What is asked for, once it is known to make sense.
enum Asked {
    Out(Revoked, Option<Duration>),
    Session(String),
}

/// Shut somebody out.
///
/// Their sessions are closed with 4003, and who comes again is refused until the time is over. A restart of the broker
/// forgets revocations.
#[utoipa::path(
    post,
    path = "/v1/revocations",
    operation_id = "revoke",
    tag = "sessions",
    request_body = super::schemas::Revocation,
    responses((status = 200, description = "It holds from now on.", body = Ended), super::openapi::RevokeProblems),
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    Asking(caller): Asking,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Ended>, Problem> {
    caller.administer(())?;
    body::check_plain(&headers)?;
    if ContentType::of(&headers)?.essence != "application/json" {
        let detail = "send a JSON object as application/json";
        return Err(Problem::part(Kind::UnsupportedMediaType, Place::Header, "Content-Type", detail));
    }
    let timeout = api.limits.http_body_timeout();
    let bytes = body::read(body, Bound { bytes: MAX_BODY_BYTES, name: "fixed", timeout }).await?;
    let ended = match read(&bytes)? {
        Asked::Session(name) => match api.hub.session_named(&name) {
            Some(session) => usize::from(api.hub.close_session(caller.administer(session)?, REVOKED)),
            None => 0,
        },
        Asked::Out(who, hold) => {
            let hold = hold.unwrap_or(Duration::MAX);
            api.hub.revoke(caller.administer(who)?, hold, clock::read())?
        }
    };
    Ok(Json(Ended { ended }))
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
