//! A shard's side of the hub: its subscriptions, and the fan-out of what comes by mail to its outbound queues.

use std::sync::Arc;

use slab::Slab;

use super::budget::Budget;
use super::due::Due;
use super::fan_out::Found;
use super::lag::Lag;
use super::pushed::Pushed;
use super::shared::Hub;
use super::subscription::Subscription;
use crate::index::TopicIndex;
use crate::metrics::ShardCounters;
use crate::outbound::{About, Delivery, JsonBodies, Outbound, Run, Wire};
use crate::trace::TraceContext;

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
    /// The same for answers.
    pub(super) answers: Budget,
    pub(super) bodies: JsonBodies,
    pub(super) dirty: Vec<u32>,
    pub(super) found: Found,
    /// Of the messages that were just read for subscriptions that are behind, those that are traced.
    pub(super) traced: Vec<TraceContext>,
    /// How many subscriptions had fallen behind when that was last told.
    pub(super) fallen: u64,
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
    pub(super) lag: Lag,
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
            lag: Lag::None,
            dirty: false,
        }
    }

    /// So many of its subscriptions are behind now.
    pub(super) fn set_behind(&mut self, behind: u32) {
        self.behind = behind;
        self.outbound.about().set_behind(behind);
    }

    /// Whether it is among those that something waits for.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Queues messages for a subscription; returns those that found no room.
    pub(super) fn push(
        &mut self,
        sub: &mut Subscription,
        pushed: &Pushed<'_>,
        delivery: &mut Delivery<'_>,
        intake: &mut Intake<'_>,
    ) -> Option<Run> {
        let passed = sub.pass_over(pushed);
        if passed == pushed.messages.len() || pushed.is_hidden_from(self.outbound.session()) {
            return None;
        }
        let run = delivery.run(self.outbound.encoding(), passed)?;
        intake.take(self, sub.session, run.footprint());
        self.outbound.push_run(sub.sub, run, intake.queue_bytes)
    }

    /// Takes in messages for a conflated subscription, one by one: each may put it behind, and it reads the others then.
    pub(super) fn offer_each(
        &mut self,
        sub: &mut Subscription,
        pushed: &Pushed<'_>,
        intake: &mut Intake<'_>,
    ) {
        let is_hidden = pushed.is_hidden_from(self.outbound.session());
        for one in pushed.each() {
            if sub.pass_over(&one) == 0 && !is_hidden {
                intake.take(self, sub.session, one.first().footprint());
                self.offer(sub, one.first(), intake.queue_bytes, intake.counters);
            }
        }
    }
}

/// What a shard notes when something is put into its queues.
pub(super) struct Intake<'a> {
    pub(super) dirty: &'a mut Vec<u32>,
    pub(super) budget: &'a mut Budget,
    pub(super) queue_bytes: usize,
    pub(super) counters: &'a ShardCounters,
}

impl Intake<'_> {
    fn take(&mut self, attached: &mut Attached, session: u32, bytes: usize) {
        if !std::mem::replace(&mut attached.dirty, true) {
            self.dirty.push(session);
        }
        self.budget.spend(bytes);
    }
}

impl Shard {
    pub(crate) fn new(hub: Arc<Hub>, number: u8) -> Self {
        Self {
            budget: Budget::new(share(&hub)),
            answers: Budget::new(share_of_answers(&hub)),
            bodies: JsonBodies::default(),
            hub,
            number,
            index: TopicIndex::default(),
            subs: Slab::new(),
            sessions: Slab::new(),
            due: Due::default(),
            dirty: Vec::new(),
            found: Found::default(),
            traced: Vec::new(),
            fallen: 0,
        }
    }

    /// Keeps to the limits as they are now; for those that are not read at each use.
    pub(crate) fn take_limits(&mut self) {
        self.budget.share_is(share(&self.hub));
        self.answers.share_is(share_of_answers(&self.hub));
    }

    /// Takes in a new session; returns its outbound queue.
    pub(crate) fn attach(&mut self, wire: impl Into<Wire>, about: About) -> Arc<Outbound> {
        let slot = slot_number(self.sessions.vacant_key());
        let outbound = Outbound::new(self.hub.next_session(), self.number, slot, wire, about);
        let outbound = Arc::new(outbound);
        self.hub.outbounds.insert(outbound.session(), Arc::clone(&outbound));
        self.sessions.insert(Attached::new(Arc::clone(&outbound)));
        outbound
    }

    /// Lets a session go, with all its subscriptions.
    pub(crate) fn detach(&mut self, session: u32) {
        self.note_end(session);
        let Some(attached) = self.sessions.try_remove(session as usize) else { return };
        self.uncount(&attached.outbound, attached.subs.len());
        for (_, slot) in attached.subs {
            self.remove(slot);
        }
        self.hub.outbounds.remove(&attached.outbound.session());
        self.hub.uncount_subject(attached.outbound.caller().as_ref());
        self.hub.left.notify_waiters();
    }

    /// Adds up what waits for the next batches of conflated subscriptions, for the metrics.
    pub(crate) fn count_conflated(&self) {
        let bytes: usize = self.sessions.iter().map(|(_, session)| session.waiting_bytes).sum();
        self.counters().conflated_bytes.set(bytes as u64);
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
            attached.set_behind(attached.behind + 1);
        }
    }

    /// One less of the session's subscriptions is behind.
    pub(super) fn note_live(&mut self, session: u32) {
        self.counters().behind.sub(1);
        if let Some(attached) = self.sessions.get_mut(session as usize) {
            attached.set_behind(attached.behind - 1);
        }
        self.tell_risen(session);
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

/// What all queues of a shard may hold.
fn share(hub: &Hub) -> usize {
    // A share that is smaller than a queue would have sessions give up what they just read.
    (hub.limits.all_queues_bytes() / hub.shards().max(1)).max(hub.limits.queue_bytes())
}

/// What all answers of a shard may take; those of one session always fit, and one that was begun.
fn share_of_answers(hub: &Hub) -> usize {
    let one = hub.limits.reply_bytes().saturating_add(hub.limits.max_frame_bytes());
    (hub.limits.all_replies_bytes() / hub.shards().max(1)).max(one)
}

/// A slot as a number. Each takes at least 40 bytes, so there are never 2^32 of them.
pub(super) fn slot_number(key: usize) -> u32 {
    u32::try_from(key).unwrap_or(u32::MAX)
}
