//! What the model says when the broker breaks a promise.

use std::fmt;

/// The promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    /// Bytes to a client are whole frames that can be read.
    Frames,
    /// A subscription hears only after `subscribed` and before `unsubscribed`.
    Opened,
    /// Sequence order, each once; ephemeral messages as they were published.
    Order,
    /// Only what matches, was asked for, and is not hidden; unchanged.
    Content,
    /// Nothing is left out without a gap in its place.
    Silence,
    /// No gap over what is still there.
    FalseGap,
    /// Positions are whole, and where the subscription stands.
    Position,
    /// `behind` and `live` take turns.
    Stage,
    /// `recovered` says whether a gap starts the replay.
    Recovered,
    /// Another epoch or a position from the future is told as `reset`.
    Reset,
    /// A ping promises no more than was delivered.
    Ping,
    /// Ephemeral messages are delivered or counted.
    Count,
    /// What waits in a queue is bounded.
    Bound,
    /// With publishers quiet, everything arrives and everyone is live at the head.
    Rest,
    /// Retention takes what it must and nothing else.
    Retention,
    /// Requests are answered as the specification says.
    Answer,
    /// History gives what is retained.
    History,
    /// Conflation: at most `max_rate` batches a second.
    Rate,
    /// The broker does not panic.
    Panic,
}

/// A broken promise, with what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) check: Check,
    detail: String,
}

impl Violation {
    pub(super) fn new(check: Check, detail: impl Into<String>) -> Self {
        Self { check, detail: detail.into() }
    }

    /// The same, said of someone.
    pub(super) fn of(self, who: impl fmt::Display) -> Self {
        Self { detail: format!("{who}: {}", self.detail), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.check, self.detail)
    }
}

pub(super) type Checked<T = ()> = Result<T, Violation>;

/// Fails with this promise unless it holds; the detail is made only then.
pub(super) fn ensure(holds: bool, check: Check, detail: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation::new(check, detail())) }
}
