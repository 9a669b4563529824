//! What waits in an outbound queue, and in which lane.

use std::sync::Arc;

use super::body::Body;

/// What an entry takes in a lane beside what it points to, in bytes.
pub(super) const ENTRY_BYTES: usize = size_of::<Entry>();

/// Where a frame waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Control,
    Replies,
    Queue,
    Close,
}

/// Something that waits in order.
#[derive(Debug)]
pub(super) enum Entry {
    /// A message for a subscription; its body is shared.
    Message(u32, Body),
    /// A frame of this session alone.
    Frame(Box<[u8]>),
    /// A `ping`, shared by the sessions of a sweep.
    Ping(Arc<[u8]>),
}

impl Entry {
    /// The bytes that the entry keeps waiting: what goes into its frame, but for the part that differs per subscription.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Message(_, body) => body.bytes().len(),
            Self::Frame(payload) => payload.len(),
            Self::Ping(payload) => payload.len(),
        }
    }
}
