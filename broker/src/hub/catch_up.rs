//! Catching up: a subscription that is behind reads from its streams at its socket's pace, until it can be pushed.

use std::sync::Arc;

use fanfare_protocol::Position;

use super::budget::Budget;
use super::latest::Phase;
use super::lost::gap_at;
use super::shard::{Attached, Shard};
use super::shared::Hub;
use super::subscription::{Met, Progress, Subscription};
use super::sys::Missing;
use crate::clock::Moment;
use crate::engine::{Batch, Cursor, Message, ReadBudget, StreamIndex};
use crate::fault::{Fault, planted};
use crate::metrics::ShardCounters;
use crate::outbound::{Expired, JsonBodies, Outbound, Place, Run};
use crate::trace::TraceContext;

/// A session reads on while less than this waits for its socket, in bytes, or less where there are very many. Less in
/// tests, so that they get there.
const LOW_WATER_BYTES: usize = if cfg!(test) { 4 } else { 64 } * 1024;
/// Messages that a session reads at once.
const BATCH_MESSAGES: usize = if cfg!(test) { 16 } else { 256 };

/// One reading of a stream.
#[derive(Debug)]
pub(super) struct Step {
    stream: StreamIndex,
    lost: Option<Expired>,
    pub(super) messages: Vec<Arc<Message>>,
    pub(super) passed_over: u64,
    at_head: bool,
}

/// Whether so little waits for the socket that the session may read on.
pub(super) fn has_room(outbound: &Outbound, low_water: usize) -> bool {
    outbound.lanes().queue_bytes() < low_water
}

/// What a shard lends to a session that reads.
pub(super) struct ReadContext<'a> {
    pub(super) hub: &'a Hub,
    pub(super) counters: &'a ShardCounters,
    /// A session reads on while less than this waits for its socket, in bytes.
    pub(super) low_water: usize,
    bodies: &'a mut JsonBodies,
    traced: &'a mut Vec<TraceContext>,
    pub(super) budget: &'a mut Budget,
}

impl ReadContext<'_> {
    /// How much a session reads at once.
    pub(super) fn read_budget(&self) -> ReadBudget {
        ReadBudget::new(BATCH_MESSAGES, self.low_water)
    }

    /// Counts what was read for a session and taken in: queued, or waiting for a batch.
    pub(super) fn count<'m>(&mut self, taken: impl Iterator<Item = &'m Arc<Message>>) {
        let (mut messages, mut bytes) = (0, 0);
        for message in taken {
            messages += 1;
            bytes += message.msgpack().len();
        }
        self.counters.catch_up_messages.add(messages);
        self.counters.catch_up_bytes.add(bytes as u64);
        self.budget.spend(bytes);
    }
}

impl Shard {
    /// Lets a session's subscriptions that are behind read on, and conflated ones send, if there is room for it. True if
    /// there is more to do once what waits is written. To be called only while the session's socket takes more.
    pub(crate) fn catch_up(&mut self, session: u32, now: Moment) -> bool {
        // Before more is read: what was read the last time has had its chance to be written.
        self.keep_budget();
        if self.has_batches(session) {
            self.send_batches(session, now);
        }
        let Some(attached) = self.sessions.get(session as usize) else { return false };
        if attached.behind > 0 && !has_room(&attached.outbound, self.low_water()) {
            return true;
        }
        match self.next_behind(session, now) {
            Some(next) => {
                self.read_on(session, next, now);
                true
            }
            None => self.has_batches(session),
        }
    }

    /// Takes what is traced of the messages that were just read.
    pub(crate) fn take_traced(&mut self) -> Vec<TraceContext> {
        std::mem::take(&mut self.traced)
    }

    /// Whether the session has anything to do when its socket takes more, beside writing what waits.
    pub(crate) fn wants_turn(&self, session: u32) -> bool {
        let attached = self.sessions.get(session as usize);
        attached.is_some_and(|attached| attached.behind > 0 || attached.has_batches)
    }

