//! Which limits must fit each other, and what a running broker keeps of its own.

use super::{Amount, FRAME_ROOM_BYTES, Limits, TABLE};

/// Two limits that can't both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The limit that is too small.
    pub limit: &'static str,
    /// The smallest value that would do beside its neighbour, in the limit's unit.
    pub at_least: u64,
    /// The neighbour that asks for it.
    pub neighbour: &'static str,
    /// Why, as the end of a sentence.
    pub because: &'static str,
}

/// A conflict, if the limit is under what its neighbour needs.
fn at_least<A: Amount + Ord>(
    limit: &'static str,
    actual: A,
    neighbour: &'static str,
    least: A,
    because: &'static str,
) -> Option<Conflict> {
    (actual < least).then(|| Conflict { limit, at_least: least.number(), neighbour, because })
}

impl Limits {
    /// Takes what a running broker keeps from the limits it runs with, so that what is left of these can be put in force.
    /// Where the rest does not go with that, all stay as they run. Returns the names of those that were held back.
    pub fn keep(&mut self, running: &Self) -> Vec<&'static str> {
        let wanted = self.clone();
        TABLE.iter().filter(|limit| !limit.live).for_each(|limit| (limit.set)(self, (limit.get)(running)));
        if !self.conflicts().is_empty() {
            *self = running.clone();
        }
        let held = TABLE.iter().filter(|limit| (limit.get)(self) != (limit.get)(&wanted));
        held.map(|limit| limit.name).collect()
    }

    /// Every pair of neighbours that can't both hold; none in a sound set.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let frame = self.max_frame_bytes;
        let base64 = self.max_payload_bytes.div_ceil(3).saturating_mul(4).saturating_add(FRAME_ROOM_BYTES);
        [
            at_least(
                "max_frame_bytes",
                frame,
                "max_payload_bytes",
                base64,
                "a payload in base64 must fit a frame",
            ),
            at_least(
                "drain_timeout",
                self.drain_timeout,
                "drain_window",
                self.drain_window,
                "every session must have had its turn",
            ),
            at_least("queue_bytes", self.queue_bytes, "max_frame_bytes", frame, "a frame must fit the queue"),
            at_least(
                "queues_bytes",
                self.queues_bytes,
                "queue_bytes",
                self.queue_bytes,
                "one queue may be full",
            ),
            at_least(
                "reply_bytes",
                self.reply_bytes,
                "max_frame_bytes",
                frame,
                "a page of history is a frame",
            ),
            at_least(
                "replies_bytes",
                self.replies_bytes,
                "reply_bytes",
                self.reply_bytes,
                "the answers of one session may wait",
            ),
            at_least(
                "half_messages_bytes",
                self.half_messages_bytes,
                "max_frame_bytes",
                frame,
                "a frame must fit while it comes",
            ),
            at_least(
                "mailbox_bytes",
                self.mailbox_bytes,
                "max_frame_bytes",
                frame,
                "a message must fit the mailbox",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
