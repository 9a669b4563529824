//! The part of an outbound queue that keeps its order, with what is known of it at all times.

use std::collections::VecDeque;

use fanfare_protocol::GapReason;

use super::entries::Entries;
use super::entry::{ENTRY_BYTES, Entry};
use super::overflow::{self, Fallen};

/// How far back a new gap looks for one of its subscription that it can join, in entries.
const MERGE_LOOK_BACK: usize = 64;
/// With this many gaps more than twice those that could not be joined, all of them are looked at again. So there are
/// never many more than the subscriptions that they are for.
const GAPS_UNJOINED: u32 = 64;

/// Entries in order, weighed and counted. What a delivery changes stands last and together: see [`super::Outbound`].
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Queue {
    gaps: u32,
    /// How many gaps were left when they were joined the last time.
    gaps_joined: u32,
    answer_bytes: usize,
    /// Messages that wait and are in no stream.
    ephemeral: usize,
    bytes: usize,
    /// Frames that wait; a run of messages is one entry and many frames.
    frames: usize,
    /// Whether a message was added that can be read again since all of them were taken out.
    may_fall: bool,
    entries: Entries,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Popped {
    pub(super) messages: usize,
    pub(super) gap: Option<GapReason>,
}

impl Queue {
    pub(super) fn push(&mut self, entry: Entry) {
        self.count(&entry);
        self.entries.push_back(entry);
    }

    /// Adds a gap, or joins it with the one before it of the same subscription. The first `begun` entries stay.
    pub(super) fn push_gap(&mut self, gap: Entry, begun: usize) {
        let unwritten = self.entries.len().saturating_sub(begun).min(MERGE_LOOK_BACK);
        let joins = |entry: &&mut Entry| entry.sub() == gap.sub();
        let neighbour = self.entries.iter_mut().rev().take(unwritten).find(joins);
        if neighbour.is_some_and(|neighbour| neighbour.merge(&gap)) {
            return;
        }
        self.push(gap);
        if self.gaps > 2 * self.gaps_joined + GAPS_UNJOINED {
            let joined = overflow::join_gaps(self.take(), begun);
            self.replace(joined);
            self.gaps_joined = self.gaps;
        }
    }

    /// Takes out the first `frames` frames, all of one entry, for they are written.
    pub(super) fn pop(&mut self, frames: usize) -> Popped {
        let Some(entry) = self.entries.pop_front() else { return Popped::default() };
        self.uncount(&entry);
        let gap = entry.gap();
        let Entry::Messages(sub, run) = entry else { return Popped { messages: 0, gap } };
        let messages = frames.min(run.len());
        if let (_, Some(rest)) = run.split(frames) {
            let rest = Entry::messages(sub, rest);
            self.count(&rest);
            self.entries.push_front(rest);
        }
        Popped { messages, gap }
    }

    /// Makes an entry of its own of the first frame, which is partly written.
    pub(super) fn split_begun(&mut self) {
        match self.entries.pop_front() {
            Some(Entry::Messages(sub, run)) if run.len() > 1 => {
                self.uncount(&Entry::Messages(sub, run.clone()));
                let (first, rest) = run.split(1);
                for part in [rest, first].into_iter().flatten() {
                    let entry = Entry::messages(sub, part);
                    self.count(&entry);
                    self.entries.push_front(entry);
                }
            }
            Some(entry) => self.entries.push_front(entry),
            None => {}
        }
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
        let Self { may_fall, gaps_joined, .. } = *self;
        *self = Self { gaps_joined, ..Self::default() };
        for entry in &entries {
            self.count(entry);
        }
        self.entries = entries.into();
        self.may_fall = may_fall;
    }

    /// Takes out all entries, to be put back by [`Queue::replace`].
    pub(super) fn take(&mut self) -> VecDeque<Entry> {
        self.entries.take()
    }

    /// Takes out all that can be read again; see [`overflow::fall`].
    pub(super) fn fall(&mut self, begun: usize, is_behind: impl Fn(u32) -> bool) -> Vec<Fallen> {
        if !std::mem::replace(&mut self.may_fall, false) {
            return Vec::new();
        }
        // What is left of streams then is of ended subscriptions.
        let (kept, fallen) = overflow::fall(self.take(), begun, is_behind);
        self.replace(kept);
        fallen
    }

    /// Drops the oldest ephemeral messages until `bytes` are free; returns how many.
    pub(super) fn drop_oldest(&mut self, begun: usize, bytes: usize) -> u64 {
        if self.ephemeral == 0 {
            return 0;
        }
        let (kept, dropped) = overflow::drop_oldest(self.take(), begun, bytes);
        self.replace(kept);
        dropped
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Frames that wait.
    pub(super) fn len(&self) -> usize {
        self.frames
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

    /// Gives back memory while nothing waits.
    pub(super) fn shrink(&mut self) {
        self.entries.shrink();
    }

    fn count(&mut self, entry: &Entry) {
        let bytes = entry.bytes() + ENTRY_BYTES;
        self.bytes += bytes;
        self.frames += entry.frames();
        match entry {
            Entry::Answer(..) => self.answer_bytes += bytes,
            Entry::Messages(..) if entry.is_streamed() => self.may_fall = true,
            Entry::Messages(_, run) => self.ephemeral += run.len(),
            Entry::Dropped(..) | Entry::Expired(..) => self.gaps += 1,
            Entry::Behind(_) | Entry::Live(..) | Entry::Ping(_) | Entry::Advance(..) => {}
        }
    }

    fn uncount(&mut self, entry: &Entry) {
        let bytes = entry.bytes() + ENTRY_BYTES;
        self.bytes -= bytes;
        self.frames -= entry.frames();
        match entry {
            Entry::Answer(..) => self.answer_bytes -= bytes,
            Entry::Messages(_, run) if entry.is_ephemeral() => self.ephemeral -= run.len(),
            Entry::Dropped(..) | Entry::Expired(..) => self.gaps -= 1,
            Entry::Messages(..)
            | Entry::Behind(_)
            | Entry::Live(..)
            | Entry::Ping(_)
            | Entry::Advance(..) => {}
        }
    }
}
