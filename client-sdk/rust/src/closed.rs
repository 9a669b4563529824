//! Why a session or a subscription ended, and what to do then.

use std::fmt;
use std::time::Duration;

use fanfare_protocol::codes::Reconnect;
use fanfare_protocol::{CloseCode, ErrorCode};

use crate::request_error::RequestError;

/// Code of a normal close (WebSocket).
const NORMAL: u16 = 1000;
/// WebSocket's code for a close frame without one.
pub(crate) const NO_CODE: u16 = 1005;

/// Why a session ended. Its text says what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// This program closed it, or dropped the last handle.
    ByClient,
    /// The broker closed it.
    ByBroker {
        /// Code of the WebSocket close frame; 1005 if there was none.
        code: u16,
        /// What the broker said; may be empty.
        reason: String,
    },
    /// The connection broke.
    Lost {
        /// What the operating system said.
        detail: String,
    },
    /// Nothing came from the broker for this long, so the connection counts as dead.
    Silent {
        /// Two of the broker's heartbeats.
        after: Duration,
    },
    /// The broker did not answer `hello` in time.
    NoWelcome {
        /// What is left of the connect time-out.
        after: Duration,
    },
    /// The broker sent what this client can't read.
    Unreadable {
        /// What is wrong with it.
        detail: String,
    },
    /// The broker sent a message that is larger than this client takes.
    TooLarge {
        /// What it takes.
        max_incoming_bytes: usize,
    },
    /// The broker, or a proxy before it, refused the handshake of a new connection for good.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The text of the answer, cut to a line; may be empty.
        text: String,
    },
    /// No connection could be had for so long that this client gave up.
    GaveUp {
        /// How long it tried.
        after: Duration,
        /// What the last try ended with.
        last: String,
    },
}

/// Why a subscription ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The broker ended it, for this reason.
    Unsubscribed(Option<ErrorCode>),
    /// The broker refused to resume it after a break.
    NotResumed(RequestError),
    /// Its session ended.
    Closed(Closed),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsubscribed(Some(code)) => write!(f, "the broker ended the subscription ({code})"),
            Self::Unsubscribed(None) => f.write_str("the broker ended the subscription"),
            Self::NotResumed(error) => write!(f, "the subscription could not be resumed: {error}"),
            Self::Closed(closed) => closed.fmt(f),
        }
    }
}

impl std::error::Error for End {}

impl Closed {
    /// Whether and when it makes sense to connect again.
    pub fn reconnect(&self) -> Reconnect {
        match self {
            Self::ByClient | Self::Unreadable { .. } | Self::TooLarge { .. } | Self::Refused { .. } => {
                Reconnect::Never
            }
            Self::ByBroker { code, .. } => Reconnect::after(*code),
            Self::Lost { .. } | Self::Silent { .. } | Self::NoWelcome { .. } | Self::GaveUp { .. } => {
                Reconnect::BackOff
            }
        }
    }

    fn next_step(&self) -> &'static str {
        let known = match self {
            Self::ByClient => return "connect again to go on",
            Self::Unreadable { .. } => return "use a client of the broker's version, and report it",
            Self::TooLarge { .. } => return "connect again with a larger max_incoming_bytes",
            Self::Refused { status, .. } => return refusal_step(*status),
            Self::ByBroker { code, .. } => CloseCode::from_number(*code),
            _ => None,
        };
        match known {
            Some(CloseCode::Unauthenticated | CloseCode::TokenExpired) => "connect with a new token",
            Some(CloseCode::Forbidden) => "ask the operator for the permission",
            Some(CloseCode::TooLarge) => "send smaller messages",
            Some(CloseCode::TooManySessions) => {
                "end another session of this subject, or ask the operator for more, and connect again"
            }
            Some(CloseCode::TooSlow) => "connect again and read faster, or subscribe to less",
            Some(CloseCode::Protocol) => "use a client of the broker's version, and report it",
            _ => match self.reconnect() {
                Reconnect::Never => "don't connect again: the same would happen",
                Reconnect::BackOff => "connect again after a short pause",
                Reconnect::Now => "connect again now",
            },
        }
    }
}

impl Closed {
    /// Why, without what to do next.
    pub fn reason(&self) -> impl fmt::Display {
        fmt::from_fn(|f| self.write_reason(f))
    }

    fn write_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByClient => f.write_str("this client closed the session"),
            Self::ByBroker { code: NORMAL, reason } if reason.is_empty() => {
                f.write_str("the broker ended the session (1000)")
            }
            Self::ByBroker { code: NO_CODE, .. } => {
                f.write_str("the broker closed the session without a reason")
            }
            Self::ByBroker { code, reason } => {
                write!(f, "the broker closed the session with {code}")?;
                if let Some(code) = CloseCode::from_number(*code) {
                    write!(f, " ({})", code.as_str())?;
                }
                write!(f, "{}{reason}", colon(reason))
            }
            Self::Lost { detail } => write!(f, "the connection broke: {detail}"),
            Self::Silent { after } => write!(f, "nothing came from the broker for {after:.1?}"),
            Self::NoWelcome { after } => {
                write!(f, "the broker did not welcome this session within {after:.1?}")
            }
            Self::Unreadable { detail } => write!(f, "the broker sent a frame that can't be read: {detail}"),
            Self::TooLarge { max_incoming_bytes } => {
                write!(f, "the broker sent a message of more than {max_incoming_bytes} bytes")
            }
            Self::Refused { status, text } => {
                write!(f, "the connection was refused with HTTP {status}{}{text}", colon(text))
            }
            Self::GaveUp { after, last } => write!(f, "no connection for {after:.1?}; at last: {last}"),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_reason(f)?;
        match self {
            // What happened last says what to do.
            Self::GaveUp { .. } => Ok(()),
            _ => write!(f, "; {}", self.next_step()),
        }
    }
}

impl std::error::Error for Closed {}

/// What stands before a text that may be empty.
pub(crate) fn colon(text: &str) -> &'static str {
    if text.is_empty() { "" } else { ": " }
}

/// What to do after a handshake that was refused with this HTTP status.
pub(crate) fn refusal_step(status: u16) -> &'static str {
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

    fn by_broker(code: u16) -> Closed {
        Closed::ByBroker { code, reason: String::new() }
    }

    #[test]
    fn every_close_says_what_to_do_next() {
        let cases = [
            (by_broker(4001), "connect with a new token"),
            (by_broker(4101), "read faster"),
            (by_broker(4200), "connect again now"),
            (by_broker(4999), "after a short pause"),
            (Closed::ByClient, "connect again to go on"),
            (Closed::Lost { detail: "reset".into() }, "after a short pause"),
        ];
        for (closed, step) in cases {
            assert!(closed.to_string().contains(step), "{closed}");
        }
    }

    #[test]
    fn the_reason_that_the_broker_gave_is_shown() {
        let closed = Closed::ByBroker { code: 4003, reason: "revoked".into() };
        assert_eq!(
            closed.to_string(),
            "the broker closed the session with 4003 (forbidden): revoked; ask the operator for the permission"
        );
    }
}
