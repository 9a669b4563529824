//! Problem documents (RFC 9457): what is wrong with a request, for programs and for people, and what to do.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fanfare_protocol::{ErrorCode, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Denied, Rejection, RevocationsFull};
use crate::hub::{NoAnswer, PublishError};

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// What whoever brings nothing is told.
const MISSING: &str = "a token or an API key is needed here: send it as `Authorization: Bearer …`";
/// When to come back after the broker was too busy for a request.
const BUSY_RETRY: Duration = Duration::from_secs(1);

/// What kind of problem it is. Each has a type, a title and a status of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    InvalidRequest,
    InvalidTopic,
    InvalidPayload,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    LimitExceeded,
    Internal,
    Unavailable,
}

impl Kind {
    /// The last part of its type, its title, its status, and the code that the wire has for it.
    fn facts(self) -> (&'static str, &'static str, StatusCode, ErrorCode) {
        use ErrorCode as Code;
        match self {
            Self::InvalidRequest => {
                ("invalid-request", "Invalid request", StatusCode::BAD_REQUEST, Code::InvalidFrame)
            }
            Self::InvalidTopic => {
                ("invalid-topic", "Invalid topic", StatusCode::BAD_REQUEST, Code::InvalidTopic)
            }
            Self::InvalidPayload => {
                ("invalid-payload", "Invalid payload", StatusCode::BAD_REQUEST, Code::InvalidFrame)
            }
            Self::Unauthenticated => {
                ("unauthenticated", "Unauthenticated", StatusCode::UNAUTHORIZED, Code::Unauthenticated)
            }
            Self::Forbidden => ("forbidden", "Forbidden", StatusCode::FORBIDDEN, Code::Forbidden),
            Self::NotFound => ("not-found", "Not found", StatusCode::NOT_FOUND, Code::NotFound),
            Self::MethodNotAllowed => {
                ("method-not-allowed", "Method not allowed", StatusCode::METHOD_NOT_ALLOWED, Code::UnknownOp)
            }
            Self::Timeout => ("timeout", "Too slow", StatusCode::REQUEST_TIMEOUT, Code::LimitExceeded),
            Self::Conflict => ("conflict", "Conflict", StatusCode::CONFLICT, Code::Conflict),
            Self::TooLarge => ("too-large", "Too large", StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "Unsupported media type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::InvalidFrame,
            ),
            Self::LimitExceeded => {
                ("limit-exceeded", "Limit exceeded", StatusCode::TOO_MANY_REQUESTS, Code::LimitExceeded)
            }
            Self::Internal => {
                ("internal", "Internal error", StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
            }
            Self::Unavailable => {
                ("unavailable", "Unavailable", StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable)
            }
        }
    }
}

/// Where in a request a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

/// What is wrong with one part of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PartFault {
    /// Where the part is.
    #[serde(rename = "in")]
    place: Place,
    /// The name of a parameter or header; of the body, a JSON pointer (RFC 6901) or an empty string.
    #[schema(example = "topic")]
    name: String,
    /// What is wrong with it.
    #[schema(example = "`topic` has an empty segment; remove the extra `.`")]
    detail: String,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document {
    /// Names the kind of problem for programs; it never changes its meaning.
    #[schema(example = "urn:fanfare:problem:invalid-topic")]
    r#type: String,
    /// The kind of problem, for people.
    #[schema(example = "Invalid topic")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong with this request and what to do, for people.
    #[schema(example = "`topic` has an empty segment; remove the extra `.`")]
    detail: String,
    /// The error code that the WebSocket wire has for it.
    #[schema(example = "invalid_topic")]
    code: &'static str,
    /// Which parts of the request are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<PartFault>,
    /// When to try again, in milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// After a conflict: the actual last sequence of the topic; 0 if no message of it is retained.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// The id of the request, as in its answer's `X-Request-Id` and in the broker's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5d3f0a91-r17")]
    request_id: Option<String>,
}

impl Document {
    /// The same, and whose problem it is.
    pub(in crate::net::http) fn of_request(self, id: &str) -> Self {
        Self { request_id: Some(id.to_owned()), ..self }
    }

