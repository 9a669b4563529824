//! Which limits must fit each other, which is a share of which, and what a running broker keeps of its own.

use super::{Amount, FRAME_ROOM_BYTES, Limit, Limits, TABLE};

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

/// What one address, subject or caller may have, and all together. Beside a lower total its default would be no share.
pub(super) const SHARES: &[(&str, &str)] = &[
    ("max_connections_per_address", "max_connections"),
    ("max_connections_per_subject", "max_connections"),
    ("max_handshakes_per_address", "max_handshakes"),
    ("max_subscriptions_per_subject", "max_subscriptions_total"),
    ("max_subscriptions_per_subject", "max_patterns"),
    ("max_http_connections_per_address", "max_http_connections"),
    ("max_http_requests_per_caller", "max_http_requests"),
    ("key_bytes_per_publisher", "key_bytes"),
    ("presence_topics_per_subject", "presence_topics"),
];

/// The most of a total that one has by default, so that as much is left for the others.
pub(crate) fn half(total: u64) -> u64 {
    (total / 2).max(1)
}

impl Limits {
    /// Gives each share that nobody has set its default, or half of its total where that is less.
    pub fn fit_shares(&mut self, is_set: impl Fn(&str) -> bool) {
        let unset = || SHARES.iter().filter(|(share, _)| !is_set(share));
        for limit in unset().filter_map(|(share, _)| Limit::named(share)) {
            (limit.set)(self, limit.default);
        }
        for (share, total) in unset() {
            let Some((limit, most)) = Limit::named(share).zip(self.half_of(total)) else { continue };
            if (limit.get)(self) > most {
                (limit.set)(self, most.max(limit.min));
            }
        }
    }

    /// Half of which total a share is; none if it is another part of all.
    pub fn is_half_of(&self, share: &Limit) -> Option<&'static str> {
        let mut totals = SHARES.iter().filter(|(name, _)| *name == share.name).map(|(_, total)| *total);
        totals.find(|total| self.half_of(total).is_some_and(|half| half.max(share.min) == (share.get)(self)))
    }

    fn half_of(&self, total: &str) -> Option<u64> {
        Limit::named(total).map(|total| half((total.get)(self)))
    }

    /// Takes what a running broker keeps from the limits it runs with, so that what is left of these can be put in force.
    /// Where the rest does not go with that, all stay as they run. Shares that are not set fit the totals that are kept.
    /// Returns the names of those that were held back.
    pub fn keep(&mut self, running: &Self, is_set: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let wanted = self.clone();
        TABLE.iter().filter(|limit| !limit.live).for_each(|limit| (limit.set)(self, (limit.get)(running)));
        self.fit_shares(is_set);
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
                "all_queues_bytes",
                self.all_queues_bytes,
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
                "all_replies_bytes",
                self.all_replies_bytes,
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
