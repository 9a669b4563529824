//! A timer that is cheap to move: deadlines mostly move later, and then it is left alone until it fires.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

/// A timer for one task.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Alarm {
    /// Ready at `due` or before (then the deadline has moved): look at the clock and ask again.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, due: Instant) -> Poll<()> {
        if self.sleep.as_ref().is_some_and(|(at, _)| *at > due) {
            self.sleep = None;
        }
        let (_, sleep) = self.sleep.get_or_insert_with(|| (due, Box::pin(sleep_until(due.into()))));
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(())
    }
}
