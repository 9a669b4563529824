//! How far a session has come.

use std::time::{Duration, Instant};

use crate::closed::Closed;

/// How far a session has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// `hello` is under way. Requests may follow it at once.
    Greeting { until: Instant, timeout: Duration },
    /// The broker said `welcome`.
    Open,
    /// The session is to end for this reason: first the answers under way, then the close frames of both sides.
    Closing { why: Closed, until: Instant, said_goodbye: bool },
    /// Nothing goes in or out any more.
    Ended(Closed),
}
