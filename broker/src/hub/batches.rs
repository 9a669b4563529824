//! Batches: what a conflated subscription has waiting goes out when its socket takes more and its rate allows.

use std::sync::Arc;
use std::task::Waker;

use super::catch_up::has_room;
use super::latest::{Dropped, Latest, Offered};
use super::overflow::FREED_PART;
use super::shard::{Attached, Shard};
use super::shared::Hub;
use super::subscription::{Met, Subscription};
use crate::clock::Moment;
use crate::engine::{Message, StreamIndex};
use crate::fault::{Fault, planted};
use crate::metrics::ShardCounters;
use crate::outbound::{Body, Outbound, Run};

impl Attached {
    /// Takes in a message for a conflated subscription. Where there is no room for it, the subscription falls behind,
    /// and ephemeral messages drop oldest first.
    pub(super) fn offer(
        &mut self,
        sub: &mut Subscription,
        message: &Arc<Message>,
        max_bytes: usize,
        counters: &ShardCounters,
    ) {
        let Some(latest) = &mut sub.latest else { return };
        let before = latest.bytes();
        if latest.offer(message) == Offered::Replaced {
            counters.conflated_messages.add(1);
        }
        self.waiting_bytes = self.waiting_bytes + latest.bytes() - before;
        self.has_batches = true;
        if self.waiting_bytes > max_bytes {
            self.make_room(sub, max_bytes, counters);
        }
    }

    pub(super) fn make_room(&mut self, sub: &mut Subscription, max_bytes: usize, counters: &ShardCounters) {
        if sub.has_streamed_waiting() {
            if !sub.is_behind() {
                self.outbound.push_behind(sub.sub);
                self.note_fallen(counters);
            }
            self.let_go(sub);
            sub.fall(&[]);
        }
        let over = self.waiting_bytes.saturating_sub(max_bytes);
        if let Some(latest) = sub.latest.as_mut().filter(|_| over > 0) {
            let before = latest.bytes();
            counters.dropped_messages.add(latest.drop_oldest(over + max_bytes / FREED_PART));
            self.waiting_bytes -= before - latest.bytes();
        }
    }

    /// Lets go of what a conflated subscription has waiting and can read again; it comes back to before that.
    pub(super) fn let_go(&mut self, sub: &mut Subscription) {
        let before = sub.latest.as_ref().map_or(0, |latest| latest.bytes());
        sub.come_back();
        self.waiting_bytes -= before - sub.latest.as_ref().map_or(0, |latest| latest.bytes());
    }

    /// Queues what is left of a batch while there is room; true if all of it went.
    pub(super) fn send_batch(&mut self, sub: u32, latest: &mut Latest, hub: &Hub, low_water: usize) -> bool {
        let before = latest.bytes();
        while let Some(message) = latest.next() {
            if !has_room(&self.outbound, low_water) {
                break;
            }
            let run = Run::new([Body::of(message, self.outbound.encoding())]);
            if run.and_then(|run| self.outbound.push_run(sub, run, hub.limits.queue_bytes())).is_some() {
                break;
            }
            latest.sent();
        }
        self.waiting_bytes -= before - latest.bytes();
        latest.next().is_none()
    }
}

impl Shard {
    /// Queues what the session's conflated subscriptions have waiting, as far as their rates and the queue allow. To be
    /// called when its socket takes more.
    pub(crate) fn send_batches(&mut self, session: u32, now: Moment) {
        let slots: Vec<u32> = match self.sessions.get(session as usize) {
            Some(attached) => attached.subs.iter().map(|(_, slot)| *slot).collect(),
            None => return,
        };
        let mut has_more = false;
        for slot in slots {
            has_more |= self.send_waiting(session, slot, now);
        }
        if let Some(attached) = self.sessions.get_mut(session as usize) {
            attached.has_batches = has_more;
        }
    }

    /// Whether the session has a conflated subscription with something to send, now or later.
    pub(crate) fn has_batches(&self, session: u32) -> bool {
        self.sessions.get(session as usize).is_some_and(|attached| attached.has_batches)
    }

    /// Sends what waits for a conflated subscription that is live; true if something is left.
    fn send_waiting(&mut self, session: u32, slot: u32, now: Moment) -> bool {
        let (hub, low_water) = (Arc::clone(&self.hub), self.low_water());
        let Some(sub) = self.subs.get_mut(slot as usize) else { return false };
        let Some(attached) = self.sessions.get_mut(session as usize) else { return false };
        if sub.is_behind() {
            return false;
        }
        let number = sub.sub;
        let Some(latest) = sub.latest.as_mut().filter(|latest| latest.is_waiting()) else { return false };
        if !latest.may_go_on(now) {
            self.come_back_at(slot);
            return false;
        }
        if latest.next().is_none() {
            let dropped = latest.begin(now);
            tell(dropped, number, &attached.outbound);
        }
        // What came while an earlier batch was on its way is for the next.
        !attached.send_batch(number, latest, &hub, low_water)
            || (latest.is_waiting() && !planted(Fault::BatchForgotten))
    }

    /// Has the shard look again when the subscription's next batch may begin.
    pub(super) fn come_back_at(&mut self, slot: u32) {
        let Some(latest) = self.subs.get_mut(slot as usize).and_then(|sub| sub.latest.as_mut()) else {
            return;
        };
        if latest.due.is_none() {
            latest.due = Some(latest.next_at());
            self.due.add(latest.next_at(), slot);
        }
    }

    /// When the next subscription is due; the waker is called when an earlier one comes.
    pub(crate) fn earliest_due(&mut self, waker: &Waker) -> Option<Moment> {
        self.due.earliest(waker)
    }

    /// Notes the sessions whose subscriptions are due, to be written to.
    pub(crate) fn wake_due(&mut self, now: Moment) {
        while let Some(slot) = self.due.take(now) {
            let Some(sub) = self.subs.get_mut(slot as usize) else { continue };
            let session = sub.session;
            if let Some(latest) = &mut sub.latest {
                latest.due = None;
            }
            if let Some(attached) = self.sessions.get_mut(session as usize) {
                attached.has_batches = true;
            }
            self.mark_dirty(session);
        }
    }
}

impl Attached {
    /// Has a conflated subscription read a stream from where it stands, to find out what is missing.
    pub(super) fn put_behind(
        &mut self,
        sub: &mut Subscription,
        stream: StreamIndex,
        counters: &ShardCounters,
    ) {
        if !sub.is_behind() {
            self.outbound.push_behind(sub.sub);
            self.note_fallen(counters);
        }
        self.let_go(sub);
        sub.fall(&[]);
        if let Some(met) = sub.streams.iter_mut().find(|met| met.index == stream) {
            met.read_from(met.seq() + 1, true);
        }
    }
}

impl Subscription {
    /// Whether a message waits that can be read again from its stream.
    fn has_streamed_waiting(&self) -> bool {
        let first = |met: &Met| self.latest.as_ref().and_then(|latest| latest.first(met.index));
        self.streams.iter().any(|met| first(met).is_some())
    }

    /// Lets go of what waits and can be read again, and goes back to before it in each stream.
    fn come_back(&mut self) {
        let Some(latest) = &mut self.latest else { return };
        for met in self.streams.iter_mut() {
            if let Some(first) = latest.first(met.index) {
                met.read_from(first, true);
            }
        }
        latest.drop_streamed();
    }
}

pub(super) fn tell(dropped: Dropped, sub: u32, outbound: &Outbound) {
    let count = match dropped {
        Dropped::None => return,
        Dropped::Counted(count) => Some(count),
        Dropped::Uncounted => None,
    };
    outbound.push_dropped(sub, count);
}
