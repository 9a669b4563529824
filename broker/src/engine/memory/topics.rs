//! What a stream knows of each topic that it retains: the newest sequence, and which to remove first.

use std::collections::VecDeque;
use std::hash::BuildHasherDefault;
use std::num::NonZeroU64;

use fanfare_protocol::Topic;
use fanfare_protocol::topic::TopicHasher;

use super::split_map::{SLOTS_PER_ENTRY, SplitMap};
use crate::engine::route::Route;
use crate::fault::{Fault, planted};

/// The memory that a topic takes in the index beside its name, in bytes: its slots in the map at its emptiest, and the
/// name's header as the allocator rounds it up. The map's parts with a topic or two take 80 KiB more, at most.
pub(crate) const TOPIC_OVERHEAD_BYTES: usize = SLOTS_PER_ENTRY * (size_of::<(Topic, TopicEntry)>() + 1) + 40;
/// The memory that the list of a topic's sequences takes, in bytes: as long as it is short, with its header, and for each
/// of them when it is at its emptiest.
pub(crate) const SEQS_BYTES: usize = SEQS_MIN * size_of::<u64>() + 16 + size_of::<VecDeque<u64>>() + 16;
pub(crate) const SEQ_BYTES: usize = SEQS_PER_ENTRY * size_of::<u64>();
/// The list has less than this many places for each of its entries, or no more than [`SEQS_MIN`] in all.
const SEQS_PER_ENTRY: usize = 3;
const SEQS_MIN: usize = 4;

/// One topic with at least one retained message.
#[derive(Debug, Default)]
pub(crate) struct TopicEntry {
    /// Its newest sequence.
    pub(crate) last: u64,
    /// The newest of its sequences that retention took.
    pub(crate) removed_through: u64,
    pub(crate) retained: usize,
    /// Where its messages go.
    route: Route,
    /// Its retained sequences, oldest first; kept only where the stream limits messages per topic, and boxed, so that
    /// elsewhere a topic takes less of the memory that every message looks at.
    #[allow(clippy::box_collection, reason = "most streams have none, and 24 bytes a topic are much")]
    seqs: Option<Box<VecDeque<u64>>>,
}

/// What a topic says of a message that is appended to it.
#[derive(Debug)]
pub(crate) struct Noted {
    /// The topic as the index holds it, so that its name is in memory once.
    pub(crate) topic: Topic,
    /// The sequence of its newest message before, if one is retained.
    pub(crate) prev: Option<NonZeroU64>,
    /// The sequence that must go for it, where a topic's messages are limited.
    pub(crate) surplus: Option<u64>,
    /// Where the message before it went.
    pub(crate) route: Route,
}

/// What a topic has left after one of its messages went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Some,
    None,
}

impl TopicEntry {
    /// Takes the oldest sequence off the list, if it is kept; returns the memory that this frees, in bytes.
    fn pop_oldest(&mut self) -> usize {
        let Some(seqs) = self.seqs.as_deref_mut().filter(|seqs| !seqs.is_empty()) else { return 0 };
        seqs.pop_front();
        let (len, room) = (seqs.len(), seqs.capacity());
        if room > SEQS_MIN && len * SEQS_PER_ENTRY <= room {
            // Half as many must come before it grows again, or go before it shrinks again.
            seqs.shrink_to((len + len / 2).max(SEQS_MIN));
        }
        if len == 0 { SEQS_BYTES + SEQ_BYTES } else { SEQ_BYTES }
    }
}

/// The topics of a stream.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    entries: SplitMap<Topic, TopicEntry, BuildHasherDefault<TopicHasher>>,
    bytes: usize,
}

impl Topics {
    pub(crate) fn get(&self, topic: &Topic) -> Option<&TopicEntry> {
        self.entries.get(topic)
    }

    /// Notes a message that is appended. `removed_through` is the newest sequence that retention took from the stream: a
    /// topic that is new here may have lost that one.
    pub(crate) fn append(
        &mut self,
        topic: &Topic,
        seq: u64,
        limit: Option<usize>,
        removed_through: u64,
    ) -> Noted {
        let (shared, entry) = self.entries.entry(topic.clone(), || {
            self.bytes += topic.as_str().len() + TOPIC_OVERHEAD_BYTES;
            TopicEntry { removed_through, ..TopicEntry::default() }
        });
        let prev = NonZeroU64::new(entry.last).filter(|_| entry.retained > 0);
        entry.last = seq;
        entry.retained += 1;
        let surplus = limit.and_then(|limit| {
            let seqs = entry.seqs.get_or_insert_default();
            self.bytes += if seqs.is_empty() { SEQS_BYTES + SEQ_BYTES } else { SEQ_BYTES };
            seqs.push_back(seq);
            let limit = limit + usize::from(planted(Fault::TopicOneOver));
            (entry.retained > limit).then(|| seqs.front().copied()).flatten()
        });
        Noted { topic: shared.clone(), prev, surplus, route: entry.route }
    }

    /// Remembers where a topic's messages go.
    pub(crate) fn remember(&mut self, topic: &Topic, route: Route) {
        if let Some(entry) = self.entries.get_mut(topic) {
            entry.route = route;
        }
    }

    /// Notes that retention took a topic's oldest message.
    pub(crate) fn remove_oldest(&mut self, topic: &Topic, seq: u64) -> Left {
        let Some(entry) = self.entries.get_mut(topic) else { return Left::None };
        self.bytes -= entry.pop_oldest();
        entry.removed_through = seq;
        entry.retained -= 1;
        if entry.retained > 0 {
            return Left::Some;
        }
        self.entries.remove(topic);
        self.bytes -= topic.as_str().len() + TOPIC_OVERHEAD_BYTES;
        Left::None
    }

    /// Takes in a topic whose messages are appended next, and the newest of its sequences that retention took.
    pub(crate) fn expect(&mut self, topic: Topic, removed_through: u64) {
        let footprint = topic.as_str().len() + TOPIC_OVERHEAD_BYTES;
        self.entries.get_or_insert_with(topic, || {
            self.bytes += footprint;
            TopicEntry { removed_through, ..TopicEntry::default() }
        });
    }

    /// Every topic, and the newest of its sequences that retention took.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Topic, u64)> {
        self.entries.iter().map(|(topic, entry)| (topic, entry.removed_through))
    }

    /// Every topic in one [part](super::split_map::PARTS) of the index.
    pub(crate) fn iter_part(&self, part: usize) -> impl Iterator<Item = (&Topic, &TopicEntry)> {
        self.entries.iter_part(part)
    }

    /// How many topics have a retained message.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The memory that the index takes in truth, in bytes.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        let of_topic = |(topic, entry): (&Topic, &TopicEntry)| {
            let list = |seqs: &VecDeque<u64>| size_of_val(seqs) + seqs.capacity() * size_of::<u64>();
            topic.as_str().len() + 2 * size_of::<usize>() + entry.seqs.as_deref().map_or(0, list)
        };
        self.entries.allocated() + self.entries.iter().map(of_topic).sum::<usize>()
    }

    /// The memory that the index takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        if planted(Fault::TopicUncounted) { 0 } else { self.bytes }
    }
}
