//! The reference: everything that was ever published, as plain lists, and what retention has taken of it since.

use std::collections::BTreeMap;
use std::time::Duration;

use fanfare_protocol::{Epoch, Payload, StreamName};

use super::names::{TOPICS, matches};

/// All there is to know of one broker's streams.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) logs: Vec<Log>,
    pub(super) ephemeral: Vec<Record>,
    /// By topic and key: the sequence that was published with it last, and when, on the monotonic clock.
    pub(super) keys: BTreeMap<(usize, u8), (u64, Duration)>,
}

/// A published message.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// As its place in [`TOPICS`].
    pub(super) topic: usize,
    /// Tells it from every other message of the run.
    pub(super) id: u64,
    /// Of its payload, in bytes.
    pub(super) size: usize,
    pub(super) time_ms: u64,
    /// The session that is not to hear it.
    pub(super) hidden_from: Option<u64>,
    /// The sequence of the message before it on its topic; 0 if it is the first.
    pub(super) prev: u64,
    /// Whether its topic has a newer one.
    pub(super) replaced: bool,
    /// If retention took it, how many others it took before.
    pub(super) taken: Option<u64>,
}

/// Whom messages are for: a subscription's pattern, and its session as the broker numbers it.
#[derive(Debug)]
pub(super) struct Audience {
    pub(super) pattern: &'static str,
    session: u64,
    /// Whether the pattern means a topic, by its place in [`TOPICS`].
    means: Vec<bool>,
}

/// A stream as it truly is.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) name: &'static str,
    pub(super) patterns: &'static [&'static str],
    pub(super) rules: Rules,
    pub(super) epoch: Epoch,
    /// The name, as it stands in positions.
    pub(super) stream: StreamName,
    /// The record of sequence n stands at n - 1.
    records: Vec<Record>,
    /// What is retained, ascending.
    pub(super) kept: Vec<u64>,
    /// The newest sequence that was taken, and how many were.
    pub(super) taken_through: u64,
    pub(super) taken_count: u64,
    topics: BTreeMap<usize, Known>,
    /// What the retained messages take, without their topics, in bytes.
    pub(super) message_bytes: u64,
}

/// How much of a stream is retained.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) max_age_ms: u64,
    pub(super) max_bytes: u64,
    pub(super) per_topic: Option<usize>,
}

/// What a stream can know of a topic: all, while it retains something of it.
#[derive(Debug, Default)]
struct Known {
    kept: usize,
    /// Up to here something of it may be lost: the newest of it that was taken, or of the whole stream before it came.
    lost_through: u64,
    last: u64,
}

impl Record {
    /// The payload, which says which message it is; of each kind in turn.
    pub(super) fn payload(&self) -> Payload<'static> {
        let id = self.id;
        let width = self.size.max(8);
        match id % 3 {
            0 => Payload::json(&format!("\"{id:0width$}\"")).unwrap().into_owned(),
            1 => Payload::text(format!("{id:0width$}")),
            _ => Payload::bytes(format!("{id:0width$}").into_bytes()),
        }
    }

    pub(super) fn payload_bytes(&self) -> usize {
        let quotes = if self.id.is_multiple_of(3) { 2 } else { 0 };
        self.size.max(8) + quotes
    }

    pub(super) fn topic(&self) -> &'static str {
        TOPICS[self.topic]
    }
}

impl Audience {
    pub(super) fn new(pattern: &'static str, session: u64) -> Self {
        Self { pattern, session, means: TOPICS.iter().map(|topic| matches(pattern, topic)).collect() }
    }

    /// Whether a message is for it.
    pub(super) fn gets(&self, record: &Record) -> bool {
        self.means[record.topic] && record.hidden_from != Some(self.session)
    }
}

/// Which message a payload is of.
pub(super) fn id_of(payload: &Payload<'_>) -> Option<u64> {
    std::str::from_utf8(payload.as_bytes()).ok()?.trim_matches('"').parse().ok()
}

impl Truth {
    /// The stream that holds a topic.
    pub(super) fn log_of(&self, topic: &str) -> Option<usize> {
        self.logs.iter().position(|log| log.patterns.iter().any(|pattern| matches(pattern, topic)))
    }