    /// What is wrong, for people.
    pub(in crate::net::http) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status of the answer.
    pub(super) fn status(&self) -> u16 {
        self.status
    }
}

/// A request that failed.
#[derive(Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    detail: String,
    errors: Vec<PartFault>,
    retry_after: Option<Duration>,
    seq: Option<u64>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            seq: None,
        }))
    }

    /// A part of the request is at fault.
    pub(crate) fn part(kind: Kind, place: Place, name: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(kind, detail);
        let detail = problem.0.detail.clone();
        problem.0.errors.push(PartFault { place, name: name.into(), detail });
        problem
    }

    /// A parameter of the query can't be read.
    pub(crate) fn query(name: &str, detail: impl Into<String>) -> Self {
        Self::part(Kind::InvalidRequest, Place::Query, name, detail)
    }

    /// More is asked of the broker than it can do now.
    pub(crate) fn busy(detail: &str) -> Self {
        Self::new(Kind::Unavailable, detail).retry_after(BUSY_RETRY)
    }

    /// One caller asks more of the broker than their share.
    pub(crate) fn crowded(detail: &str) -> Self {
        Self::new(Kind::LimitExceeded, detail).retry_after(BUSY_RETRY)
    }

    fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// The code that the wire has for it.
    pub(crate) fn code(&self) -> ErrorCode {
        self.0.kind.facts().3
    }

    /// The document.
    pub(crate) fn into_document(self) -> Document {
        let Inner { kind, detail, errors, retry_after, seq } = *self.0;
        let (name, title, status, code) = kind.facts();
        Document {
            r#type: format!("urn:fanfare:problem:{name}"),
            title,
            status: status.as_u16(),
            detail,
            code: code.as_str(),
            errors,
            retry_after_ms: retry_after.map(whole_ms),
            seq,
            request_id: None,
        }
    }
}

/// At least this many milliseconds, so that nobody comes back too early.
fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1)
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let kind = match denied.code() {
            ErrorCode::Unauthenticated => Kind::Unauthenticated,
            _ => Kind::Forbidden,
        };
        Self::new(kind, denied.to_string())
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let detail = match rejection {
            Rejection::Missing => MISSING.to_owned(),
            ref other => other.to_string(),
        };
        match rejection {
            Rejection::Revoked => Self::new(Kind::Forbidden, detail),
            // Its keys are being fetched.
            Rejection::UnknownKey => Self::busy(&detail),
            _ => Self::new(Kind::Unauthenticated, detail),
        }
    }
}

impl From<RevocationsFull> for Problem {
    fn from(full: RevocationsFull) -> Self {
        let pause = Duration::from_millis(full.retry_after_ms);
        Self::new(Kind::LimitExceeded, full.to_string()).retry_after(pause)
    }
}

impl From<NoAnswer> for Problem {
    fn from(no_answer: NoAnswer) -> Self {
        Self::busy(&no_answer.to_string())
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let detail = error.to_string();
        match error {
            PublishError::TooLarge { .. } => Self::new(Kind::TooLarge, detail),
            PublishError::NeedsStream => Self::new(Kind::InvalidRequest, detail),
            PublishError::Conflict { last } => {
                let mut problem = Self::new(Kind::Conflict, detail);
                problem.0.seq = Some(last);
                problem
            }
            PublishError::Stopping => Self::busy(&detail),
            PublishError::KeysFull { retry_after, .. } => {
                Self::new(Kind::LimitExceeded, detail).retry_after(retry_after)
            }
        }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        let kind = match error.code {
            ErrorCode::InvalidTopic => Kind::InvalidTopic,
            _ => Kind::InvalidRequest,
        };
        let pointer = error.field.map_or_else(String::new, |field| format!("/{field}"));
        Self::part(kind, Place::Body, pointer, error.message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (_, _, status, code) = self.0.kind.facts();
        let retry_after = self.0.retry_after.map(|pause| pause.as_millis().div_ceil(1_000).max(1));
        let document = self.into_document();
        let mut response = (status, Json(&document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let retry_after = retry_after.and_then(|seconds| HeaderValue::try_from(seconds.to_string()).ok());
        retry_after.and_then(|seconds| headers.insert(header::RETRY_AFTER, seconds));
        // For those who count errors, and say whose they are.
        response.extensions_mut().insert(code);
        response.extensions_mut().insert(document);
        response
    }
}
