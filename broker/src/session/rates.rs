//! Rates: what a session sent in the running second, which begins with the first that comes after the one before.

use std::time::Duration;

use super::SessionLimits;
use crate::clock::Moment;

const WINDOW: Duration = Duration::from_secs(1);

/// What came in the running second. Every session has these, so they are small.
#[derive(Debug)]
pub(super) struct Rates {
    since: Moment,
    /// Frames without a request.
    overhead: u32,
    frames: u32,
    publishes: u32,
    bytes: u32,
}

impl Rates {
    pub(super) fn new(now: Moment) -> Self {
        Self { since: now, overhead: 0, frames: 0, publishes: 0, bytes: 0 }
    }

    /// Begins a new second if the one before is over.
    fn at(&mut self, now: Moment) -> &mut Self {
        if now.since(self.since) >= WINDOW {
            *self = Self::new(now);
        }
        self
    }

    /// Adds frames without a request; returns how many came in this second.
    pub(super) fn overhead(&mut self, frames: u32, now: Moment) -> u32 {
        let overhead = &mut self.at(now).overhead;
        *overhead = overhead.saturating_add(frames);
        *overhead
    }

    /// Adds bytes that were read.
    pub(super) fn bytes(&mut self, bytes: usize, now: Moment) {
        let sum = &mut self.at(now).bytes;
        *sum = sum.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Adds a frame.
    pub(super) fn frame(&mut self, now: Moment) {
        let frames = &mut self.at(now).frames;
        *frames = frames.saturating_add(1);
    }

    /// Adds a publish.
    ///
    /// # Errors
    /// It is one too many in this second: the time until the next.
    pub(super) fn publish(&mut self, now: Moment, limits: SessionLimits) -> Result<(), Duration> {
        let rates = self.at(now);
        if rates.publishes as usize >= limits.publishes_per_second {
            return Err(rates.since.plus(WINDOW).since(now));
        }
        rates.publishes += 1;
        Ok(())
    }

    /// When reading may go on, if what came in the last second was all that may come in one. The moment may be past.
    pub(super) fn rest(&self, limits: SessionLimits) -> Option<Moment> {
        let all = self.frames as usize >= limits.frames_per_second
            || self.bytes as usize >= limits.bytes_per_second;
        all.then(|| self.since.plus(WINDOW))
    }
}
