//! What comes from a broker that is watched, and what its watcher wants.

use std::time::Duration;

use super::chronicle::Turn;
use super::told::{GapTold, HistoryPage, SessionTold, SessionsPage, Stats, StreamsPage};

/// What comes from a broker.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A second of its life.
    Stats(Box<Stats>),
    /// Something happened to a session.
    Session(Turn, SessionTold),
    /// A subscription was told of a gap in a stream.
    Gap(GapTold),
    /// So many of the broker's events did not reach this terminal, where that is known.
    Missed(Option<u64>),
    /// The connection is lost, for this reason.
    Lost(String),
    /// It is back, after this time where that is known.
    Back(Option<Duration>),
    /// Sessions, or why there are none to be had; the same for the others.
    Sessions(Result<SessionsPage, String>),
    Streams(Result<StreamsPage, String>),
    Sample(Result<HistoryPage, String>),
}

/// In what order sessions are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// Those that most bytes wait for first.
    #[default]
    Queue,
    /// Of those that are behind, those that most bytes wait for first.
    Behind,
    /// Oldest first.
    Age,
}

impl Order {
    /// The one after it.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Queue => Self::Behind,
            Self::Behind => Self::Age,
            Self::Age => Self::Queue,
        }
    }

    /// As parameters of `/v1/sessions`.
    pub(super) fn query(self) -> &'static str {
        match self {
            Self::Queue => "sort=queued_bytes",
            Self::Behind => "sort=queued_bytes&behind=true",
            Self::Age => "sort=age",
        }
    }

    /// For people.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Queue => "by queue",
            Self::Behind => "behind",
            Self::Age => "by age",
        }
    }
}

/// What the person at the terminal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    /// Leaves what lies over the others: help, then the whole screen for one panel.
    Back,
    Help,
    /// The next panel, or the one before.
    Focus(Step),
    /// The panel with this number, from 0.
    Panel(usize),
    /// The whole screen for one panel, and back.
    Zoom,
    /// Another order of sessions.
    Order,
    /// Holds what is shown, and goes on.
    Pause,
    Scroll(Step),
    ScrollPage(Step),
    Top,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Forth,
    Back,
}
