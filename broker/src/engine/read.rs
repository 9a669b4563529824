//! Reading a stream: where a reader stands, how much it may take at once, and what it is told.

use std::ops::ControlFlow;
use std::sync::Arc;

use fanfare_protocol::StreamPosition;

use crate::engine::message::Message;

/// Where a reading is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartAt<'a> {
    /// After the newest message.
    Now,
    /// With the oldest retained message.
    Start,
    /// With the newest retained message of each topic.
    Last,
    /// With the first retained message of this time or later, in milliseconds since 1970.
    Time(u64),
    /// After a position; none stands for the beginning of the stream.
    After(Option<&'a StreamPosition>),
}

/// Where a reading begins, and what its reader is to be told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) cursor: Cursor,
    /// The position is of another epoch or from the future: the reading begins with what is retained.
    pub(crate) reset: bool,
    /// What retention took after the position.
    pub(crate) lost: Option<Lost>,
    /// Whether there is nothing to read: the cursor stands at the newest sequence.
    pub(crate) at_head: bool,
}

/// Where a reader stands in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The last sequence dealt with.
    pub(crate) after: u64,
    /// What retention took up to here, the reader knows of (or did not ask for).
    pub(crate) told_through: u64,
    /// Up to here only the newest message of each topic is wanted.
    pub(crate) newest_through: u64,
    /// What the reader was not told of, for it was gone when it began; none once it was told of all that is gone. It
    /// concerns the reader as long as it stands before the end of it.
    pub(crate) untold: Option<Untold>,
}

/// What a reader did not ask for, among what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untold {
    /// The last sequence of it.
    pub(crate) through: u64,
    /// How many messages the stream had removed late. Once there are more, something that was asked for may have gone.
    pub(crate) late_removals: u64,
}

impl Cursor {
    /// A cursor after a sequence that the reader has dealt with.
    pub(crate) fn after(seq: u64) -> Self {
        Self { after: seq, told_through: 0, newest_through: 0, untold: None }
    }
}

/// Where a reader stands that goes backwards in a stream, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardPlace {
    /// How far back it goes: what a forward reader would not read from here is not for it, either.
    pub(crate) from: Cursor,
    /// The sequence that was looked at last; those before it are next.
    pub(crate) before: u64,
    /// Whether nothing is left to read.
    pub(crate) at_start: bool,
}

/// How much one reading may take, so that no lock is held for long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadBudget {
    /// Messages to look at, matching or not.
    scanned_max: usize,
    /// Messages to return.
    messages_max: usize,
    /// Bytes of messages to return; one is always returned.
    bytes_max: usize,
    /// Nothing after this sequence is read.
    pub(super) through: u64,
    /// Whether a message was taken: the first is free of the bounds on what is returned.
    taken_any: bool,
}

impl ReadBudget {
    /// Messages that a reading looks at under the lock: about 50 µs worth. Fewer in tests, so that they get there.
    pub(crate) const SCANNED_MAX: usize = if cfg!(test) { 64 } else { 1_024 };

    pub(crate) fn new(messages_max: usize, bytes_max: usize) -> Self {
        Self { scanned_max: Self::SCANNED_MAX, messages_max, bytes_max, through: u64::MAX, taken_any: false }
    }

    /// The same, but up to a sequence only.
    pub(crate) fn through(self, through: u64) -> Self {
        Self { through, ..self }
    }

    /// Pays for looking at one message.
    pub(super) fn scan(&mut self) -> ControlFlow<()> {
        self.scanned_max = match self.scanned_max.checked_sub(1) {
            Some(left) => left,
            None => return ControlFlow::Break(()),
        };
        ControlFlow::Continue(())
    }

    /// Pays for one message; the first is always affordable.
    pub(super) fn take(&mut self, bytes: usize) -> ControlFlow<()> {
        let first = !std::mem::replace(&mut self.taken_any, true);
        if !first && (self.messages_max == 0 || self.bytes_max < bytes) {
            return ControlFlow::Break(());
        }
        self.messages_max = self.messages_max.saturating_sub(1);
        self.bytes_max = self.bytes_max.saturating_sub(bytes);
        ControlFlow::Continue(())
    }
}

/// A range in which matching messages may be missing, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What one reading found.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Ascending.
    pub(crate) messages: Vec<Arc<Message>>,
    /// Comes before the messages.
    pub(crate) lost: Option<Lost>,
    /// Matching messages that were not wanted, for a newer one of their topic is retained.
    pub(crate) passed_over: u64,
    /// Whether nothing is left to read now: the cursor stands at the stream's newest sequence.
    pub(crate) at_head: bool,
}
