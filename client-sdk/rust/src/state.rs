//! How a client is connected, for programs that want to know.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use fanfare_protocol::frame::Welcome;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use tokio::sync::watch;

use crate::closed::Closed;
use crate::error::Error;

/// How a client is connected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State {
    /// The first connection is under way.
    Connecting,
    /// There is a connection.
    Connected {
        /// The name that the broker gave this session; it stands in the broker's logs.
        session: String,
    },
    /// The connection has ended, or could not be had; another is tried for. Requests wait meanwhile.
    Reconnecting {
        /// Tries since a connection lasted, this one included.
        attempt: u32,
        /// Why there is no connection.
        cause: Error,
        /// The pause before this try.
        pause: Duration,
    },
    /// The session has ended.
    Closed(Closed),
}

/// How a client is connected, now and whenever it changes: made by [`Client::states`](crate::Client::states).
///
/// A reader that is slow sees the newest state only. After [`State::Closed`] there are no more.
pub struct States(BoxStream<'static, State>);

/// What the driver says of the session.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) state: State,
    /// What the broker said when it let this client in the last time.
    pub(crate) welcome: Option<Arc<Welcome<'static>>>,
}

impl Status {
    pub(crate) fn connecting() -> Self {
        Self { state: State::Connecting, welcome: None }
    }
}

impl States {
    pub(crate) fn new(mut status: watch::Receiver<Status>) -> Self {
        status.mark_changed();
        Self(unfold(status, next_state).fuse().boxed())
    }

    /// The state now, the first time; then the next one, as soon as it changes.
    pub async fn next(&mut self) -> Option<State> {
        self.0.next().await
    }
}

/// An error means that the driver has gone, and what it said last has been seen.
async fn next_state(mut status: watch::Receiver<Status>) -> Option<(State, watch::Receiver<Status>)> {
    status.changed().await.ok()?;
    let state = status.borrow_and_update().state.clone();
    Some((state, status))
}

impl Stream for States {
    type Item = State;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<State>> {
        self.0.poll_next_unpin(cx)
    }
}

impl std::fmt::Debug for States {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("States")
    }
}
