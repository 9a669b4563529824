//! Catching up: a subscription that is behind reads from its streams at its socket's pace, until it can be pushed.

use std::sync::Arc;

use fanfare_protocol::{Position, ServerFrame};

use super::shard::Shard;
use super::shared::Hub;
use super::start::expired;
use super::subscription::{Progress, Subscription};
use crate::engine::{Message, ReadBudget, Stream};
use crate::outbound::Delivery;

/// A session reads on while less than this waits for its socket, in bytes.
pub(crate) const LOW_WATER_BYTES: usize = 64 * 1024;
/// Messages that a session reads at once.
const BATCH_MESSAGES: usize = 256;

/// One step of catching up.
#[derive(Debug, Default)]
struct Step {
    lost: Option<ServerFrame<'static>>,
    messages: Vec<Arc<Message>>,
    at_head: bool,
}

impl Shard {
    /// Lets a session's subscriptions that are behind read on, if there is room for it. True if there is more to read
    /// and still room.
    pub(crate) fn catch_up(&mut self, session: u32) -> bool {
        let Some(next) = self.next_behind(session) else { return false };
        self.read_on(session, next);
        true
    }

    /// The subscription whose turn it is to read on, if any is behind and there is room. They take turns, so that none
    /// waits for another that never catches up.
    fn next_behind(&mut self, session: u32) -> Option<u32> {
        let Self { sessions, subs, .. } = self;
        let attached = sessions.get_mut(session as usize).filter(|attached| attached.behind > 0)?;
        if attached.outbound.lanes().queue_bytes() >= LOW_WATER_BYTES {
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

    fn read_on(&mut self, session: u32, slot: u32) {
        let hub = Arc::clone(&self.hub);
        let Some(attached) = self.sessions.get(session as usize) else { return };
        let Some(sub) = self.subs.get_mut(slot as usize) else { return };
        let step = sub.step(&hub);
        if let Some(lost) = &step.lost {
            attached.outbound.push_in_order(lost);
        }
        let (id, queue_bytes) = (attached.outbound.session(), hub.limits.queue_bytes);
        let fits = |message: &Arc<Message>| {
            message.is_hidden_from(id)
                || attached.outbound.push_message(sub.sub, &Delivery::new(message), queue_bytes).is_ok()
        };
        let pushed = step.messages.iter().take_while(|message| fits(message)).count();
        sub.settle(&step, step.messages.get(pushed));
        let live = (!sub.is_behind()).then(|| sub.live(&hub));
        self.counters().replayed_messages.add(pushed as u64);
        if let Some(live) = &live {
            self.push_in_order(session, live);
            self.note_live(session);
        }
        self.mark_dirty(session);
    }
}

impl Subscription {
    /// Reads a little of the first stream that it has not caught up with.
    fn step(&mut self, hub: &Hub) -> Step {
        let Some(met) = self.streams.iter_mut().find(|met| met.is_reading()) else { return Step::default() };
        let (Some(stream), Progress::Reading(cursor)) = (hub.engine.stream(met.index), &mut met.progress)
        else {
            return Step::default();
        };
        let budget = ReadBudget::new(BATCH_MESSAGES, LOW_WATER_BYTES);
        let batch = stream.read(cursor, &self.pattern, budget, || ());
        let lost = batch.lost.map(|lost| ServerFrame::Gap { sub: self.sub, gap: expired(stream, lost) });
        Step { lost, messages: batch.messages, at_head: batch.at_head }
    }

    /// Notes how far the queue took the step: the subscription reads on from the message that found no room, or is
    /// pushed if it stands at the stream's newest message.
    fn settle(&mut self, step: &Step, refused: Option<&Arc<Message>>) {
        let Some(met) = self.streams.iter_mut().find(|met| met.is_reading()) else { return };
        let Progress::Reading(cursor) = &mut met.progress else { return };
        if let Some(refused) = refused {
            cursor.after = refused.seq() - 1;
        } else if step.at_head {
            // It was read to the end under the lock, with interest registered long ago, and no mail was taken since:
            // every later message comes by mail.
            met.progress = Progress::Live(cursor.after);
        }
    }

    fn live(&self, hub: &Hub) -> ServerFrame<'static> {
        let place = |stream: &Stream, seq| (stream.name().clone(), stream.position(seq));
        let streams = self.streams.iter();
        let position: Position = streams
            .filter_map(|met| hub.engine.stream(met.index).map(|stream| place(stream, met.seq())))
            .collect();
        ServerFrame::Live { sub: self.sub, position }
    }
}
