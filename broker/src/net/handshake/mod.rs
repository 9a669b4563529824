//! The handshake: from the bytes of an HTTP request to a session's encoding, or an answer that says what to do.
//!
//! Pure functions: no socket, no clock. The caller reads, asks [`read_head`] about all that it has read so far, and
//! writes the response. How the bytes were cut into reads never changes the outcome.

mod events;
mod head;
mod judge;
mod refusal;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;

use fanfare_protocol::Encoding;

use super::admission::Senders;
pub(crate) use events::EventsRequest;
use head::Parsed;
use refusal::No;
pub(crate) use refusal::{Refusal, refuse};

/// What a handshake must obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Under which names, and for which web pages.
    pub(crate) senders: Senders,
    /// Longest request head, in bytes.
    pub(crate) max_head_bytes: usize,
    /// Where the internal port is, for people who knock at the wrong one, and whether it speaks TLS.
    pub(crate) internal: SocketAddr,
    pub(crate) internal_tls: bool,
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// The head is not complete: read more.
    Partial,
    /// Write the response, unless there is a reason to refuse; what follows the first `head_len` bytes is WebSocket already.
    Done {
        /// The answer: `101`, or `200` where events follow.
        response: Vec<u8>,
        /// What the client asked for.
        accepted: Accepted,
        /// Length of the request, in bytes.
        head_len: usize,
    },
    /// Write the response and close.
    Refused {
        /// The answer, which says what to do instead.
        response: Vec<u8>,
        /// Why, for metrics.
        reason: Refusal,
    },
}

/// What a client asked for in a handshake that succeeded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) wanted: Wanted,
    /// The values of `X-Forwarded-For`, in order: worth as much as who sent them.
    pub(crate) forwarded_for: Vec<Vec<u8>>,
}

/// What the connection is to be.
#[derive(Clone, PartialEq)]
pub(crate) enum Wanted {
    WebSocket {
        /// How frames are written; JSON if the client offered no subprotocol.
        encoding: Encoding,
        /// The token of `Authorization: Bearer`, not looked at.
        bearer: Option<String>,
    },
    /// A stream of events.
    Events(Box<EventsRequest>),
}

impl fmt::Debug for Wanted {
    /// A token never gets into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocket { encoding, bearer } => f
                .debug_struct("WebSocket")
                .field("encoding", encoding)
                .field("bearer", &bearer.as_ref().map(|_| "…"))
                .finish(),
            Self::Events(request) => request.fmt(f),
        }
    }
}

impl Accepted {
    /// The answer to a client that can't be served although its request is sound.
    pub(crate) fn refuse(&self, reason: Refusal) -> Vec<u8> {
        match &self.wanted {
            Wanted::WebSocket { .. } => refuse(reason),
            Wanted::Events(request) => request.refuse(reason, None),
        }
    }
}

/// Reads a request head from all bytes that have arrived, and judges it as soon as it is complete.
pub(crate) fn read_head(bytes: &[u8], policy: &Policy) -> Progress {
    // Only so much is ever looked at: whether it came at once or byte by byte, the outcome is the same.
    let within = &bytes[..bytes.len().min(policy.max_head_bytes)];
    let mut space = head::space();
    let judged = match head::parse(within, &mut space) {
        Parsed::Partial if within.len() < policy.max_head_bytes => return Progress::Partial,
        Parsed::Partial => Err((Refusal::HeadTooLarge.into(), String::new())),
        Parsed::Malformed(reason) => Err((reason.into(), String::new())),
        Parsed::Complete(head) => judge::judge(&head, policy)
            .map(|granted| (granted, head.len))
            .map_err(|no| (no, events::cors(&head, policy))),
    };
    match judged {
        Ok((granted, head_len)) => {
            Progress::Done { response: granted.response, accepted: granted.accepted, head_len }
        }
        Err((No { reason: reason @ Refusal::FrontPage, .. }, _)) => {
            Progress::Refused { response: refusal::front_page(policy), reason }
        }
        Err((No { reason, detail }, cors)) => {
            let headers = if reason == Refusal::Preflight { events::preflight(&cors) } else { cors };
            Progress::Refused { response: refusal::answer(reason, detail.as_deref(), &headers), reason }
        }
    }
}
