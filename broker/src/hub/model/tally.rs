//! How often a run came to each situation, so that a model that no longer reaches one is noticed.

use std::collections::BTreeMap;

use fanfare_protocol::ServerFrame;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub(super) fn note(&mut self, situation: &'static str) {
        self.add(situation, 1);
    }

    pub(super) fn add(&mut self, situation: &'static str, count: u64) {
        *self.0.entry(situation).or_default() += count;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (situation, count) in other.0 {
            self.add(situation, count);
        }
    }

    pub(super) fn get(&self, situation: &str) -> u64 {
        self.0.get(situation).copied().unwrap_or(0)
    }

    /// Notes what a client was sent.
    pub(super) fn note_frame(&mut self, frame: &ServerFrame<'_>) {
        self.note(match frame {
            ServerFrame::Subscribed(frame) => match (frame.recovered, frame.live) {
                (None, true) => "subscribed live",
                (None, false) => "subscribed behind",
                (Some(true), _) => "recovered",
                (Some(false), _) => "not recovered",
            },
            ServerFrame::Message { message, .. } if message.sequenced.is_none() => "ephemeral message",
            ServerFrame::Message { .. } => "message",
            ServerFrame::Gap { gap, .. } => gap.reason.as_str(),
            ServerFrame::Behind { .. } => "behind",
            ServerFrame::Live { .. } => "live",
            ServerFrame::Unsubscribed { .. } => "unsubscribed",
            ServerFrame::Ping { except, .. } if !except.is_empty() => "ping with exceptions",
            ServerFrame::Ping { .. } => "ping",
            _ => "answer",
        });
    }
}
