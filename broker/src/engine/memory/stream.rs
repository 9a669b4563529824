//! A stream: one lock around what it retains, under which every message gets its place and goes out in that order.

mod inner;
mod save;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{Epoch, Pattern, StreamName, StreamPosition, Topic};

use self::inner::Inner;
use super::keys::KeyWindow;
use super::retained::{Removed, Retained};
use crate::clock::Now;
use crate::engine::append::{Appended, Conditions, Refused};
use crate::engine::message::{Draft, Message, StreamIndex};
use crate::engine::read::{BackwardPlace, Batch, Begin, Cursor, Lost, ReadBudget, StartAt};
use crate::engine::route::Route;
use crate::engine::settings::{KeyLimits, StreamConfig};
use crate::fault::{Fault, planted};
use crate::sync::Mutex;

/// A retained log over a set of patterns.
#[derive(Debug)]
pub(crate) struct Stream {
    index: StreamIndex,
    epoch: Epoch,
    config: StreamConfig,
    inner: Mutex<Inner>,
}

/// What a stream holds now, for metrics and for people.
#[derive(Debug)]
pub(crate) struct Fill {
    /// Sequence and time of the oldest message that is retained.
    pub(crate) oldest: Option<(u64, u64)>,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) topics: u64,
    pub(crate) head: u64,
    /// Keys that are remembered, and the memory they take.
    pub(crate) keys: u64,
    pub(crate) key_bytes: u64,
    /// How much may be retained, and for how long.
    pub(crate) max_bytes: u64,
    pub(crate) max_age: Duration,
}

impl Stream {
    pub(crate) fn new(
        index: StreamIndex,
        config: &StreamConfig,
        keys: KeyLimits,
    ) -> Result<Self, getrandom::Error> {
        let inner = Inner::new(config, Retained::default(), KeyWindow::new(keys));
        Ok(Self { index, epoch: new_epoch()?, config: config.clone(), inner: Mutex::new(inner) })
    }

    /// Appends a message, or finds that it repeats one. `send` is called with a new one under the lock, so that everyone
    /// it sends to sees stream order. It may change the route, and is given that again with the topic's next message.
    ///
    /// # Errors
    /// A condition does not hold. Conditions are checked and the message is appended under one lock.
    pub(crate) fn append(
        &self,
        draft: Draft,
        conditions: Conditions,
        now: Now,
        send: impl FnOnce(&Arc<Message>, &mut Route),
    ) -> Result<Appended, Refused> {
        let mut removed = Removed::new();
        let mut inner = self.inner.lock();
        if let Some(seq) = inner.check(draft.topic(), &conditions, now.moment)? {
            return Ok(Appended { seq, duplicate: true });
        }
        if planted(Fault::CheckedEarly) {
            drop(inner);
            inner = self.inner.lock();
        }
        let Inner { rules, retained, .. } = &mut *inner;
        let (message, mut route) = retained.append(draft, self.index, rules, now.wall_ms, &mut removed);
        if let Some(key) = conditions.key {
            inner.keys.remember(key, conditions.by, message.seq(), now.moment);
        }
        if planted(Fault::MailUnlocked) {
            drop(inner);
            send(&message, &mut route);
        } else {
            let before = route;
            send(&message, &mut route);
            if route != before {
                inner.retained.remember(message.topic(), route);
            }
            drop(inner);
        }
        Ok(Appended { seq: message.seq(), duplicate: false })
    }

    /// Whether its messages say who published them.
    pub(crate) fn names_publisher(&self) -> bool {
        self.config.publisher
    }

    /// Where a reading of this pattern begins that is to start at `at`.
    ///
    /// With `newest_only` the reader wants the newest message of each topic only, whenever it reads.
    pub(crate) fn begin(&self, at: StartAt<'_>, newest_only: bool, pattern: &Pattern) -> Begin {
        self.inner.lock().retained.begin(at, newest_only, &self.epoch, pattern)
    }

    /// Reads on from a cursor. `at_head` is called under the lock if nothing is left to read: whoever registered for
    /// this stream gets every later message, and none of the earlier ones, from then on.
    pub(crate) fn read(
        &self,
        cursor: &mut Cursor,
        pattern: &Pattern,
        budget: ReadBudget,
        at_head: impl FnOnce(),
    ) -> Batch {
        let inner = self.inner.lock();
        let batch = inner.retained.read(cursor, pattern, budget);
        if batch.at_head {
            at_head();
        }
        batch
    }