    /// Whether a session reads on: while less than this waits for its socket, in bytes.
    pub(super) fn low_water(&self) -> usize {
        let fair = self.budget.low_water(self.sessions.len());
        LOW_WATER_BYTES.min(self.hub.limits.queue_bytes() / 2).min(fair)
    }

    /// The subscription whose turn it is to read on, if any is behind. They take turns, so that none waits for another
    /// that never catches up.
    fn next_behind(&mut self, session: u32, now: Moment) -> Option<u32> {
        let attached = self.sessions.get(session as usize).filter(|attached| attached.behind > 0)?;
        let (count, first) = (attached.subs.len(), attached.turn as usize);
        for at in (first..first + count).map(|at| at % count) {
            let (_, slot) = *self.sessions.get(session as usize)?.subs.get(at)?;
            let Some(sub) = self.subs.get(slot as usize).filter(|sub| sub.is_behind()) else { continue };
            if sub.latest.as_ref().is_none_or(|latest| latest.may_go_on(now)) {
                self.sessions.get_mut(session as usize)?.turn = u32::try_from(at + 1).unwrap_or(0);
                return Some(slot);
            }
            self.come_back_at(slot);
        }
        None
    }

    /// Reads once for a subscription.
    fn read_on(&mut self, session: u32, slot: u32, now: Moment) {
        let (hub, low_water) = (Arc::clone(&self.hub), self.low_water());
        let Self { subs, sessions, bodies, traced, budget, .. } = self;
        let Some(sub) = subs.get_mut(slot as usize) else { return };
        let Some(attached) = sessions.get_mut(session as usize) else { return };
        let counters = hub.counters(usize::from(self.number));
        let mut context = ReadContext { hub: &hub, counters, low_water, bodies, traced, budget };
        match sub.latest {
            None => attached.read(sub, &mut context),
            Some(_) => attached.read_latest(sub, now, &mut context),
        }
        if let Some(read) = sub.rise() {
            attached.outbound.push_live(sub.sub, sub.position(&hub), read);
            attached.has_batches |= sub.latest.is_some();
            self.note_live(session);
        }
        self.mark_dirty(session);
    }
}

impl Attached {
    /// Reads once for a subscription and queues what was read, as far as there is room.
    fn read(&self, sub: &mut Subscription, context: &mut ReadContext<'_>) {
        let Some(next) = sub.next_to_read() else { return };
        let Some(step) = sub.step(next, context.hub, context.read_budget()) else { return };
        let refused = self.push_read(sub.sub, &step, context);
        sub.settle(&step, refused);
    }

    /// Queues what was read, as far as there is room; returns the sequence of the first message that found none.
    pub(super) fn push_read(&self, sub: u32, step: &Step, context: &mut ReadContext<'_>) -> Option<u64> {
        self.tell_step(sub, step, context);
        let session = self.outbound.session();
        let is_for_it =
            |message: &&Arc<Message>| !message.is_hidden_from(session) || planted(Fault::EchoBehind);
        let wanted = step.messages.iter().filter(is_for_it);
        let encoding = self.outbound.encoding();
        let run = Run::new(wanted.clone().map(|message| context.bodies.body(message, encoding)))?;
        let refused = self.outbound.push_run(sub, run, context.hub.limits.queue_bytes());
        let refused = refused.map(|run| run.first().seq());
        let read = wanted.take_while(|message| Some(message.seq()) != refused);
        if context.hub.tracer.is_some() {
            context.traced.extend(read.clone().filter_map(|message| message.trace()));
        }
        context.count(read);
        refused
    }

    /// Tells the gap before what was read, if there is one.
    pub(super) fn tell_step(&self, sub: u32, step: &Step, context: &ReadContext<'_>) {
        context.counters.catch_up_reads.add(1);
        if let Some(lost) = &step.lost {
            let missing = Missing { stream: &lost.stream, lost: Some(lost.lost), at_start: false };
            context.hub.tell_gap(&self.outbound, sub, missing);
            self.outbound.push_expired(sub, lost.clone());
        }
    }
}

