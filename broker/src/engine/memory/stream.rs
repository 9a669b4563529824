//! A stream: one lock around what it retains, under which every message gets its place and goes out in that order.

use std::fmt::Write as _;
use std::sync::Arc;

use fanfare_protocol::{Epoch, Pattern, StreamName, StreamPosition, Topic};

use super::retained::{Removed, Retained};
use crate::engine::message::{Draft, Message, StreamIndex};
use crate::engine::read::{Batch, Begin, Cursor, Lost, ReadBudget, StartAt};
use crate::engine::settings::StreamConfig;
use crate::sync::Mutex;

/// A retained log over a set of patterns.
#[derive(Debug)]
pub(crate) struct Stream {
    index: StreamIndex,
    epoch: Epoch,
    config: StreamConfig,
    retained: Mutex<Retained>,
}

/// What a stream holds now, for metrics.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) topics: u64,
    pub(crate) head: u64,
}

impl Stream {
    pub(crate) fn new(index: StreamIndex, config: &StreamConfig) -> Result<Self, getrandom::Error> {
        Ok(Self { index, epoch: new_epoch()?, config: config.clone(), retained: Mutex::default() })
    }

    /// Appends a message. `send` is called with it under the lock, so that everyone it sends to sees stream order.
    pub(crate) fn append(&self, draft: Draft, wall_ms: u64, send: impl FnOnce(&Arc<Message>)) -> u64 {
        let mut removed = Removed::new();
        let mut retained = self.retained.lock();
        let message = retained.append(draft, self.index, &self.config, wall_ms, &mut removed);
        send(&message);
        drop(retained);
        message.seq()
    }

    /// Where a reading of this pattern begins that is to start at `at`.
    pub(crate) fn begin(&self, at: StartAt<'_>, pattern: &Pattern) -> Begin {
        self.retained.lock().begin(at, &self.epoch, pattern)
    }

    /// Reads on from a cursor. `at_head` is called under the lock if nothing is left to read: whoever registered for
    /// this stream gets every later message, and none of the earlier ones, from then on.
    pub(crate) fn read(
        &self,
        cursor: &mut Cursor,
        pattern: &Pattern,
        budget: ReadBudget,
        at_head: impl FnOnce(),
    ) -> Batch {
        let retained = self.retained.lock();
        let batch = retained.read(cursor, pattern, budget);
        if batch.at_head {
            at_head();
        }
        batch
    }

    /// What retention took after a sequence that may have matched a pattern.
    pub(crate) fn missing(&self, after: u64, pattern: &Pattern) -> Option<Lost> {
        self.retained.lock().missing(after, pattern)
    }

    /// Takes out messages over the age limit, a few at a time with the lock released between.
    pub(crate) fn sweep(&self, wall_ms: u64) {
        loop {
            let mut removed = Removed::new();
            if !self.retained.lock().expire(wall_ms, &self.config, &mut removed) {
                return;
            }
        }
    }

    /// The newest sequence and its epoch.
    pub(crate) fn head(&self) -> StreamPosition {
        self.position(self.retained.lock().head())
    }

    /// A position in this stream.
    pub(crate) fn position(&self, seq: u64) -> StreamPosition {
        StreamPosition { epoch: self.epoch.clone(), seq }
    }

    pub(crate) fn fill(&self) -> Fill {
        let retained = self.retained.lock();
        Fill {
            messages: retained.messages() as u64,
            bytes: retained.bytes(),
            topics: retained.topics() as u64,
            head: retained.head(),
        }
    }

    pub(crate) fn index(&self) -> StreamIndex {
        self.index
    }

    pub(crate) fn name(&self) -> &StreamName {
        &self.config.name
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Whether a topic is in this stream.
    pub(crate) fn holds(&self, topic: &Topic) -> bool {
        self.config.patterns.iter().any(|pattern| pattern.matches(topic))
    }

    /// Whether a subscription to this pattern meets the stream.
    pub(crate) fn meets(&self, pattern: &Pattern) -> bool {
        self.config.patterns.iter().any(|own| own.overlaps(pattern))
    }
}

/// A name for a new incarnation: 64 random bits, so that no two are ever taken for the same.
fn new_epoch() -> Result<Epoch, getrandom::Error> {
    let mut text = String::with_capacity(16);
    // Writing to a string can't fail.
    let _ = write!(text, "{:016x}", getrandom::u64()?);
    Epoch::new(&text).map_err(|_| getrandom::Error::UNEXPECTED)
}