    /// Reads on backwards from a place; newest first.
    pub(crate) fn read_back(
        &self,
        place: &mut BackwardPlace,
        pattern: &Pattern,
        budget: ReadBudget,
    ) -> Vec<Arc<Message>> {
        self.inner.lock().retained.read_back(place, pattern, budget)
    }

    /// The first sequence of this time or later, in milliseconds since 1970; the one after the newest if there is none.
    pub(crate) fn first_since(&self, time_ms: u64) -> u64 {
        self.inner.lock().retained.first_since(time_ms)
    }

    /// Visits the topics in one of [`TOPIC_PARTS`](super::TOPIC_PARTS) parts of the index, under the lock: each with
    /// the number of its retained messages and the newest sequence of them.
    pub(crate) fn visit_topics(&self, part: usize, mut visit: impl FnMut(&Topic, usize, u64)) {
        let inner = self.inner.lock();
        inner
            .retained
            .topics_of_part(part)
            .for_each(|(topic, entry)| visit(topic, entry.retained, entry.last));
    }

    /// What retention took after a sequence that may have matched a pattern.
    pub(crate) fn missing(&self, after: u64, pattern: &Pattern) -> Option<Lost> {
        self.inner.lock().retained.missing(after, pattern)
    }

    /// Takes out messages over the age limit and forgets old keys, a few at a time with the lock released between.
    pub(crate) fn sweep(&self, now: Now) {
        let mut more = true;
        while more {
            let mut removed = Removed::new();
            let mut inner = self.inner.lock();
            let Inner { rules, retained, .. } = &mut *inner;
            let more_messages = retained.expire(now.wall_ms, rules, 0, &mut removed);
            more = inner.keys.forget(now.moment) || more_messages;
            drop(inner);
        }
    }

    /// Takes the limits that may change while the broker runs: age, bytes, and the room for keys.
    pub(crate) fn retune(&self, config: &StreamConfig, keys: KeyLimits) {
        self.inner.lock().retune(config, keys);
    }

    /// Whether this is the stream's configuration with other topics and, at the same time, other limits.
    pub(crate) fn is_torn_by(&self, config: &StreamConfig) -> bool {
        config.name == self.config.name
            && config.patterns != self.config.patterns
            && self.inner.lock().is_retuned_by(config)
    }

    /// The newest sequence and its epoch.
    pub(crate) fn head(&self) -> StreamPosition {
        self.position(self.inner.lock().retained.head())
    }

    /// A position in this stream.
    pub(crate) fn position(&self, seq: u64) -> StreamPosition {
        StreamPosition { epoch: self.epoch.clone(), seq }
    }

    pub(crate) fn fill(&self) -> Fill {
        let Inner { retained, keys, rules, .. } = &*self.inner.lock();
        Fill {
            oldest: retained.oldest().map(|message| (message.seq(), message.time_ms())),
            messages: retained.messages() as u64,
            bytes: retained.bytes(),
            topics: retained.topics() as u64,
            head: retained.head(),
            keys: keys.len() as u64,
            key_bytes: keys.bytes() as u64,
            max_bytes: rules.max_bytes,
            max_age: rules.max_age,
        }
    }

    /// The memory that the stream takes in truth, in bytes, keys apart.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> u64 {
        self.inner.lock().retained.allocated()
    }

    pub(crate) fn index(&self) -> StreamIndex {
        self.index
    }

    pub(crate) fn config(&self) -> &StreamConfig {
        &self.config
    }

    pub(crate) fn name(&self) -> &StreamName {
        &self.config.name
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Whether a topic is in this stream.
    pub(crate) fn holds(&self, topic: &Topic) -> bool {
        self.config.patterns.iter().any(|pattern| pattern.matches(topic))
    }

    /// Whether all topics that this pattern means are in this stream, as far as one of its own patterns shows it.
    pub(crate) fn holds_all_of(&self, pattern: &Pattern) -> bool {
        self.config.patterns.iter().any(|own| own.includes(pattern))
    }

    /// Whether a subscription to this pattern meets the stream.
    pub(crate) fn meets(&self, pattern: &Pattern) -> bool {
        self.config.patterns.iter().any(|own| own.overlaps(pattern))
    }
}

/// A name for a new incarnation: 64 random bits, so that no two are ever taken for the same.
fn new_epoch() -> Result<Epoch, getrandom::Error> {
    let mut text = String::with_capacity(16);
    let random = if planted(Fault::EpochKept) { 0 } else { getrandom::u64()? };
    // Writing to a string can't fail.
    let _ = write!(text, "{random:016x}");
    Epoch::new(&text).map_err(|_| getrandom::Error::UNEXPECTED)
}
