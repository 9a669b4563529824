//! The log: a stream's retained messages in sequence order, in chunks so that any one can go at a small cost.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::message::Message;

/// The memory that a message takes in the log beside itself, in bytes, at most: a slot in a chunk that is three quarters
/// full, and its part of a chunk that is a quarter full. The first and the last chunk, of 2 KiB each, come on top.
pub(crate) const SLOT_BYTES: usize = 2 * size_of::<Arc<Message>>();
/// Most messages in a chunk. Removing one moves at most half of them.
const CHUNK_MESSAGES: usize = 256;
/// Neighbours that hold no more than this together become one chunk.
const MERGE_MESSAGES: usize = CHUNK_MESSAGES / 2;
/// Chunks that there is room for at least, so that a log of few messages does not allocate for each of them.
const CHUNKS_MIN: usize = 4;

type Chunk = VecDeque<Arc<Message>>;

/// Messages in ascending sequence order, with holes where retention took some.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// No chunk is empty, and neighbours hold more than [`MERGE_MESSAGES`] together, but for the first. All but the last
    /// and the first give back their memory when a quarter of them is gone.
    chunks: VecDeque<Chunk>,
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

    /// The message that goes after `at` others, if it is near.
    pub(crate) fn soon(&self, at: usize) -> Option<&Arc<Message>> {
        self.chunks.front()?.get(at)
    }

    /// Takes out the oldest message.
    pub(crate) fn pop_first(&mut self) -> Option<Arc<Message>> {
        let chunk = self.chunks.front_mut()?;
        let message = chunk.pop_front()?;
        if chunk.is_empty() {
            self.chunks.pop_front();
            self.give_back();
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

    /// The messages with a sequence under `before`, descending.
    pub(crate) fn before(&self, before: u64) -> impl Iterator<Item = &Arc<Message>> {
        let chunks = self.chunks.partition_point(|chunk| last_seq(chunk) < before);
        let within = move |chunk: &Chunk| chunk.partition_point(|m| m.seq() < before);
        let part =
            self.chunks.get(chunks).into_iter().flat_map(move |chunk| chunk.range(..within(chunk)).rev());
        part.chain(self.chunks.range(..chunks).rev().flat_map(|chunk| chunk.iter().rev()))
    }

    /// The first message of this time or later, in milliseconds since 1970; times never fall within a stream.
    pub(crate) fn first_since(&self, time_ms: u64) -> Option<&Arc<Message>> {
        let last_time = |chunk: &Chunk| chunk.back().map_or(0, |m| m.time_ms());
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

    /// After a removal: drops the chunk if it is empty, joins it with a neighbour if both are small, and gives back the
    /// memory of what went. Each costs no more than a few of the removals that brought it about.
    fn tidy(&mut self, at: usize) {
        if self.chunks.get(at).is_some_and(VecDeque::is_empty) {
            self.chunks.remove(at);
            return self.give_back();
        }
        self.join(at);
        if let Some(before) = at.checked_sub(1) {
            self.join(before);
        }
        let is_last = at + 1 >= self.chunks.len();
        // The last one is about to be filled.
        if let Some(chunk) = self.chunks.get_mut(at).filter(|_| !is_last)
            && 4 * chunk.len() <= 3 * chunk.capacity()
        {
            chunk.shrink_to_fit();
        }
    }

    /// Joins a chunk with the next one if both are small.
    fn join(&mut self, at: usize) {
        let len = |at: usize| self.chunks.get(at).map_or(CHUNK_MESSAGES, VecDeque::len);
        if len(at) + len(at + 1) > MERGE_MESSAGES {
            return;
        }
        if let Some(mut next) = self.chunks.remove(at + 1)
            && let Some(chunk) = self.chunks.get_mut(at)
        {
            chunk.reserve_exact(next.len());
            chunk.append(&mut next);
        }
        self.give_back();
    }

    /// Gives back the memory of chunks that are gone.
    fn give_back(&mut self) {
        let len = self.chunks.len();
        if len == 0 || (self.chunks.capacity() > CHUNKS_MIN && len <= self.chunks.capacity() / 4) {
            self.chunks.shrink_to(2 * len);
        }
    }

    /// The memory that chunks take in truth, in bytes.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        let chunks = self.chunks.iter().map(|chunk| chunk.capacity() * size_of::<Arc<Message>>());
        chunks.sum::<usize>() + self.chunks.capacity() * size_of::<Chunk>()
    }
}

fn last_seq(chunk: &Chunk) -> u64 {
    chunk.back().map_or(0, |message| message.seq())
}