impl Subscription {
    /// The first stream that it has not caught up with.
    pub(super) fn next_to_read(&self) -> Option<StreamIndex> {
        self.streams.iter().find(|met| met.is_reading()).map(|met| met.index)
    }

    /// Reads a little of a stream.
    pub(super) fn step(&mut self, stream: StreamIndex, hub: &Hub, budget: ReadBudget) -> Option<Step> {
        let Self { streams, pattern, .. } = self;
        let met = streams.iter_mut().find(|met| met.index == stream)?;
        let (Some(from), Progress::Reading(reader)) = (hub.engine.stream(stream), &mut met.progress) else {
            return None;
        };
        let before = reader.cursor;
        let batch = from.read(&mut reader.cursor, pattern, budget, || ());
        if batch.at_head && planted(Fault::FlipUnlocked) {
            reader.cursor.after = from.head().seq;
        }
        let lost = batch.lost.map(|lost| gap_at(from, lost, before));
        let Batch { messages, passed_over, at_head, .. } = batch;
        Some(Step { stream, lost, messages, passed_over, at_head })
    }

    /// Notes how far the queue took the step: the subscription reads on from the message that found no room, or is
    /// pushed if it stands at the stream's newest message.
    pub(super) fn settle(&mut self, step: &Step, refused: Option<u64>) {
        self.read_on_from(step, refused);
        let Some(met) = self.streams.iter_mut().find(|met| met.index == step.stream) else { return };
        let Progress::Reading(reader) = &mut met.progress else { return };
        if refused.is_none() && step.at_head {
            // It was read to the end under the lock, with interest registered long ago, and no mail was taken since:
            // every later message comes by mail.
            reader.pushed = true;
        }
    }

    /// Notes how far the queue took the step.
    pub(super) fn read_on_from(&mut self, step: &Step, refused: Option<u64>) {
        let met = self.streams.iter_mut().find(|met| met.index == step.stream);
        if let (Some(refused), Some(Met { progress: Progress::Reading(reader), .. })) = (refused, met) {
            reader.cursor.after = refused - 1;
        }
    }

    /// Goes live if it has caught up with all its streams; tells then how each was read.
    fn rise(&mut self) -> Option<Vec<(StreamIndex, Cursor)>> {
        if self.streams.iter().any(Met::is_reading) {
            return None;
        }
        let rise = |met: &mut Met| match &met.progress {
            Progress::Live(_) => None,
            Progress::Reading(reader) => {
                let cursor = reader.cursor;
                let after = cursor.after + u64::from(planted(Fault::SkipAtLive));
                met.progress = Progress::Live(after - u64::from(planted(Fault::RepeatAtLive)).min(after));
                Some((met.index, cursor))
            }
        };
        let read = self.streams.iter_mut().filter_map(rise).collect();
        if let Some(latest) = &mut self.latest {
            latest.phase = Phase::Resting;
        }
        Some(read)
    }

    /// Where it stands in every stream that it meets: before what waits for its next batch.
    pub(super) fn position(&self, hub: &Hub) -> Position {
        self.places(hub).map(|place| (place.stream, place.at)).collect()
    }

    /// The same, stream by stream.
    pub(super) fn places(&self, hub: &Hub) -> impl Iterator<Item = Place> {
        let first = |met: &Met| self.latest.as_ref().and_then(|latest| latest.first(met.index));
        let seq = move |met: &Met| first(met).map_or(met.seq(), |first| first - 1);
        self.streams.iter().filter_map(move |met| {
            let stream = hub.engine.stream(met.index)?;
            let at = stream.position(seq(met));
            Some(Place { index: met.index, stream: stream.name().clone(), at })
        })
    }
}
