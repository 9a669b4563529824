//! The connection as it comes and goes: waited for, tried for, up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::connector::{Connection, Connector};
use crate::error::Error;
use crate::transport::Transport;

/// A try at a connection that is under way.
type Trying = Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send>>;

/// The connection as it comes and goes.
#[allow(clippy::large_enum_variant, reason = "a client has one, and mostly it is up")]
pub(crate) enum Link {
    /// There is none; the next try is at this time.
    Down(Instant),
    /// One is tried for.
    Trying(Trying),
    /// There is one.
    Up(Transport),
}

impl Link {
    /// When the next try is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self {
            Self::Down(until) => Some(*until),
            Self::Trying(_) | Self::Up(_) => None,
        }
    }

    /// Makes the next try due now, if there is to be one.
    pub(crate) fn hurry(&mut self, now: Instant) {
        if let Self::Down(until) = self {
            *until = now;
        }
    }

    /// Begins the next try if it is due.
    pub(crate) fn tick(&mut self, now: Instant, connector: &Connector) {
        if self.due().is_some_and(|due| due <= now) {
            *self = Self::Trying(Box::pin(connector.clone().connect()));
        }
    }

    /// The outcome of a try.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Connection, Error>> {
        match self {
            Self::Trying(trying) => trying.as_mut().poll(cx),
            Self::Down(_) | Self::Up(_) => Poll::Pending,
        }
    }

    /// The connection, if there is one.
    pub(crate) fn transport(&mut self) -> Option<&mut Transport> {
        match self {
            Self::Up(transport) => Some(transport),
            Self::Down(_) | Self::Trying(_) => None,
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Down(until) => f.debug_tuple("Down").field(until).finish(),
            Self::Trying(_) => f.write_str("Trying"),
            Self::Up(transport) => f.debug_tuple("Up").field(transport).finish(),
        }
    }
}
