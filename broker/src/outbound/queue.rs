//! The part of an outbound queue that keeps its order, with what is known of it at all times.

use std::collections::VecDeque;

use super::entry::{ENTRY_BYTES, Entry};

/// How far back a new gap looks for one of its subscription that it can join, in entries.
const MERGE_LOOK_BACK: usize = 64;

/// Entries in order, weighed and counted.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    answer_bytes: usize,
    streamed: u32,
    ephemeral: u32,
}

impl Queue {
    pub(super) fn push(&mut self, entry: Entry) {
        self.count(&entry);
        self.entries.push_back(entry);
    }

    /// Adds a gap, or joins it with the one before it of the same subscription. The first `begun` entries stay.
    pub(super) fn push_gap(&mut self, gap: Entry, begun: usize) {
        let recent = self.entries.iter_mut().skip(begun).rev().take(MERGE_LOOK_BACK);
        let neighbour = recent.into_iter().find(|entry| entry.sub() == gap.sub());
        if !neighbour.is_some_and(|neighbour| neighbour.merge(&gap)) {
            self.push(gap);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.uncount(&entry);
        Some(entry)
    }

    /// Takes out what stands at a place.
    pub(super) fn remove(&mut self, at: usize) -> Option<Entry> {
        let entry = self.entries.remove(at)?;
        self.uncount(&entry);
        Some(entry)
    }

    /// Keeps the first entries only.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.entries.len() > len {
            if let Some(entry) = self.entries.pop_back() {
                self.uncount(&entry);
            }
        }
    }

    /// Puts others in the place of all entries.
    pub(super) fn replace(&mut self, entries: VecDeque<Entry>) {
        *self = Self::default();
        for entry in &entries {
            self.count(entry);
        }
        self.entries = entries;
    }

    pub(super) fn take(&mut self) -> VecDeque<Entry> {
        std::mem::take(self).entries
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Of these, those of answers.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// Whether a message waits that can be read again from its stream.
    pub(super) fn has_streamed(&self) -> bool {
        self.streamed > 0
    }

    /// Whether a message waits that is in no stream.
    pub(super) fn has_ephemeral(&self) -> bool {
        self.ephemeral > 0
    }

    /// Gives back memory while nothing waits.
    pub(super) fn shrink(&mut self) {
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }

    fn count(&mut self, entry: &Entry) {
        let bytes = entry.bytes() + ENTRY_BYTES;
        self.bytes += bytes;
        match entry {
            Entry::Answer(..) => self.answer_bytes += bytes,
            Entry::Message(_, body) if body.message().place().is_some() => self.streamed += 1,
            Entry::Message(..) => self.ephemeral += 1,
            _ => {}
        }
    }

    fn uncount(&mut self, entry: &Entry) {
        let bytes = entry.bytes() + ENTRY_BYTES;
        self.bytes -= bytes;
        match entry {
            Entry::Answer(..) => self.answer_bytes -= bytes,
            Entry::Message(_, body) if body.message().place().is_some() => self.streamed -= 1,
            Entry::Message(..) => self.ephemeral -= 1,
            _ => {}
        }
    }
}
