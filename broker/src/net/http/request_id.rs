//! Request ids: each request has one, which stands in its answer, in its problem, and in the log.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::v1::Document;

/// Where a request says its id, and its answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken, in bytes.
const MAX_BYTES: usize = 128;
/// What an id may have beside letters and digits: nothing that a log or a shell takes for something else.
const PUNCTUATION: &[u8] = b"-_.:=+/@";

/// The id of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Makes ids for requests that bring none.
#[derive(Debug)]
pub(super) struct RequestIds {
    /// Tells this process from every other, as in the names of its sessions.
    instance: String,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(instance: String) -> Self {
        Self { instance, next: AtomicU64::new(1) }
    }

    fn make(&self) -> HeaderValue {
        let mut text = String::with_capacity(24);
        // Writing to a string can't fail.
        let _ = write!(text, "{}-r{}", self.instance, self.next.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("none"))
    }
}

/// Gives a request its id, and its answer.
pub(super) async fn identify(
    State(ids): State<Arc<RequestIds>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| ids.make());
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Document>()
        && let Ok(body) = serde_json::to_vec(&problem.of_request(id.to_str().unwrap_or_default()))
    {
        *response.body_mut() = Body::from(body);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The id that a request brings, if it is one that can stand anywhere.
fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(REQUEST_ID).iter();
    let first = values.next()?.clone();
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(byte);
    let sane = (1..=MAX_BYTES).contains(&first.len()) && first.as_bytes().iter().all(known);
    (sane && values.next().is_none()).then_some(first)
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let id = parts.extensions.get::<Self>().cloned();
        Ok(id.unwrap_or(Self(HeaderValue::from_static("none"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(values: &[&'static str]) -> bool {
        let headers: HeaderMap =
            values.iter().map(|value| (REQUEST_ID, HeaderValue::from_static(value))).collect();
        given(&headers).is_some()
    }

    #[test]
    fn an_id_is_taken_if_it_can_stand_anywhere_and_is_the_only_one() {
        for sane in ["7", "Root=1-67891233-abcdef012345678912345678", "0b2c1f6e-7a63-4c5e-9d0f-2f5b8a1c3d4e"]
        {
            assert!(taken(&[sane]), "{sane}");
        }
        let long: &'static str = Box::leak("x".repeat(MAX_BYTES + 1).into_boxed_str());
        for strange in ["", "a b", "a\"b", "<b>", "${x}", "a;b", long] {
            assert!(!taken(&[strange]), "{strange}");
        }
        assert!(!taken(&["a", "a"]) && !taken(&[]));
    }

    #[test]
    fn no_two_ids_that_are_made_are_the_same() {
        let ids = RequestIds::new("5d3f0a91".to_owned());
        let made = [ids.make(), ids.make()];
        assert_eq!(made, ["5d3f0a91-r1", "5d3f0a91-r2"]);
    }
}