    /// Notes a planned restart: streams and keys go on; sessions are numbered anew, and nothing is hidden from them.
    pub(super) fn restarts(&mut self) {
        self.ephemeral.clear();
        for record in self.logs.iter_mut().flat_map(|log| &mut log.records) {
            record.hidden_from = None;
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.logs.iter().position(|log| log.name == name)
    }
}

impl Log {
    pub(super) fn new(
        name: &'static str,
        patterns: &'static [&'static str],
        rules: Rules,
        epoch: Epoch,
    ) -> Self {
        let stream = StreamName::new(name).unwrap();
        let (records, kept, topics) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self {
            name,
            patterns,
            rules,
            epoch,
            stream,
            records,
            kept,
            taken_through: 0,
            taken_count: 0,
            topics,
            message_bytes: 0,
        }
    }

    pub(super) fn head(&self) -> u64 {
        self.records.len() as u64
    }

    pub(super) fn record(&self, seq: u64) -> Option<&Record> {
        self.records.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    /// The records after one sequence and up to another, with their own.
    pub(super) fn between(&self, after: u64, through: u64) -> impl Iterator<Item = (u64, &Record)> {
        (after + 1..=through.min(self.head())).filter_map(|seq| Some((seq, self.record(seq)?)))
    }

    /// The newest retained sequence of a topic; 0 if none is.
    pub(super) fn last_of(&self, topic: usize) -> u64 {
        let of_topic = |seq: &&u64| self.record(**seq).is_some_and(|record| record.topic == topic);
        self.kept.iter().rev().find(of_topic).copied().unwrap_or(0)
    }

    /// Notes what was appended; its time never falls. Returns its sequence.
    pub(super) fn add(&mut self, mut record: Record) -> u64 {
        record.time_ms = record.time_ms.max(self.records.last().map_or(0, |last| last.time_ms));
        let seq = self.head() + 1;
        let known = self.topics.entry(record.topic).or_default();
        if known.kept == 0 {
            known.lost_through = self.taken_through;
        }
        known.kept += 1;
        record.prev = std::mem::replace(&mut known.last, seq);
        if let Some(before) =
            usize::try_from(record.prev).ok().and_then(|prev| self.records.get_mut(prev.checked_sub(1)?))
        {
            before.replaced = true;
        }
        self.kept.push(seq);
        self.records.push(record);
        seq
    }

    /// Notes that retention took a message.
    pub(super) fn remove(&mut self, seq: u64) {
        let at = self.kept.binary_search(&seq).unwrap();
        self.kept.remove(at);
        self.taken_through = self.taken_through.max(seq);
        let record = &mut self.records[usize::try_from(seq).unwrap() - 1];
        record.taken = Some(self.taken_count);
        self.taken_count += 1;
        let known = self.topics.entry(record.topic).or_default();
        known.kept -= 1;
        known.lost_through = known.lost_through.max(seq);
    }

    /// The oldest retained message of a topic, if there are more than so many.
    pub(super) fn oldest_over(&self, limit: usize, topic: usize) -> Option<u64> {
        self.topics.get(&topic).filter(|known| known.kept > limit)?;
        let of_topic = |seq: &u64| self.record(*seq).is_some_and(|record| record.topic == topic);
        self.kept.iter().copied().find(of_topic)
    }

    /// The topics with a retained message, and how many each has.
    pub(super) fn retained_topics(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.topics
            .iter()
            .filter(|(_, known)| known.kept > 0)
            .map(|(topic, known)| (TOPICS[*topic], known.kept))
    }

    /// Up to here a stream may say that something of this pattern is lost: where it can't know better, all that it took.
    pub(super) fn may_be_lost_through(&self, pattern: &str) -> u64 {
        let topic = TOPICS.iter().position(|topic| *topic == pattern);
        match topic.and_then(|topic| self.topics.get(&topic)) {
            Some(known) if known.kept > 0 => known.lost_through,
            _ => self.taken_through,
        }
    }

    /// Whether a newer message of its topic is retained. A topic's messages go oldest first.
    pub(super) fn is_replaced_by_retained(&self, record: &Record) -> bool {
        record.replaced && self.topics.get(&record.topic).is_some_and(|known| known.kept > 0)
    }

    /// The newest retained message of each topic, ascending.
    pub(super) fn newest_of_each(&self) -> Vec<u64> {
        let mut newest = BTreeMap::new();
        for seq in &self.kept {
            newest.insert(self.record(*seq).map(|record| record.topic), *seq);
        }
        let mut newest: Vec<u64> = newest.into_values().collect();
        newest.sort_unstable();
        newest
    }

    /// What is retained from the first message of this time or later on.
    pub(super) fn kept_since(&self, time_ms: u64) -> Vec<u64> {
        let early = |seq: &&u64| self.record(**seq).is_some_and(|record| record.time_ms < time_ms);
        self.kept.iter().skip_while(early).copied().collect()
    }
}
