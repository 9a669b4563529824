//! A page of history in the making: what it may look at, and the messages that it has room for.

use std::sync::Arc;

use fanfare_protocol::Encoding;

use super::shared::Hub;
use crate::engine::Message;
use crate::outbound::Body;

/// Messages that one page looks at, matching or not, so that a rare pattern holds up no shard; `more` says that the
/// page ended early.
pub(super) const PAGE_SCANNED_MAX: usize = 16 * 1024;
/// What an answer takes beside its messages, at most, in bytes: frame, position, gaps.
const PAGE_OVERHEAD_BYTES: usize = 16 * 1024;

/// The messages of a page, in their encoding.
#[derive(Debug)]
pub(super) struct Bodies {
    encoding: Encoding,
    taken: Vec<Body>,
    most: usize,
    bytes_left: usize,
}

impl Bodies {
    pub(super) fn new(encoding: Encoding, most: usize, bytes: usize) -> Self {
        Self { encoding, taken: Vec::new(), most, bytes_left: bytes }
    }

    /// Takes a message; false if there is no room for it. The first always has some, however large it is.
    pub(super) fn take(&mut self, message: &Arc<Message>) -> bool {
        let body = Body::of(message, self.encoding);
        let bytes = body.bytes().len() + 1;
        if bytes > self.bytes_left && !self.taken.is_empty() {
            return false;
        }
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        self.taken.push(body);
        true
    }

    /// How many more there may be.
    pub(super) fn left(&self) -> usize {
        self.most.saturating_sub(self.taken.len())
    }

    /// How many bytes more they may take.
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    pub(super) fn into_bodies(self) -> Vec<Body> {
        self.taken
    }
}

impl Hub {
    /// What the messages of a page may take, in bytes.
    pub(super) fn page_bytes(&self) -> usize {
        self.limits.max_frame_bytes().saturating_sub(PAGE_OVERHEAD_BYTES)
    }
}
