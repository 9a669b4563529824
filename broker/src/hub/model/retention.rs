//! Retention by its rules: what the reference keeps, worked out from times, sizes and limits alone, and what that takes.

use super::truth::{Log, Record};
use crate::engine::Message;
use crate::engine::memory::prices::{SEQ_BYTES, SEQS_BYTES, SLOT_BYTES, TOPIC_OVERHEAD_BYTES};

/// Most messages that one append takes out, unless it must gain more room.
const REMOVALS_AN_APPEND: usize = 64;
/// What a message takes beside its topic and its payload, in bytes: itself, shared, and the rest of its frame.
const MESSAGE_BYTES: usize = size_of::<Message>() + 2 * size_of::<usize>() + 64;

impl Record {
    /// The memory that it takes by itself, in bytes.
    fn footprint(&self) -> u64 {
        (MESSAGE_BYTES + self.topic().len() + self.payload_bytes()) as u64
    }
}

impl Log {
    /// The memory that what is retained takes, by the price of each part, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let topics = self.retained_topics();
        topics.map(|(topic, messages)| self.price_of_topic(topic, messages)).sum::<u64>() + self.message_bytes
    }

    fn price_of_topic(&self, topic: &str, messages: usize) -> u64 {
        let list = self.rules.per_topic.map_or(0, |_| SEQS_BYTES + messages * SEQ_BYTES);
        (topic.len() + TOPIC_OVERHEAD_BYTES + list) as u64
    }

    fn price_of(&self, seq: u64) -> u64 {
        self.record(seq).map_or(0, |record| record.footprint() + SLOT_BYTES as u64)
    }

    /// Notes what was appended, and what goes for it; returns what went.
    pub(super) fn append(&mut self, record: Record) -> Vec<u64> {
        let (topic, gain) = (record.topic, 2 * record.footprint());
        let seq = self.add(record);
        self.message_bytes += self.price_of(seq);
        let surplus = self.rules.per_topic.and_then(|limit| self.oldest_over(limit, topic));
        let mut taken = Vec::new();
        if let Some(oldest) = surplus {
            self.take(oldest);
            taken.push(oldest);
        }
        let now = self.record(seq).map_or(0, |record| record.time_ms);
        let before = self.bytes();
        let enough = |log: &Self, count| count >= REMOVALS_AN_APPEND && before - log.bytes() >= gain;
        taken.extend(self.expire(now, enough));
        taken
    }

    /// Takes all that has to go at this time; returns it.
    pub(super) fn sweep(&mut self, wall_ms: u64) -> Vec<u64> {
        self.expire(wall_ms, |_, _| false)
    }

    /// Takes the oldest, as long as it is too old, or too much is kept, until enough is taken.
    fn expire(&mut self, now: u64, enough: impl Fn(&Self, usize) -> bool) -> Vec<u64> {
        let mut taken = Vec::new();
        while let Some(oldest) = self.kept.first().copied().filter(|_| !enough(self, taken.len())) {
            let age = self.record(oldest).map_or(0, |record| now.saturating_sub(record.time_ms));
            let too_much = self.bytes() > self.rules.max_bytes && self.kept.len() > 1;
            if age <= self.rules.max_age_ms && !too_much {
                break;
            }
            self.take(oldest);
            taken.push(oldest);
        }
        taken
    }

    fn take(&mut self, seq: u64) {
        self.message_bytes -= self.price_of(seq);
        self.remove(seq);
    }
}
