//! The budget of all outbound queues together: when it is spent, the largest fall behind first.

use slab::Slab;

use super::shard::{Attached, Shard, slot_number};
use super::subscription::Subscription;
use crate::limits::Limits;
use crate::metrics::ShardCounters;

/// The queues are added up each time that this part of the budget was put into them.
const CHECKS_PER_BUDGET: usize = 8;

/// A shard's share of the budget. Sessions are spread evenly, and so is the budget.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that may wait in all queues of the shard.
    share: usize,
    /// Bytes put into them since they were last added up.
    spent: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits, shards: usize) -> Self {
        // A share that is smaller than a queue would have sessions give up what they just read.
        Self { share: (limits.queues_bytes / shards.max(1)).max(limits.queue_bytes), spent: 0 }
    }

    /// Notes bytes put into a queue.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.spent += bytes;
    }

    /// Whether the queues are to be added up; not again for a while then.
    fn is_check_due(&mut self) -> bool {
        let due = self.spent >= self.share / CHECKS_PER_BUDGET;
        if due {
            self.spent = 0;
        }
        due
    }

    /// What may wait when the queues are added up: as much can come on top until the next time.
    fn most(&self) -> usize {
        self.share - self.share / CHECKS_PER_BUDGET
    }

    /// What a session that catches up may have waiting before it reads on, if all of them do.
    pub(super) fn low_water(&self, sessions: usize) -> usize {
        (self.share / 2 / sessions.max(1)).max(1)
    }
}

impl Shard {
    /// Takes from the largest queues what can be read again or is ephemeral, if all of them together hold too much.
    pub(super) fn keep_budget(&mut self) {
        if !self.budget.is_check_due() {
            return;
        }
        let mut sizes: Vec<(usize, u32)> =
            self.sessions.iter().map(|(slot, session)| (session.queued_bytes(), slot_number(slot))).collect();
        let mut total: usize = sizes.iter().map(|(bytes, _)| bytes).sum();
        if total <= self.budget.most() {
            return;
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let Self { hub, number, subs, sessions, budget, .. } = self;
        let counters = hub.counters(usize::from(*number));
        let mut relieved = Vec::new();
        for (bytes, slot) in sizes {
            if total <= budget.most() {
                break;
            }
            let Some(session) = sessions.get_mut(slot as usize) else { continue };
            if session.waiting_bytes == 0 && session.outbound.lanes().queue_len() <= 1 {
                // Its only message: it would read the same one again.
                continue;
            }
            session.give_up(subs, counters);
            total -= bytes - session.queued_bytes().min(bytes);
            relieved.push(slot);
        }
        for slot in relieved {
            self.mark_dirty(slot);
        }
    }
}

impl Attached {
    /// Bytes that wait in order, for the socket or for the next batch.
    fn queued_bytes(&self) -> usize {
        self.outbound.lanes().queue_bytes() + self.waiting_bytes
    }

    /// Gives up everything that it can.
    fn give_up(&mut self, subs: &mut Slab<Subscription>, counters: &ShardCounters) {
        self.fall(subs, counters);
        let slots: Vec<u32> = self.subs.iter().map(|(_, slot)| *slot).collect();
        for slot in slots {
            if let Some(sub) = subs.get_mut(slot as usize) {
                self.make_room(sub, 0, counters);
            }
        }
        counters.dropped_messages.add(self.outbound.drop_oldest(usize::MAX));
    }
}
