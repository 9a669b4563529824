//! Fan-out: what comes by mail is put into the outbound queues of all whom it is for.
//!
//! Subscriptions, sessions and queues of a large shard are cold memory. So they are looked for some topics at a time, and
//! looked at some subscriptions at a time: the processor then fetches them together, not one after the other.

use smallvec::SmallVec;

use super::mailbox::Mail;
use super::pushed::Pushed;
use super::shard::{Intake, Shard};
use crate::outbound::Delivery;

/// A queue takes this many parts of mail at least.
const PARTS_PER_QUEUE: usize = 4;
/// Topics that are looked up together.
const FOUND_AT_ONCE: usize = 16;
/// Subscriptions whose memory is fetched together.
const TOUCHED_AT_ONCE: usize = 16;

/// Whom some messages are for; kept for its memory.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The slots of subscriptions, for one topic after the other.
    slots: Vec<u32>,
    /// Where those of each topic end.
    ends: Vec<usize>,
}

impl Found {
    fn clear(&mut self) {
        self.slots.clear();
        self.ends.clear();
    }
}

impl Shard {
    /// Puts a part of the mail into the outbound queues; true if there is more. The part is small against a queue, so
    /// that a queue that is written out between two parts has room. [`Shard::take_dirty`] tells which got something.
    pub(crate) fn fan_out(&mut self, mail: &mut Mail) -> bool {
        let part_bytes = self.hub.limits.queue_bytes() / PARTS_PER_QUEUE;
        let mut part = mail.next_part(part_bytes).peekable();
        while part.peek().is_some() {
            let hub = &self.hub;
            let is_probe = |pushed: &Pushed<'_>| {
                pushed.messages.iter().all(|message| hub.probe.answer(self.number, message))
            };
            let together: SmallVec<[_; FOUND_AT_ONCE]> =
                part.by_ref().take(FOUND_AT_ONCE).filter(|pushed| !is_probe(pushed)).collect();
            self.deliver(&together);
        }
        drop(part);
        self.keep_budget();
        if mail.has_more() {
            self.tell_fallen();
            return true;
        }
        for (stream, cursor) in mail.overflowed.drain(..) {
            self.read_overflowed(stream, cursor);
        }
        for dropped in mail.dropped.drain(..) {
            self.tell_dropped(&dropped);
        }
        for question in mail.questions.drain(..) {
            self.answer(question);
        }
        self.tell_fallen();
        false
    }

    /// Puts messages into the queues of all sessions that they are for, all of one topic into one queue at a time.
    pub(super) fn deliver(&mut self, together: &[Pushed<'_>]) {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        for pushed in together {
            let lasting = pushed.first().place().is_some();
            self.index.meet(pushed.topic(), lasting, |slots| found.slots.extend_from_slice(slots));
            found.ends.push(found.slots.len());
        }
        let (mut from, mut touched) = (0, 0);
        for (pushed, to) in together.iter().zip(&found.ends) {
            let mut delivery = Delivery::new(pushed.messages);
            while from < *to {
                if from >= touched {
                    touched = (from + TOUCHED_AT_ONCE).min(found.slots.len());
                    self.touch(found.slots.get(from..touched).unwrap_or_default());
                }
                let upto = touched.min(*to);
                self.push(found.slots.get(from..upto).unwrap_or_default(), pushed, &mut delivery);
                from = upto;
            }
        }
        self.found = found;
    }

    /// Puts messages of one topic into the queues of these subscriptions.
    fn push(&mut self, slots: &[u32], pushed: &Pushed<'_>, delivery: &mut Delivery<'_>) {
        let Self { hub, number: shard, subs, sessions, dirty, budget, .. } = self;
        let (limits, counters) = (&hub.limits, hub.counters(usize::from(*shard)));
        let mut intake = Intake { dirty, budget, queue_bytes: limits.queue_bytes(), counters };
        for slot in slots {
            let Some(sub) = subs.get_mut(*slot as usize) else { continue };
            let Some(session) = sessions.get_mut(sub.session as usize) else { continue };
            if sub.latest.is_some() {
                session.offer_each(sub, pushed, &mut intake);
            } else if let Some(rest) = session.push(sub, pushed, delivery, &mut intake) {
                session.fall_or_drop(subs, *slot, rest, limits, counters);
            }
        }
    }

    /// Reads a little of the memory of each of these subscriptions, its session and its queue.
    fn touch(&self, slots: &[u32]) {
        let of = |slot: &u32| {
            let sub = self.subs.get(*slot as usize)?;
            let session = self.sessions.get(sub.session as usize)?;
            let known = usize::from(sub.latest.is_some()) + usize::from(session.is_dirty());
            Some(known + usize::from(session.outbound.is_busy()))
        };
        std::hint::black_box(slots.iter().filter_map(of).fold(0, usize::wrapping_add));
    }
}
