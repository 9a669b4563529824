//! A count of the frames that carry no request, by the second.

use std::time::Duration;

use crate::clock::Moment;

const WINDOW: Duration = Duration::from_secs(1);

/// How many frames without a request came in the running second.
#[derive(Debug)]
pub(super) struct Overhead {
    since: Moment,
    frames: u32,
}

impl Overhead {
    pub(super) fn new(now: Moment) -> Self {
        Self { since: now, frames: 0 }
    }

    /// Adds frames; returns how many came in this second.
    pub(super) fn count(&mut self, frames: u32, now: Moment) -> u32 {
        if now.since(self.since) >= WINDOW {
            *self = Self::new(now);
        }
        self.frames = self.frames.saturating_add(frames);
        self.frames
    }
}
