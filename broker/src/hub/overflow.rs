//! A full outbound queue: its subscriptions fall behind, and come back to the first message that was not written.

use slab::Slab;

use super::lag::Lag;
use super::shard::Attached;
use super::subscription::{Met, Progress, Reader, Subscription, live_cursor};
use crate::engine::{Cursor, Message};
use crate::limits::LiveLimits;
use crate::metrics::ShardCounters;
use crate::outbound::{Fallen, Rewind, Run};

/// Dropping ephemeral messages frees this part of the queue at once, so that a queue full of them is not gone through
/// for every message.
pub(super) const FREED_PART: usize = 8;

/// Messages that found no room.
enum Refused {
    /// Others before them did.
    Some(Run),
    /// None of them did, and nothing can be dropped for them.
    All(Run),
}

impl Attached {
    /// Deals with messages that found no room: takes out of the queue what can be read again, which puts the subscription
    /// behind if its own wait there; or drops what is oldest and can't be read again, and queues them then.
    pub(super) fn fall_or_drop(
        &mut self,
        subs: &mut Slab<Subscription>,
        slot: u32,
        mut run: Run,
        limits: &LiveLimits,
        counters: &ShardCounters,
    ) {
        loop {
            self.fall(subs, counters);
            let Some(sub) = subs.get_mut(slot as usize) else { return };
            // If it fell, it reads these messages, too.
            if sub.is_behind() && sub.rewind_to(run.first()) {
                return;
            }
            let Err(refused) = self.push_or_drop(sub.sub, run, limits.queue_bytes(), counters) else {
                return;
            };
            match refused {
                Refused::Some(rest) => run = rest,
                Refused::All(rest) => return self.refuse(subs, slot, &rest, counters),
            }
        }
    }

    /// Queues messages, and drops for them what is oldest and can't be read again.
    fn push_or_drop(
        &self,
        sub: u32,
        run: Run,
        queue_bytes: usize,
        counters: &ShardCounters,
    ) -> Result<(), Refused> {
        let len = run.len();
        let Some(rest) = self.outbound.push_run(sub, run, queue_bytes) else { return Ok(()) };
        if rest.len() < len {
            return Err(Refused::Some(rest));
        }
        let dropped = self.outbound.drop_oldest(queue_bytes / FREED_PART + rest.first_footprint());
        counters.dropped_messages.add(dropped);
        match self.outbound.push_run(sub, rest, queue_bytes) {
            None => Ok(()),
            Some(rest) if rest.len() < len => Err(Refused::Some(rest)),
            Some(rest) => Err(Refused::All(rest)),
        }
    }

    /// Takes out of the queue all that can be read again.
    pub(super) fn fall(&mut self, subs: &mut Slab<Subscription>, counters: &ShardCounters) {
        let slot_of = |session: &Self, number: u32| {
            session.subs.iter().find(|(known, _)| *known == number).map(|(_, slot)| *slot as usize)
        };
        let is_behind =
            |sub| slot_of(self, sub).and_then(|slot| subs.get(slot)).is_some_and(Subscription::is_behind);
        for Fallen { sub, rewinds } in self.outbound.fall(is_behind) {
            let Some(sub) = slot_of(self, sub).and_then(|slot| subs.get_mut(slot)) else { continue };
            if !sub.is_behind() {
                self.note_fallen(counters);
            }
            self.let_go(sub);
            sub.fall(&rewinds);
        }
    }

    /// One of the session's subscriptions has fallen behind.
    pub(super) fn note_fallen(&mut self, counters: &ShardCounters) {
        self.set_behind(self.behind + 1);
        if self.lag == Lag::None {
            self.lag = Lag::Untold;
        }
        counters.behind.add(1);
        counters.fallen_behind.add(1);
    }

    /// The queue has no room left that could be made: what fills it are answers.
    fn refuse(&mut self, subs: &mut Slab<Subscription>, slot: u32, run: &Run, counters: &ShardCounters) {
        let Some(sub) = subs.get_mut(slot as usize) else { return };
        if run.first().place().is_none() {
            let count = run.len() as u64;
            counters.dropped_messages.add(count);
            return self.outbound.push_dropped(sub.sub, Some(count));
        }
        if !sub.is_behind() {
            self.outbound.push_behind(sub.sub);
            self.note_fallen(counters);
        }
        sub.fall(&[]);
        sub.rewind_to(run.first());
    }
}

impl Subscription {
    /// Goes over to reading: in each stream from where it comes back to.
    pub(super) fn fall(&mut self, rewinds: &[Rewind]) {
        for met in self.streams.iter_mut() {
            let rewind = rewinds.iter().find(|rewind| rewind.stream == met.index);
            met.fall(rewind, self.latest.is_some());
        }
    }

    /// Comes back to before a message that it was given and that found no room; false if it is in no stream.
    fn rewind_to(&mut self, message: &Message) -> bool {
        let Some(place) = message.place() else { return false };
        let newest_only = self.latest.is_some();
        for met in self.streams.iter_mut().filter(|met| met.index == place.index) {
            // It may be behind in another stream only.
            met.fall(None, newest_only);
            if let Progress::Reading(reader) = &mut met.progress {
                reader.cursor.after = reader.cursor.after.min(place.seq - 1);
                reader.pushed = false;
            }
        }
        true
    }
}

impl Met {
    fn fall(&mut self, rewind: Option<&Rewind>, newest_only: bool) {
        let mut reader = match &self.progress {
            Progress::Live(seq) => Reader { cursor: live_cursor(*seq, newest_only), pushed: true },
            Progress::Reading(reader) => **reader,
        };
        if let Some(Rewind { after, read, .. }) = rewind {
            reader.pushed &= after.is_none();
            let after = after.unwrap_or(reader.cursor.after);
            reader.cursor = Cursor { after, ..read.unwrap_or(reader.cursor) };
        }
        self.progress = Progress::Reading(Box::new(reader));
    }
}
