//! What can go wrong, sorted by cause; each message says what to do next.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::ErrorCode;

use crate::closed::{Closed, colon, refusal_step};
use crate::request_error::RequestError;

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
    /// There is no secure connection: the broker's certificate is not trusted, or it does not accept ours.
    #[error(
        "no TLS with {address}: {detail}; check that the port speaks TLS, that its certificate is for this host, and \
         that its authority is trusted (the system's, or the one given as `ca`)"
    )]
    Tls {
        /// Host and port.
        address: String,
        /// What is wrong.
        detail: String,
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
    /// There was no token to connect with: what was asked for one failed.
    #[error("no token to connect with: {0}")]
    Token(Arc<dyn std::error::Error + Send + Sync>),
    /// The session has ended. What was asked has not been done.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The connection ended before the answer, and the request could not be sent again: the outcome is unknown.
    #[error(
        "the connection ended before the answer to {what} came ({}); the outcome is unknown: give a message a key, and \
         it is sent again while the broker surely remembers the key",
        why.reason()
    )]
    Interrupted {
        /// Which request.
        what: &'static str,
        /// Why the connection ended.
        why: Closed,
    },
    /// The broker refused a request; the session lives on.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No answer in time.
    #[error(
        "no answer to {what} within {after:?}; the outcome is unknown: try again, a publish with the same key, while \
         the broker remembers that"
    )]
    Timeout {
        /// Which request.
        what: &'static str,
        /// How long the client waited.
        after: Duration,
    },
    /// There was no connection, or no room on it: the request was not sent.
    #[error("{what} could not be sent within {after:?}: there was no connection; try again")]
    NotSent {
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

    /// The pause that the broker wants before the request is tried again, if it refused one and said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Request(error) => error.retry_after,
            _ => None,
        }
    }

    /// Says that a name of a topic or pattern breaks the rules.
    pub(crate) fn name(kind: &str, text: &str, rule: impl std::fmt::Display) -> Self {
        Self::Invalid(format!("the {kind} {text:?} {rule}"))
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
}
