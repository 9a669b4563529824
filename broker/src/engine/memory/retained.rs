//! What a stream holds under its lock: the log, its topics, and the rules by which messages leave.

mod save;

use std::sync::Arc;

use fanfare_protocol::{Epoch, Pattern, StreamPosition, Topic};
use smallvec::SmallVec;

use super::log::{Log, SLOT_BYTES};
use super::topics::{Left, Noted, TopicEntry, Topics};
use crate::engine::message::{Draft, Message, Place, StreamIndex};
use crate::engine::read::{BackwardPlace, Batch, Begin, Cursor, Lost, ReadBudget, StartAt, Untold};
use crate::engine::route::Route;
use crate::engine::settings::StreamConfig;
use crate::fault::{Fault, planted};

/// Most messages that one append or sweep takes out for age or bytes, so that no publisher waits for a clean-up. More
/// than one an append, and more bytes than were appended, so that the clean-up always gains on the appends.
const REMOVALS_PER_STEP: usize = 64;

/// How many appends ahead the memory of a message that leaves is fetched.
const TOUCHED_AHEAD: usize = 8;

/// The messages that left, to be freed when the lock is released.
pub(crate) type Removed = SmallVec<[Arc<Message>; REMOVED_INLINE]>;

/// An append mostly takes out one or two messages: those cost no memory of their own.
const REMOVED_INLINE: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Retained {
    log: Log,
    topics: Topics,
    head: u64,
    last_time_ms: u64,
    message_bytes: usize,
    /// Every sequence up to this one that is not in the log was taken by config.
    removed_through: u64,
    /// The newest sequence taken that left its topic with none: up to here a topic's newest message may be missing.
    unreplaced_through: u64,
    /// How many were taken that are older than `removed_through`: those that a topic's limit took out of the middle.
    late_removals: u64,
}

impl Retained {
    /// Gives the draft its place, appends it, and takes out what has to go for it. Returns the message, and where the one
    /// before it on its topic went.
    pub(crate) fn append(
        &mut self,
        draft: Draft,
        index: StreamIndex,
        config: &StreamConfig,
        wall_ms: u64,
        removed: &mut Removed,
    ) -> (Arc<Message>, Route) {
        self.head += 1;
        self.last_time_ms = self.last_time_ms.max(wall_ms);
        let Noted { topic, prev, surplus, route } = self.note(draft.topic(), self.head, config);
        let place = Place { index, stream: config.name.clone(), seq: self.head, prev };
        let message = Arc::new(draft.seal(topic, Some(place), self.last_time_ms));
        self.keep(Arc::clone(&message), surplus, removed);
        self.touch_next();
        self.expire(self.last_time_ms, config, 2 * message.footprint() as u64, removed);
        (message, route)
    }

    /// Remembers where a topic's messages go, for the next one.
    pub(crate) fn remember(&mut self, topic: &Topic, route: Route) {
        self.topics.remember(topic, route);
    }

    /// Takes a message that is appended into the index.
    fn note(&mut self, topic: &Topic, seq: u64, config: &StreamConfig) -> Noted {
        let limit = config.max_messages_per_topic.map(|limit| limit.get() as usize);
        self.topics.append(topic, seq, limit, self.removed_through)
    }

    /// Reads a little of what leaves soon: a message's memory has not been looked at for as long as the stream goes back,
    /// and is fetched by the time it is needed.
    fn touch_next(&self) {
        let message = self.log.soon(TOUCHED_AHEAD).map_or(0, |message| message.touch());
        let topic = self.log.soon(TOUCHED_AHEAD / 2).and_then(|message| self.topics.get(message.topic()));
        std::hint::black_box((message, topic.is_some()));
    }

    /// Takes a message that is in the index into the log; what its topic has too many goes.
    fn keep(&mut self, message: Arc<Message>, surplus: Option<u64>, removed: &mut Removed) {
        self.message_bytes += message.footprint() + SLOT_BYTES;
        self.log.push(message);
        if let Some(seq) = surplus
            && let Some(old) = self.log.remove(seq)
        {
            self.forget(old, removed);
        }
    }

