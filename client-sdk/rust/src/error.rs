//! What can go wrong, sorted by cause; each message says what to do next.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::ErrorCode;
use fanfare_protocol::frame::ErrorFrame;

use crate::closed::Closed;

/// What can go wrong with a call of this crate.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the caller gave breaks a rule; nothing was sent. Mend the call.
    #[error("{0}")]
    Invalid(String),
    /// Nothing answers at the broker's address.
    #[error("can't reach {address}: {source}; check that the broker runs and that the address is right")]
    Connect {
        /// Host and port.
        address: String,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The broker, or a proxy before it, refused the WebSocket handshake.
    #[error("{address} refused the connection with HTTP {status}{}{text}; {}", colon(.text), refusal_step(*.status))]
    Refused {
        /// Host and port.
        address: String,
        /// The HTTP status.
        status: u16,
        /// The text of the answer, cut to a line; may be empty.
        text: String,
    },
    /// Something answers that is no Fanfare broker.
    #[error(
        "{address} does not answer like a Fanfare broker: {detail}; check the host, the port and the path"
    )]
    Handshake {
        /// Host and port.
        address: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// The session has ended.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The broker refused a request; the session lives on.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No answer in time.
    #[error(
        "no answer to {what} within {after:?}; the outcome is unknown: try again, a publish with the same key"
    )]
    Timeout {
        /// Which request.
        what: &'static str,
        /// How long the client waited.
        after: Duration,
    },
    /// The broker gave another answer than the request asks for: a fault of the broker.
    #[error("the broker answered {what} with another kind of frame; report it")]
    WrongAnswer {
        /// Which request.
        what: &'static str,
    },
}

impl Error {
    /// The broker's code, if it refused a request.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Request(error) => Some(error.code),
            _ => None,
        }
    }

    /// Says that a name of a topic or pattern breaks the rules.
    pub(crate) fn name(kind: &str, text: &str, rule: impl std::fmt::Display) -> Self {
        Self::Invalid(format!("the {kind} {text:?} {rule}"))
    }
}

/// A request that the broker refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the broker says {code}: {message}{}", again(*.retry_after))]
pub struct RequestError {
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why and what to do, for people.
    pub message: String,
    /// When to try again, where the broker says so.
    pub retry_after: Option<Duration>,
    /// After a `conflict`: the actual last sequence of the topic.
    pub seq: Option<u64>,
}

impl From<ErrorFrame<'_>> for RequestError {
    fn from(frame: ErrorFrame<'_>) -> Self {
        Self {
            code: frame.code,
            message: frame.message.into_owned(),
            retry_after: frame.retry_after_ms.map(Duration::from_millis),
            seq: frame.seq,
        }
    }
}

fn again(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |after| format!("; try again in {after:?}"))
}

fn colon(text: &str) -> &'static str {
    if text.is_empty() { "" } else { ": " }
}

fn refusal_step(status: u16) -> &'static str {
    match status {
        401 => "connect with a valid token",
        403 => "ask the operator for the permission, or for this origin to be allowed",
        404 => "check host, port and path: clients connect to the client port, at /ws",
        429 | 503 => "try again after a short pause",
        _ => "check the host, the port and the path",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_status_text_and_the_next_step() {
        let refused = Error::Refused { address: "localhost:7440".into(), status: 503, text: "full".into() };
        assert_eq!(
            refused.to_string(),
            "localhost:7440 refused the connection with HTTP 503: full; try again after a short pause"
        );
    }

    #[test]
    fn a_refused_request_says_when_to_try_again() {
        let error = RequestError {
            code: ErrorCode::RateLimited,
            message: "too many publishes".into(),
            retry_after: Some(Duration::from_millis(500)),
            seq: None,
        };
        assert_eq!(error.to_string(), "the broker says rate_limited: too many publishes; try again in 500ms");
    }
}
