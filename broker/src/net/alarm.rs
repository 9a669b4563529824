//! An alarm: wakes a shard's loop at a moment that may change at any time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

use crate::clock::{self, Moment};

/// A timer that is set anew at each poll.
#[derive(Debug)]
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    at: Option<Moment>,
}

impl Alarm {
    /// Needs the context of a tokio runtime.
    pub(super) fn new() -> Self {
        Self { sleep: Box::pin(tokio::time::sleep(std::time::Duration::ZERO)), at: None }
    }

    /// Ready once it is `at`; never, while that is none.
    pub(super) fn poll(&mut self, at: Option<Moment>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = at else {
            self.at = None;
            return Poll::Pending;
        };
        if self.at != Some(at) {
            self.at = Some(at);
            self.sleep.as_mut().reset(Instant::now() + at.since(clock::now()));
        }
        self.sleep.as_mut().poll(cx).map(|()| self.at = None)
    }
}