    /// Takes out some of what is too old or too much, and at least `gain` bytes of it; true if more is left to take.
    pub(crate) fn expire(
        &mut self,
        wall_ms: u64,
        config: &StreamConfig,
        gain: u64,
        removed: &mut Removed,
    ) -> bool {
        let max_age = u64::try_from(config.max_age.as_millis()).unwrap_or(u64::MAX);
        let oldest_ms = wall_ms.saturating_sub(max_age) + u64::from(planted(Fault::ExpiresEarly));
        let oldest_ms = oldest_ms - u64::from(planted(Fault::ExpiresLate)).min(oldest_ms);
        let (before, mut count) = (self.bytes(), 0);
        while count < REMOVALS_PER_STEP || before - self.bytes() < gain {
            count += 1;
            let Some(first) = self.log.first() else { return false };
            let one_over = if planted(Fault::BytesOneOver) { first.footprint() as u64 } else { 0 };
            let over = self.bytes() > config.max_bytes + one_over;
            // The newest message outlives the byte limit: a stream that can hold nothing would be no stream.
            let too_much = over && self.log.len() > 1;
            if !too_much && first.time_ms() >= oldest_ms {
                return false;
            }
            if let Some(old) = self.log.pop_first() {
                self.forget(old, removed);
            }
        }
        true
    }

    fn forget(&mut self, old: Arc<Message>, removed: &mut Removed) {
        self.message_bytes -= old.footprint() + SLOT_BYTES;
        let late = old.seq() < self.removed_through && !planted(Fault::LateRemovalUnseen);
        self.late_removals += u64::from(late);
        self.removed_through = self.removed_through.max(old.seq());
        if self.topics.remove_oldest(old.topic(), old.seq()) == Left::None {
            self.unreplaced_through = self.unreplaced_through.max(old.seq());
        }
        removed.push(old);
    }

    /// Where a reading of this pattern begins that is to start at `at`, in a stream of this epoch.
    ///
    /// With `newest_only` the reader wants the newest message of each topic only, whenever it reads.
    pub(crate) fn begin(
        &self,
        at: StartAt<'_>,
        newest_only: bool,
        epoch: &Epoch,
        pattern: &Pattern,
    ) -> Begin {
        let before = |message: Option<&Arc<Message>>| message.map_or(self.head, |message| message.seq() - 1);
        // Whoever asks for what is retained has no gap before it.
        let (told_through, untold) = self.gone(pattern);
        let fresh = |after, newest_through| Cursor { after, told_through, newest_through, untold };
        let start = fresh(before(self.log.first()), 0);
        let fits = |place: &StreamPosition| place.epoch == *epoch && place.seq <= self.head;
        let (mut cursor, reset) = match at {
            StartAt::Now => (fresh(self.head, 0), false),
            StartAt::Start => (start, false),
            StartAt::Last => (Cursor { newest_through: self.head, ..start }, false),
            StartAt::Time(time_ms) => (fresh(before(self.log.first_since(time_ms)), 0), false),
            StartAt::After(None) => (Cursor::after(0), false),
            StartAt::After(Some(place)) if fits(place) => (Cursor::after(resumed(place.seq)), false),
            StartAt::After(Some(_)) => (start, true),
        };
        if newest_only {
            cursor.newest_through = u64::MAX;
        }
        let lost = self.tell_lost(&mut cursor, pattern);
        // A gap comes before the place that it leads to: with one, the reader stays where it is.
        if lost.is_none() && self.end_of_interest(pattern) <= cursor.after {
            cursor.after = self.head;
        }
        Begin { cursor, reset, lost, at_head: cursor.after == self.head }
    }

    /// Reads on from a cursor, within a budget; the cursor moves.
    pub(crate) fn read(&self, cursor: &mut Cursor, pattern: &Pattern, mut budget: ReadBudget) -> Batch {
        let lost = self.tell_lost(cursor, pattern);
        let mut batch = Batch { messages: Vec::new(), lost, passed_over: 0, at_head: false };
        let end = self.end_of_interest(pattern).min(budget.through);
        for message in self.log.after(cursor.after) {
            if message.seq() > end {
                break;
            }
            if budget.scan().is_break() {
                return batch;
            }
            if pattern.matches(message.topic()) {
                if !self.is_wanted(cursor, message) {
                    batch.passed_over += 1;
                } else if budget.take(message.footprint()).is_break() {
                    return batch;
                } else {
                    batch.messages.push(Arc::clone(message));
                }
            }
            cursor.after = message.seq();
        }
        cursor.after = cursor.after.max(self.head.min(budget.through));
        batch.at_head = cursor.after == self.head;
        batch
    }

    /// Reads on backwards from a place: what stands before it and after the cursor, newest first, within a budget.
    pub(crate) fn read_back(
        &self,
        place: &mut BackwardPlace,
        pattern: &Pattern,
        mut budget: ReadBudget,
    ) -> Vec<Arc<Message>> {
        let mut messages = Vec::new();
        let after = place.from.after;
        let end = place.before.min(self.end_of_interest(pattern).saturating_add(1));
        for message in self.log.before(end).take_while(|message| message.seq() > after) {
            if budget.scan().is_break() {
                return messages;
            }
            if pattern.matches(message.topic()) && self.is_wanted(&place.from, message) {
                if budget.take(message.footprint()).is_break() {
                    return messages;
                }
                messages.push(Arc::clone(message));
            }
            place.before = message.seq();
        }
        place.at_start = true;
        messages
    }

