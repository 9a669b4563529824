//! All of a stream that outlives a planned restart, as a plain value.

use std::sync::Arc;

use fanfare_protocol::{Epoch, Pattern, StreamName, Topic};

use crate::engine::append::Key;
use crate::engine::message::Message;

/// All of a stream that outlives a planned restart.
#[derive(Debug)]
pub(crate) struct SavedStream {
    pub(crate) name: StreamName,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) epoch: Epoch,
    pub(crate) marks: Marks,
    /// Every topic with a retained message, and the newest of its sequences that retention took.
    pub(crate) topics: Vec<(Topic, u64)>,
    /// What is retained, ascending; its memory is shared.
    pub(crate) messages: Vec<Arc<Message>>,
    /// In the order in which they are forgotten.
    pub(crate) keys: Vec<SavedKey>,
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The newest sequence; 0 before the first.
    pub(crate) head: u64,
    /// The time of the newest message, in milliseconds since 1970.
    pub(crate) last_time_ms: u64,
    /// The newest sequence that retention took.
    pub(crate) removed_through: u64,
    /// The newest that left its topic with none.
    pub(crate) unreplaced_through: u64,
}

/// A key that is still remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedKey {
    pub(crate) key: Key,
    /// The sequence of the message that was published with it.
    pub(crate) seq: u64,
    /// When it is forgotten, in milliseconds since 1970: the monotonic clock does not outlive the process.
    pub(crate) until_ms: u64,
}
