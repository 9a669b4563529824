//! A full mailbox: what found no room in it is read from its stream, or counted by a gap.

use std::sync::Arc;

use super::mailbox::Dropped;
use super::pushed::Pushed;
use super::shard::{Shard, slot_number};
use super::sys::Missing;
use crate::engine::{Cursor, Lost, ReadBudget, SessionId, Stream, StreamIndex};
use crate::fault::{Fault, planted};

/// Messages that a shard reads at once from a stream that overflowed its mailbox. Few in tests, so that they get there.
const OVERFLOW_READ_MESSAGES: usize = if cfg!(test) { 16 } else { 1_024 };
/// And their bytes.
const OVERFLOW_READ_BYTES: usize = 256 * 1024;

impl Shard {
    /// Reads on in a stream whose messages found no room in the mailbox, until it is pushed again or the budget ends;
    /// the mailbox keeps the mark for the next round then.
    pub(super) fn read_overflowed(&mut self, stream: StreamIndex, mut cursor: Cursor) {
        let hub = Arc::clone(&self.hub);
        let Some(stream) = hub.engine.stream(stream) else { return };
        let everything = hub.everything.clone();
        let budget = ReadBudget::new(OVERFLOW_READ_MESSAGES, OVERFLOW_READ_BYTES);
        let mailbox = hub.mailbox(usize::from(self.number));
        let caught_up = || mailbox.caught_up(stream.index());
        let batch = if planted(Fault::CaughtUpUnlocked) {
            let batch = stream.read(&mut cursor, &everything, budget, || ());
            batch.at_head.then(caught_up);
            batch
        } else {
            stream.read(&mut cursor, &everything, budget, caught_up)
        };
        if let Some(lost) = batch.lost {
            self.tell_expired(stream, lost);
        }
        for pushed in Pushed::parts(&batch.messages, None) {
            self.deliver(std::slice::from_ref(&pushed));
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
            let missing = Missing { stream: &gap.stream, lost: Some(gap.lost), at_start: false };
            hub.tell_gap(&session.outbound, sub.sub, missing);
            session.outbound.push_expired(sub.sub, gap);
        }
        for session in told {
            self.mark_dirty(session);
        }
    }

    /// Tells subscriptions of ephemeral messages that found no room in the mailbox.
    pub(super) fn tell_dropped(&mut self, dropped: &Dropped) {
        let Self { subs, sessions, index, .. } = self;
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
}