    /// The first sequence of this time or later, in milliseconds since 1970; the one after the newest if there is none.
    pub(crate) fn first_since(&self, time_ms: u64) -> u64 {
        self.log.first_since(time_ms).map_or(self.head + 1, |message| message.seq())
    }

    /// The oldest message that is retained.
    pub(crate) fn oldest(&self) -> Option<&Message> {
        self.log.first().map(|message| &**message)
    }

    /// The topics in one part of the index.
    pub(crate) fn topics_of_part(&self, part: usize) -> impl Iterator<Item = (&Topic, &TopicEntry)> {
        self.topics.iter_part(part)
    }

    /// Nothing after this sequence can match: the newest of the topic, where the pattern means just one.
    fn end_of_interest(&self, pattern: &Pattern) -> u64 {
        match pattern.as_topic() {
            Some(topic) => self.topics.get(&topic).map_or(0, |entry| entry.last),
            None => self.head,
        }
    }

    fn is_wanted(&self, cursor: &Cursor, message: &Message) -> bool {
        message.seq() > cursor.newest_through
            || self.topics.get(message.topic()).is_some_and(|entry| entry.last == message.seq())
    }

    /// What retention took behind the cursor that the reader has not been told of; from now on it has been.
    fn tell_lost(&self, cursor: &mut Cursor, pattern: &Pattern) -> Option<Lost> {
        let changed = |untold: &Untold| untold.late_removals != self.late_removals;
        // It is kept by those that are past it: they may come back to before it.
        if cursor.untold.take_if(|untold| untold.through > cursor.after && changed(untold)).is_some() {
            // Something that the reader asked for may have gone from among what it did not ask for.
            cursor.told_through = 0;
        }
        let known = cursor.after.max(cursor.told_through);
        let missing_through = self.missing_through(cursor, pattern);
        let lost = (missing_through > known).then_some(Lost { from: known + 1, to: missing_through })?;
        cursor.told_through = lost.to;
        let short = u64::from(planted(Fault::GapOneShort) && lost.from < lost.to);
        Some(Lost { to: lost.to - short, ..lost })
    }

    /// What retention took after a sequence that may have matched a pattern.
    pub(crate) fn missing(&self, after: u64, pattern: &Pattern) -> Option<Lost> {
        self.tell_lost(&mut Cursor::after(after), pattern)
    }

    /// What a reader of this pattern that begins now does not ask for, for it is gone: up to which sequence; and how,
    /// where others up to there are not. A topic's messages go oldest first.
    fn gone(&self, pattern: &Pattern) -> (u64, Option<Untold>) {
        if let Some(topic) = pattern.as_topic() {
            return (self.topics.get(&topic).map_or(self.removed_through, |e| e.removed_through), None);
        }
        let (through, late_removals) = (self.removed_through, self.late_removals);
        (through, Some(Untold { through, late_removals }))
    }

    /// The newest sequence that a reader of this pattern may miss. Where it can't be known whether what retention took
    /// matched, it counts.
    fn missing_through(&self, cursor: &Cursor, pattern: &Pattern) -> u64 {
        let entry = pattern.as_topic().and_then(|topic| self.topics.get(&topic));
        let every = entry.map_or(self.removed_through, |entry| entry.removed_through);
        if cursor.after >= cursor.newest_through || every > cursor.newest_through {
            return every;
        }
        // Only the newest of each topic is wanted: what a retained one has replaced is not missing.
        if entry.is_some() { 0 } else { self.unreplaced_through }
    }

    /// The newest sequence; 0 before the first.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// The memory that the stream takes, in bytes: messages, log and index.
    pub(crate) fn bytes(&self) -> u64 {
        (self.message_bytes + self.topics.bytes()) as u64
    }

    /// The memory that the stream takes in truth, in bytes.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> u64 {
        let messages = self.log.after(0).map(|message| message.footprint());
        (messages.sum::<usize>() + self.log.allocated() + self.topics.allocated()) as u64
    }

    /// The newest retained sequence of a topic; 0 if none is.
    pub(crate) fn last_of(&self, topic: &Topic) -> u64 {
        self.topics.get(topic).map_or(0, |entry| entry.last)
    }

    pub(crate) fn messages(&self) -> usize {
        self.log.len()
    }

    pub(crate) fn topics(&self) -> usize {
        self.topics.len()
    }
}

/// Where a reader stands that has dealt with this sequence.
fn resumed(seq: u64) -> u64 {
    let early = u64::from(planted(Fault::ResumeEarly)).min(seq);
    seq + u64::from(planted(Fault::ResumeLate)) - early
}
