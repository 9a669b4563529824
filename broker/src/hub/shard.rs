//! A shard's side of the hub: its subscriptions, and the fan-out of what comes by mail to its outbound queues.

use std::sync::Arc;

use fanfare_protocol::{Encoding, GapReason};
use slab::Slab;

use super::budget::Budget;
use super::due::Due;
use super::mailbox::{Dropped, Mail};
use super::shared::Hub;
use super::subscription::Subscription;
use crate::engine::{Cursor, Lost, Message, ReadBudget, SessionId, Stream, StreamIndex};
use crate::index::TopicIndex;
use crate::metrics::ShardCounters;
use crate::outbound::{Delivery, Full, JsonBodies, Outbound};

/// A queue takes this many parts of mail at least.
const PARTS_PER_QUEUE: usize = 4;
/// Messages that a shard reads at once from a stream that overflowed its mailbox. Few in tests, so that they get there.
const OVERFLOW_READ_MESSAGES: usize = if cfg!(test) { 16 } else { 1_024 };
/// And their bytes.
const OVERFLOW_READ_BYTES: usize = 256 * 1024;

/// What one thread knows of its sessions. Only that thread touches it.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(super) hub: Arc<Hub>,
    pub(super) number: u8,
    pub(super) index: TopicIndex<u32>,
    pub(super) subs: Slab<Subscription>,
    pub(super) sessions: Slab<Attached>,
    pub(super) due: Due,
    pub(super) budget: Budget,
    pub(super) bodies: JsonBodies,
    dirty: Vec<u32>,
}

/// A session as its shard knows it.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) outbound: Arc<Outbound>,
    /// Each subscription's number and slot.
    pub(super) subs: Vec<(u32, u32)>,
    /// How many of them are behind.
    pub(super) behind: u32,
    /// Bytes that wait for the next batches of its conflated subscriptions.
    pub(super) waiting_bytes: usize,
    /// Whether a conflated subscription may have something to send now.
    pub(super) has_batches: bool,
    /// Whose turn it is to catch up, as a place in `subs`.
    pub(super) turn: u32,
    dirty: bool,
}

impl Attached {
    fn new(outbound: Arc<Outbound>) -> Self {
        Self {
            outbound,
            subs: Vec::new(),
            behind: 0,
            waiting_bytes: 0,
            has_batches: false,
            turn: 0,
            dirty: false,
        }
    }
}

impl Shard {
    pub(crate) fn new(hub: Arc<Hub>, number: u8) -> Self {
        Self {
            budget: Budget::new(&hub.limits, hub.shards()),
            bodies: JsonBodies::default(),
            hub,
            number,
            index: TopicIndex::default(),
            subs: Slab::new(),
            sessions: Slab::new(),
            due: Due::default(),
            dirty: Vec::new(),
        }
    }

    /// Takes in a new session; returns its outbound queue.
    pub(crate) fn attach(&mut self, encoding: Encoding) -> Arc<Outbound> {
        let slot = slot_number(self.sessions.vacant_key());
        let outbound = Arc::new(Outbound::new(self.hub.next_session(), self.number, slot, encoding));
        self.hub.outbounds.insert(outbound.session(), Arc::clone(&outbound));
        self.sessions.insert(Attached::new(Arc::clone(&outbound)));
        outbound
    }

    /// Lets a session go, with all its subscriptions.
    pub(crate) fn detach(&mut self, session: u32) {
        let Some(attached) = self.sessions.try_remove(session as usize) else { return };
        for (_, slot) in attached.subs {
            self.remove(slot);
        }
        self.hub.outbounds.remove(&attached.outbound.session());
        self.hub.left.notify_waiters();
    }

    /// Puts a part of the mail into the outbound queues; true if there is more. The part is small against a queue, so
    /// that a queue that is written out between two parts has room. [`Shard::take_dirty`] tells which got something.
    pub(crate) fn fan_out(&mut self, mail: &mut Mail) -> bool {
        let part_bytes = self.hub.limits.queue_bytes / PARTS_PER_QUEUE;
        for (message, number) in mail.next_part(part_bytes) {
            if !self.hub.probe.answer(self.number, message) {
                self.deliver(message, Some(number));
            }
        }
        self.keep_budget();
        if mail.has_more() {
            return true;
        }
        for (stream, cursor) in mail.overflowed.drain(..) {
            self.read_overflowed(stream, cursor);
        }
        for dropped in mail.dropped.drain(..) {
            self.tell_dropped(&dropped);
        }
        false
    }

    fn deliver(&mut self, message: &Arc<Message>, number: Option<u64>) {
        let Self { hub, number: shard, index, subs, sessions, dirty, budget, .. } = self;
        let (queue_bytes, counters) = (hub.limits.queue_bytes, hub.counters(usize::from(*shard)));
        let (delivery, bytes) = (Delivery::new(message), message.msgpack().len());
        index.matches(message.topic(), |slots| {
            for slot in slots {
                let Some(sub) = subs.get_mut(*slot as usize) else { continue };
                if !sub.admits(message, number) {
                    continue;
                }
                let Some(session) = sessions.get_mut(sub.session as usize) else { continue };
                if message.is_hidden_from(session.outbound.session()) {
                    continue;
                }
                if !session.dirty {
                    session.dirty = true;
                    dirty.push(sub.session);
                }
                budget.spend(bytes);
                if sub.latest.is_some() {
                    session.offer(sub, message, queue_bytes, counters);
                } else if session.outbound.push_message(sub.sub, &delivery, queue_bytes) == Err(Full) {
                    session.push_or_fall(subs, *slot, &delivery, &hub.limits, counters);
                }
            }
        });
    }

