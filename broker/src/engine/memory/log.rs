//! The log: a stream's retained messages in sequence order, in chunks so that any one can go at a small cost.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::message::Message;

/// Most messages in a chunk. Removing one moves at most half of them.
const CHUNK_MESSAGES: usize = 256;
/// Neighbours that hold no more than this together become one chunk.
const MERGE_MESSAGES: usize = CHUNK_MESSAGES / 2;

/// Messages in ascending sequence order, with holes where retention took some.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// No chunk is empty.
    chunks: VecDeque<VecDeque<Arc<Message>>>,
    len: usize,
}

impl Log {
    /// Appends a message; its sequence is over every one in the log.
    pub(crate) fn push(&mut self, message: Arc<Message>) {
        debug_assert!(
            self.chunks.back().and_then(VecDeque::back).is_none_or(|last| last.seq() < message.seq())
        );
        self.len += 1;
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK_MESSAGES => chunk.push_back(message),
            _ => self.chunks.push_back(VecDeque::from([message])),
        }
    }

    /// The oldest message.
    pub(crate) fn first(&self) -> Option<&Arc<Message>> {
        self.chunks.front()?.front()
    }

    /// Takes out the oldest message.
    pub(crate) fn pop_first(&mut self) -> Option<Arc<Message>> {
        let chunk = self.chunks.front_mut()?;
        let message = chunk.pop_front()?;
        if chunk.is_empty() {
            self.chunks.pop_front();
        }
        self.len -= 1;
        Some(message)
    }

    /// Takes out the message with this sequence, if it is there.
    pub(crate) fn remove(&mut self, seq: u64) -> Option<Arc<Message>> {
        let (chunk_at, at) = self.find(seq)?;
        let chunk = self.chunks.get_mut(chunk_at)?;
        let message = chunk.remove(at)?;
        self.len -= 1;
        self.tidy(chunk_at);
        Some(message)
    }

    /// The messages with a sequence over `after`, ascending.
    pub(crate) fn after(&self, after: u64) -> impl Iterator<Item = &Arc<Message>> {
        let chunk_at = self.chunks.partition_point(|chunk| last_seq(chunk) <= after);
        let at = self.chunks.get(chunk_at).map_or(0, |chunk| chunk.partition_point(|m| m.seq() <= after));
        self.chunks.range(chunk_at..).flatten().skip(at)
    }

    /// The first message of this time or later, in milliseconds since 1970; times never fall within a stream.
    pub(crate) fn first_since(&self, time_ms: u64) -> Option<&Arc<Message>> {
        let last_time = |chunk: &VecDeque<Arc<Message>>| chunk.back().map_or(0, |m| m.time_ms());
        let chunk = self.chunks.get(self.chunks.partition_point(|chunk| last_time(chunk) < time_ms))?;
        chunk.get(chunk.partition_point(|message| message.time_ms() < time_ms))
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn find(&self, seq: u64) -> Option<(usize, usize)> {
        let chunk_at = self.chunks.partition_point(|chunk| last_seq(chunk) < seq);
        let at = self.chunks.get(chunk_at)?.binary_search_by_key(&seq, |message| message.seq()).ok()?;
        Some((chunk_at, at))
    }

    /// Drops the chunk if it is empty, or joins it with the next if both are small.
    fn tidy(&mut self, at: usize) {
        let len = |at: usize| self.chunks.get(at).map(VecDeque::len);
        match (len(at), len(at + 1)) {
            (Some(0), _) => {
                self.chunks.remove(at);
            }
            (Some(mine), Some(next)) if mine + next <= MERGE_MESSAGES => {
                if let Some(mut next) = self.chunks.remove(at + 1)
                    && let Some(chunk) = self.chunks.get_mut(at)
                {
                    chunk.append(&mut next);
                }
            }
            _ => {}
        }
    }
}

fn last_seq(chunk: &VecDeque<Arc<Message>>) -> u64 {
    chunk.back().map_or(0, |message| message.seq())
}
