//! Refusals in the log: why clients are turned away, sent away or not served, one line of a kind at a time.
//!
//! Each has its count in the metrics and its code on the wire; these lines tell an operator who looks only here. None
//! carries a token: they have no more than an address, a session's name, a request's id, and the text that the client got.

use std::net::IpAddr;

use fanfare_protocol::{CloseCode, ErrorCode};

use super::handshake::Refusal;
use crate::clock;
use crate::notice::Notices;

/// What tells of refusals, for all threads together.
#[derive(Debug)]
pub(super) struct Refusals {
    handshakes: Notices,
    closes: Notices,
    requests: Notices,
    subjects: Notices,
}

/// Closes by which the broker refuses to go on with a session.
const CLOSES: &[CloseCode] = &[
    CloseCode::Protocol,
    CloseCode::Unauthenticated,
    CloseCode::TokenExpired,
    CloseCode::Forbidden,
    CloseCode::TooLarge,
    CloseCode::OverCapacity,
    CloseCode::TooSlow,
    CloseCode::Flood,
    CloseCode::NoHello,
];

/// Errors that say no to what a client asked well.
const REQUESTS: &[ErrorCode] = &[
    ErrorCode::Unauthenticated,
    ErrorCode::Forbidden,
    ErrorCode::TooLarge,
    ErrorCode::RateLimited,
    ErrorCode::LimitExceeded,
    ErrorCode::Unavailable,
];

/// A subject has as many sessions as one may.
const SUBJECT: &str = CloseCode::TooManySessions.as_str();

/// Reasons but for those that are nobody's fault: somebody looks what is here, or goes away.
fn refused() -> impl Iterator<Item = Refusal> {
    let all = Refusal::ALL.iter().copied();
    all.filter(|reason| !matches!(reason, Refusal::FrontPage | Refusal::Preflight | Refusal::Lost))
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            handshakes: Notices::new(refused().map(Refusal::as_str)),
            closes: Notices::new(CLOSES.iter().map(|code| code.as_str())),
            requests: Notices::new(REQUESTS.iter().map(|code| code.as_str())),
            subjects: Notices::new([SUBJECT]),
        }
    }

    /// A connection is refused before it is a session.
    pub(super) fn handshake(&self, reason: Refusal, address: IpAddr) {
        let (reason, now) = (reason.as_str(), clock::now());
        if let Some(untold) = self.handshakes.admit(reason, now) {
            tracing::warn!(reason, %address, untold, "a connection is refused");
        }
    }

    /// A session is at its end; `reason` is the word for the metrics.
    pub(super) fn closed(&self, reason: &str, session: impl FnOnce() -> String) {
        if let Some(untold) = self.closes.admit(reason, clock::now()) {
            tracing::warn!(reason, session = session(), untold, "a session is sent away");
        }
    }

    /// A session is sent away because its subject has enough of them. The operator needs to know whose they are.
    pub(super) fn subject(&self, subject: &str, session: impl FnOnce() -> String) {
        if let Some(untold) = self.subjects.admit(SUBJECT, clock::now()) {
            tracing::warn!(reason = SUBJECT, ?subject, session = session(), untold, "a session is sent away");
        }
    }

    /// A request of a session is answered with an error; `request` is its `id`.
    pub(super) fn request(
        &self,
        code: ErrorCode,
        message: &str,
        session: impl FnOnce() -> String,
        request: Option<u64>,
    ) {
        let code = code.as_str();
        if let Some(untold) = self.requests.admit(code, clock::now()) {
            tracing::warn!(
                code,
                detail = message,
                session = session(),
                request,
                untold,
                "a request is refused"
            );
        }
    }

    /// A request over HTTP is answered with a problem.
    pub(super) fn http(&self, code: ErrorCode, message: &str, request: &str, route: &str) {
        let code = code.as_str();
        if let Some(untold) = self.requests.admit(code, clock::now()) {
            tracing::warn!(code, detail = message, request, route, untold, "a request is refused");
        }
    }
}