    /// Reads on in a stream whose messages found no room in the mailbox, until it is pushed again or the budget ends;
    /// the mailbox keeps the mark for the next round then.
    fn read_overflowed(&mut self, stream: StreamIndex, mut cursor: Cursor) {
        let hub = Arc::clone(&self.hub);
        let Some(stream) = hub.engine.stream(stream) else { return };
        let everything = hub.everything.clone();
        let budget = ReadBudget::new(OVERFLOW_READ_MESSAGES, OVERFLOW_READ_BYTES);
        let mailbox = hub.mailbox(usize::from(self.number));
        let batch = stream.read(&mut cursor, &everything, budget, || mailbox.caught_up(stream.index()));
        if let Some(lost) = batch.lost {
            self.tell_expired(stream, lost);
        }
        for message in &batch.messages {
            self.deliver(message, None);
        }
        if !batch.at_head {
            mailbox.read_through(stream.index(), cursor);
        }
    }

    /// Tells every pushed subscription that meets the stream what retention took before the shard could read it.
    fn tell_expired(&mut self, stream: &Stream, lost: Lost) {
        let Self { subs, sessions, hub, .. } = self;
        let counters = hub.counters(usize::from(self.number));
        let mut told = Vec::new();
        for (_, sub) in subs.iter_mut() {
            let Some(gap) = sub.take_lost(stream, lost) else { continue };
            let Some(session) = sessions.get_mut(sub.session as usize) else { continue };
            told.push(sub.session);
            if sub.latest.is_some() {
                session.put_behind(sub, stream.index(), counters);
                continue;
            }
            counters.gaps.count(GapReason::Expired.as_str());
            session.outbound.push_expired(sub.sub, gap);
        }
        for session in told {
            self.mark_dirty(session);
        }
    }

    /// Tells subscriptions of ephemeral messages that found no room in the mailbox.
    fn tell_dropped(&mut self, dropped: &Dropped) {
        let Self { subs, sessions, index, hub, .. } = self;
        let counters = hub.counters(usize::from(self.number));
        let all = subs.iter().filter(|_| dropped.uncounted).map(|(slot, _)| slot_number(slot));
        let all: Vec<u32> = all.collect();
        let mut told = Vec::new();
        let mut tell = |slot: u32, hidden_from: Option<SessionId>, count: Option<u64>| {
            let Some(sub) = subs.get_mut(slot as usize).filter(|sub| sub.ephemeral_from <= dropped.last)
            else {
                return;
            };
            let Some(session) = sessions.get_mut(sub.session as usize) else { return };
            if hidden_from == Some(session.outbound.session()) {
                return;
            }
            told.push(sub.session);
            if let Some(latest) = &mut sub.latest {
                session.has_batches = true;
                return latest.drop_uncaught(count);
            }
            counters.gaps.count(GapReason::Dropped.as_str());
            session.outbound.push_dropped(sub.sub, count);
        };
        for ((topic, hidden_from), count) in &dropped.by_topic {
            index.matches(topic, |slots| {
                for slot in slots {
                    tell(*slot, *hidden_from, Some(*count));
                }
            });
        }
        for slot in all {
            tell(slot, None, None);
        }
        for session in told {
            self.mark_dirty(session);
        }
    }

    pub(super) fn count_gap(&self, reason: GapReason) {
        self.counters().gaps.count(reason.as_str());
    }

    /// Notes that something waits for the session's socket.
    pub(crate) fn mark_dirty(&mut self, session: u32) {
        if let Some(attached) = self.sessions.get_mut(session as usize)
            && !attached.dirty
        {
            attached.dirty = true;
            self.dirty.push(session);
        }
    }

    /// The sessions that something waits for since the last call; `slots` is emptied first and its memory used again.
    pub(crate) fn take_dirty(&mut self, slots: &mut Vec<u32>) {
        slots.clear();
        std::mem::swap(&mut self.dirty, slots);
        for slot in slots {
            if let Some(attached) = self.sessions.get_mut(*slot as usize) {
                attached.dirty = false;
            }
        }
    }

    /// One more of the session's subscriptions is behind.
    pub(super) fn note_behind(&mut self, session: u32) {
        self.counters().behind.add(1);
        if let Some(attached) = self.sessions.get_mut(session as usize) {
            attached.behind += 1;
        }
    }

    /// One less of the session's subscriptions is behind.
    pub(super) fn note_live(&mut self, session: u32) {
        self.counters().behind.sub(1);
        if let Some(attached) = self.sessions.get_mut(session as usize) {
            attached.behind -= 1;
        }
        if self.counters().behind.get() == 0 {
            self.bodies.clear();
        }
    }

    /// Takes a subscription out of the index.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(sub) = self.subs.try_remove(slot as usize) else { return };
        if sub.is_behind() {
            self.note_live(sub.session);
        }
        if let Some(latest) = &sub.latest {
            latest.due.iter().for_each(|at| self.due.remove(*at, slot));
            if let Some(attached) = self.sessions.get_mut(sub.session as usize) {
                attached.waiting_bytes -= latest.bytes();
            }
        }
        self.counters().subscriptions.sub(1);
        let Some(removed) = self.index.remove(&sub.pattern, sub.place) else { return };
        if let Some(moved) = removed.moved.and_then(|moved| self.subs.get_mut(moved as usize)) {
            moved.place = sub.place;
        }
        if removed.last {
            self.hub.interest.withdraw(&sub.pattern, self.number);
        }
    }

    pub(super) fn counters(&self) -> &ShardCounters {
        self.hub.metrics.shard(usize::from(self.number))
    }
}

/// A slot as a number. Each takes at least 40 bytes, so there are never 2^32 of them.
pub(super) fn slot_number(key: usize) -> u32 {
    u32::try_from(key).unwrap_or(u32::MAX)
}
