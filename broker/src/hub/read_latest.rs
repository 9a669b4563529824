//! A conflated subscription that is behind: it reads its batch from its streams, only the newest of each topic.

use super::batches::tell;
use super::catch_up::ReadContext;
use super::latest::Phase;
use super::shard::Attached;
use super::subscription::{Met, Subscription};
use crate::clock::Moment;
use crate::engine::StreamIndex;

impl Attached {
    /// One turn of a conflated subscription that is behind.
    pub(super) fn read_latest(&mut self, sub: &mut Subscription, now: Moment, context: &mut ReadContext<'_>) {
        let ReadContext { hub, low_water, .. } = *context;
        let Some(latest) = &mut sub.latest else { return };
        if !self.send_batch(sub.sub, latest, hub, low_water) {
            return;
        }
        let left = match &latest.phase {
            // What was left of an earlier batch is out; the next one has its own time.
            Phase::Resting if now < latest.next_at() => return,
            Phase::Resting => {
                tell(latest.begin(now), sub.sub, &self.outbound);
                let reading = sub.streams.iter().filter(|met| met.is_reading());
                let head = |met: &Met| Some((met.index, hub.engine.stream(met.index)?.head().seq));
                latest.phase = Phase::Sending(reading.filter_map(head).collect());
                return;
            }
            Phase::Sending(heads) => sub.streams.iter().find_map(|met| short_of(met, heads)),
            Phase::Joining if latest.is_waiting() && now >= latest.next_at() => {
                // The streams may grow as fast as they are read: what was joined does not wait for their heads.
                return tell(latest.begin(now), sub.sub, &self.outbound);
            }
            Phase::Joining => None,
        };
        if let Some((stream, through)) = left {
            return self.send_read(sub, stream, through, context);
        }
        latest.phase = Phase::Joining;
        self.join(sub, context);
    }

    /// Reads a little up to a sequence and queues it, as far as there is room.
    fn send_read(
        &mut self,
        sub: &mut Subscription,
        stream: StreamIndex,
        through: u64,
        context: &mut ReadContext<'_>,
    ) {
        let budget = context.read_budget().through(through);
        let Some(step) = sub.step(stream, context.hub, budget) else { return };
        context.counters.conflated_messages.add(step.passed_over);
        let refused = self.push_read(sub.sub, &step, context);
        sub.read_on_from(&step, refused);
    }

    /// Reads on into what waits for the next batch; at the heads the subscription can be pushed.
    fn join(&mut self, sub: &mut Subscription, context: &mut ReadContext<'_>) {
        let (hub, counters) = (context.hub, context.counters);
        let Some(next) = sub.next_to_read() else { return };
        let Some(step) = sub.step(next, hub, context.read_budget()) else { return };
        counters.conflated_messages.add(step.passed_over);
        self.tell_step(sub.sub, &step, context);
        sub.settle(&step, None);
        for message in &step.messages {
            if message.is_hidden_from(self.outbound.session()) {
                continue;
            }
            context.count(std::iter::once(message));
            self.offer(sub, message, hub.limits.queue_bytes(), counters);
            if !sub.latest.as_ref().is_some_and(|latest| matches!(latest.phase, Phase::Joining)) {
                // There was no room for all of it: it is read again from the first that waited, for the next batch.
                return;
            }
        }
    }
}

/// A stream that is still to be read for the batch, and up to where.
fn short_of(met: &Met, heads: &[(StreamIndex, u64)]) -> Option<(StreamIndex, u64)> {
    let head = heads.iter().find(|(index, _)| *index == met.index);
    head.filter(|(_, head)| met.is_reading() && met.seq() < *head).copied()
}
