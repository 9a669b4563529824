//! What a person is told of a connection that is lost and comes back.

use std::future::pending;
use std::time::{Duration, Instant};

use fanfare_client::{Client, Closed, Error, State, States};

/// How a connection changes, told once for each break.
pub(super) struct Breaks {
    states: States,
    lost_at: Option<Instant>,
}

/// How a connection has changed.
pub(super) enum Turn {
    /// It is lost, for this reason.
    Lost(Error),
    /// It is back, after this time.
    Back(Duration),
}

impl Breaks {
    pub(super) fn of(client: &Client) -> Self {
        Self { states: client.states(), lost_at: None }
    }

    /// The next change; none any more when the session has ended. Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Turn> {
        loop {
            match (self.states.next().await?, self.lost_at) {
                (State::Reconnecting { cause, .. }, None) => {
                    self.lost_at = Some(Instant::now());
                    return Some(Turn::Lost(cause));
                }
                (State::Connected { .. }, Some(lost_at)) => {
                    self.lost_at = None;
                    return Some(Turn::Back(lost_at.elapsed()));
                }
                _ => {}
            }
        }
    }

    /// Tells of every change, and never ends.
    pub(super) async fn tell<Never>(mut self, tell: impl Fn(String)) -> Never {
        while let Some(turn) = self.next().await {
            match turn {
                Turn::Lost(cause) => tell(lost(&cause)),
                Turn::Back(after) => tell(back(Some(after))),
            }
        }
        pending().await
    }

    /// Waits until there is no connection.
    pub(super) async fn lost(mut self) {
        while let Some(Turn::Back(_)) = self.next().await {}
    }
}

/// Says that the connection is lost, and why.
pub(super) fn lost(cause: &Error) -> String {
    let why = match cause {
        Error::Closed(Closed::Lost { detail }) => detail.clone(),
        Error::Closed(closed) => closed.reason().to_string(),
        other => other.to_string(),
    };
    format!("connection lost ({why}); reconnecting")
}

/// Says that the connection is back. It may have been gone so shortly that nobody noticed when.
pub(super) fn back(after: Option<Duration>) -> String {
    match after {
        Some(after) => format!("connected again after {:.1} s", after.as_secs_f64()),
        None => "connected again".to_owned(),
    }
}
