//! Catching up: a subscription that is behind reads from its streams at its socket's pace, until it can be pushed.

use std::sync::Arc;

use fanfare_protocol::{GapReason, Position};

use super::lost::gap_at;
use super::shard::Shard;
use super::shared::Hub;
use super::subscription::{Met, Progress, Subscription};
use crate::engine::{Cursor, Message, ReadBudget, Stream, StreamIndex};
use crate::outbound::{Delivery, Expired};

/// A session reads on while less than this waits for its socket, in bytes.
pub(crate) const LOW_WATER_BYTES: usize = 64 * 1024;
/// Messages that a session reads at once.
const BATCH_MESSAGES: usize = 256;

/// One step of catching up.
#[derive(Debug)]
struct Step {
    lost: Option<Expired>,
    messages: Vec<Arc<Message>>,
    at_head: bool,
}

impl Shard {
    /// Lets a session's subscriptions that are behind read on, if there is room for it. True if there is more to read
    /// and still room.
    pub(crate) fn catch_up(&mut self, session: u32) -> bool {
        self.next_behind(session).is_some_and(|next| self.read_on(session, next))
    }

    /// The subscription whose turn it is to read on, if any is behind and there is room. They take turns, so that none
    /// waits for another that never catches up.
    fn next_behind(&mut self, session: u32) -> Option<u32> {
        let Self { sessions, subs, hub, .. } = self;
        let attached = sessions.get_mut(session as usize).filter(|attached| attached.behind > 0)?;
        if attached.outbound.lanes().queue_bytes() >= LOW_WATER_BYTES.min(hub.limits.queue_bytes / 2) {
            return None;
        }
        let count = attached.subs.len();
        let turns = (0..count).map(|turn| (attached.turn as usize + turn) % count);
        let behind = |at: &usize| {
            let slot = attached.subs.get(*at).map(|(_, slot)| *slot as usize);
            slot.and_then(|slot| subs.get(slot)).is_some_and(Subscription::is_behind)
        };
        let at = turns.into_iter().find(behind)?;
        attached.turn = u32::try_from(at + 1).unwrap_or(0);
        attached.subs.get(at).map(|(_, slot)| *slot)
    }

    /// Reads once for a subscription; false if the queue had no room for all that was read.
    fn read_on(&mut self, session: u32, slot: u32) -> bool {
        let hub = Arc::clone(&self.hub);
        let counters = hub.counters(usize::from(self.number));
        let Some(attached) = self.sessions.get(session as usize) else { return false };
        let Some(sub) = self.subs.get_mut(slot as usize) else { return false };
        let outbound = &attached.outbound;
        let mut room = true;
        if let Some(step) = sub.step(&hub) {
            counters.catch_up_reads.add(1);
            if let Some(lost) = &step.lost {
                counters.gaps.count(GapReason::Expired.as_str());
                outbound.push_expired(sub.sub, lost.clone());
            }
            let (id, queue_bytes) = (outbound.session(), hub.limits.queue_bytes);
            let fits = |message: &Arc<Message>| {
                message.is_hidden_from(id)
                    || outbound.push_message(sub.sub, &Delivery::new(message), queue_bytes).is_ok()
            };
            let pushed = step.messages.iter().take_while(|message| fits(message)).count();
            let read = step.messages.get(..pushed).unwrap_or_default();
            counters.catch_up_messages.add(pushed as u64);
            counters.catch_up_bytes.add(read.iter().map(|message| message.msgpack().len() as u64).sum());
            let refused = step.messages.get(pushed);
            room = refused.is_none();
            sub.settle(&step, refused);
        }
        if let Some(read) = sub.rise() {
            outbound.push_live(sub.sub, sub.position(&hub), read);
            self.note_live(session);
        }
        self.mark_dirty(session);
        room
    }
}

impl Subscription {
    /// Reads a little of the first stream that it has not caught up with.
    fn step(&mut self, hub: &Hub) -> Option<Step> {
        let met = self.streams.iter_mut().find(|met| met.is_reading())?;
        let (Some(stream), Progress::Reading(reader)) = (hub.engine.stream(met.index), &mut met.progress)
        else {
            return None;
        };
        let before = reader.cursor;
        let budget = ReadBudget::new(BATCH_MESSAGES, LOW_WATER_BYTES);
        let batch = stream.read(&mut reader.cursor, &self.pattern, budget, || ());
        let lost = batch.lost.map(|lost| gap_at(stream, lost, before));
        Some(Step { lost, messages: batch.messages, at_head: batch.at_head })
    }

    /// Notes how far the queue took the step: the subscription reads on from the message that found no room, or is
    /// pushed if it stands at the stream's newest message.
    fn settle(&mut self, step: &Step, refused: Option<&Arc<Message>>) {
        let Some(met) = self.streams.iter_mut().find(|met| met.is_reading()) else { return };
        let Progress::Reading(reader) = &mut met.progress else { return };
        if let Some(refused) = refused {
            reader.cursor.after = refused.seq() - 1;
        } else if step.at_head {
            // It was read to the end under the lock, with interest registered long ago, and no mail was taken since:
            // every later message comes by mail.
            reader.pushed = true;
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
                met.progress = Progress::Live(cursor.after);
                Some((met.index, cursor))
            }
        };
        Some(self.streams.iter_mut().filter_map(rise).collect())
    }

    /// Where it stands in every stream that it meets.
    fn position(&self, hub: &Hub) -> Position {
        let place = |stream: &Stream, seq| (stream.name().clone(), stream.position(seq));
        let streams = self.streams.iter();
        streams
            .filter_map(|met| hub.engine.stream(met.index).map(|stream| place(stream, met.seq())))
            .collect()
    }
}
