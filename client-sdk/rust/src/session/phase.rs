//! How far a session has come.

use std::time::{Duration, Instant};

use crate::closed::Closed;

/// How far a session has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// There is no connection. What is asked waits for the next one.
    Offline,
    /// `hello` is under way, and with it the subscriptions; requests wait for the answer.
    Greeting { until: Instant, timeout: Duration },
    /// The broker said `welcome`.
    Open,
    /// The session is to end for this reason: first the answers under way, then the close frames of both sides.
    Closing { why: Closed, until: Instant, said_goodbye: bool },
    /// Nothing goes in or out any more.
    Ended(Closed),
}
