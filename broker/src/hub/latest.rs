//! Conflation: of each topic only the newest message waits, and what waits is sent in batches at a bounded rate.
//!
//! Pure: it is handed messages and the time. `hub/batches.rs` drives it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::{Deliver, MaxRate};

use crate::clock::Moment;
use crate::engine::{Message, StreamIndex};
use crate::fault::{Fault, planted};

/// What a waiting topic takes beside its message, in bytes.
const WAITING_OVERHEAD_BYTES: usize = 96;

/// The conflated side of a subscription.
#[derive(Debug, Default)]
pub(super) struct Latest {
    /// Time between two batches, at least.
    interval: Duration,
    /// No batch begins earlier.
    next_at: Moment,
    /// When the shard is to look again; kept here so that it can be taken back.
    pub(super) due: Option<Moment>,
    waiting: HashMap<Topic, Waiting>,
    /// Bytes of what waits, the batch included.
    bytes: usize,
    arrivals: u64,
    /// Ephemeral messages that found no room, to be told before the next batch.
    dropped: Dropped,
    /// The batch under way, in the order of delivery.
    batch: VecDeque<Arc<Message>>,
    pub(super) phase: Phase,
}

/// Ephemeral messages that found no room.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    #[default]
    None,
    Counted(u64),
    Uncounted,
}

/// How far a subscription that is behind has come with its batch.
#[derive(Debug, Default)]
pub(super) enum Phase {
    /// The next batch has not begun.
    #[default]
    Resting,
    /// The streams are read up to their heads at the start of the batch.
    Sending(Vec<(StreamIndex, u64)>),
    /// The batch is out. What came meanwhile is read for the next ones, until the subscription can be pushed.
    Joining,
}

#[derive(Debug)]
struct Waiting {
    message: Arc<Message>,
    arrival: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offered {
    /// It waits beside those of other topics.
    Added,
    /// It has replaced an older one of its topic.
    Replaced,
}

impl Latest {
    /// The conflation that a client asks for, if it does.
    pub(super) fn of(deliver: Deliver) -> Option<Box<Self>> {
        match deliver {
            Deliver::Every => None,
            Deliver::Latest { max_rate } => {
                let interval = max_rate.map(interval).unwrap_or_default();
                Some(Box::new(Self { interval, ..Self::default() }))
            }
        }
    }

    /// Takes in a message for the next batch.
    pub(super) fn offer(&mut self, message: &Arc<Message>) -> Offered {
        self.arrivals += 1;
        self.bytes += weight(message);
        let waiting = Waiting { message: Arc::clone(message), arrival: self.arrivals };
        match self.waiting.insert(message.topic().clone(), waiting) {
            None => Offered::Added,
            Some(older) => {
                self.bytes -= weight(&older.message);
                if planted(Fault::OlderKept) {
                    self.bytes += weight(&older.message);
                    self.bytes -= weight(message);
                    self.waiting.insert(message.topic().clone(), older);
                }
                Offered::Replaced
            }
        }
    }

    /// Bytes of what waits.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether anything waits.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.batch.is_empty() || self.dropped != Dropped::None
    }

    /// Whether there is something to do now; otherwise at `next_at`.
    pub(super) fn may_go_on(&self, now: Moment) -> bool {
        let rate_allows = now >= self.next_at || planted(Fault::RateIgnored);
        !self.batch.is_empty() || !matches!(self.phase, Phase::Resting) || rate_allows
    }

    /// The earliest start of the next batch.
    pub(super) fn next_at(&self) -> Moment {
        self.next_at
    }

    /// Begins a batch of all that waits. Returns the gap to tell before it.
    pub(super) fn begin(&mut self, now: Moment) -> Dropped {
        self.next_at = now.plus(self.interval);
        let mut waiting: Vec<Waiting> = self.waiting.drain().map(|(_, waiting)| waiting).collect();
        waiting.sort_unstable_by_key(|waiting| place_in_batch(&waiting.message, waiting.arrival));
        if planted(Fault::BatchOutOfOrder) {
            waiting.reverse();
        }
        self.batch.extend(waiting.into_iter().map(|waiting| waiting.message));
        std::mem::take(&mut self.dropped)
    }

    /// The next message of the batch under way.
    pub(super) fn next(&self) -> Option<&Arc<Message>> {
        self.batch.front()
    }

    /// The next message of the batch is on its way.
    pub(super) fn sent(&mut self) {
        if let Some(message) = self.batch.pop_front() {
            self.bytes -= weight(&message);
        }
    }

    /// Notes ephemeral messages that found no room; `None` where the count is not known.
    pub(super) fn drop_uncaught(&mut self, count: Option<u64>) {
        self.dropped = match (self.dropped, count) {
            (Dropped::None, Some(count)) => Dropped::Counted(count),
            (Dropped::Counted(known), Some(count)) => Dropped::Counted(known + count),
            (_, None) | (Dropped::Uncounted, _) => Dropped::Uncounted,
        };
    }

    /// Drops the oldest ephemeral messages until at least this many bytes are free, or none is left; returns how many.
    pub(super) fn drop_oldest(&mut self, bytes: usize) -> u64 {
        let ephemeral = self.waiting.values().filter(|waiting| waiting.message.place().is_none());
        let mut oldest: Vec<(u64, Topic)> =
            ephemeral.map(|waiting| (waiting.arrival, waiting.message.topic().clone())).collect();
        oldest.sort_unstable_by_key(|(arrival, _)| *arrival);
        let (before, mut dropped) = (self.bytes, 0);
        for (_, topic) in oldest {
            if before - self.bytes >= bytes {
                break;
            }
            if let Some(waiting) = self.waiting.remove(&topic) {
                self.bytes -= weight(&waiting.message);
                dropped += 1;
            }
        }
        if dropped > 0 {
            self.drop_uncaught(Some(dropped));
        }
        dropped
    }

    /// The oldest sequence of a stream that waits.
    pub(super) fn first(&self, stream: StreamIndex) -> Option<u64> {
        let waiting = self.waiting.values().map(|waiting| &waiting.message).chain(&self.batch);
        waiting.filter_map(|message| message.place()).filter(|p| p.index == stream).map(|p| p.seq).min()
    }

    /// Lets go of what can be read again from its stream.
    pub(super) fn drop_streamed(&mut self) {
        self.waiting.retain(|_, waiting| waiting.message.place().is_none());
        self.batch.retain(|message| message.place().is_none());
        let waiting = self.waiting.values().map(|waiting| &waiting.message).chain(&self.batch);
        self.bytes = waiting.map(weight).sum();
        self.phase = Phase::Resting;
    }
}

fn interval(rate: MaxRate) -> Duration {
    Duration::try_from_secs_f64(1.0 / rate.per_second()).unwrap_or(Duration::MAX)
}

fn weight(message: &Arc<Message>) -> usize {
    message.footprint() + WAITING_OVERHEAD_BYTES
}

/// Streams ascend; ephemeral messages follow as they arrived.
fn place_in_batch(message: &Message, arrival: u64) -> (bool, u16, u64) {
    match message.place() {
        Some(place) => (false, place.index.0, place.seq),
        None => (true, 0, arrival),
    }
}
