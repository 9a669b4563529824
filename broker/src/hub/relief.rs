//! Relief: when all queues of a shard hold more than its share of the budget, the largest fall behind first. What waits there
//! as an answer can't be read again: where that is too much, the sessions with the most of it end.

use fanfare_protocol::CloseCode;
use slab::Slab;

use super::shard::{Attached, Shard, slot_number};
use super::subscription::Subscription;
use crate::metrics::ShardCounters;

/// What a session is told that ends because it does not read its answers.
const UNREAD: &str =
    "answers that nobody reads take too much (all_replies_bytes), and this session has the most";

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
        self.tell_fallen();
    }
}

impl Shard {
    /// Notes that so many bytes of answers were put into a queue. If those of all sessions together take too much, the
    /// sessions with the most of them end.
    pub(crate) fn spend_answers(&mut self, bytes: usize) {
        self.answers.spend(bytes);
        if !self.answers.is_check_due() {
            return;
        }
        let mut waiting: Vec<(usize, &Attached)> =
            self.sessions.iter().map(|(_, session)| (session.answer_bytes(), session)).collect();
        let mut total: usize = waiting.iter().map(|(bytes, _)| bytes).sum();
        waiting.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        for (bytes, session) in waiting {
            if total <= self.answers.most() {
                break;
            }
            session.outbound.cut(CloseCode::TooSlow, UNREAD);
            self.hub.mailbox(usize::from(self.number)).request_flush(session.outbound.slot());
            total -= bytes;
        }
    }
}

impl Attached {
    fn answer_bytes(&self) -> usize {
        self.outbound.lanes().answer_bytes()
    }

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
