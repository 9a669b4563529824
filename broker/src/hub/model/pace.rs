//! How fast a conflated subscription may be sent batches, judged by what its client reads.

use std::collections::BTreeMap;
use std::time::Duration;

use super::violation::{Check, Checked, ensure};

/// Messages of a topic that are looked back at.
const LOOK_BACK: usize = 8;

/// Between these two moments a message was queued: when nothing waited, and when it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between {
    pub(super) earliest: Duration,
    pub(super) latest: Duration,
}

/// A subscription with a bounded rate. A batch holds at most one message of a topic, and the next does not begin before
/// all of it is queued.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    opened: Duration,
    /// Of each topic, when the last of its messages were queued.
    topics: BTreeMap<String, Vec<Between>>,
}

impl Pace {
    /// Of a subscription that is opened now.
    pub(super) fn new(per_second: f64, opened: Duration) -> Self {
        Self { interval: Duration::from_secs_f64(1.0 / per_second), opened, topics: BTreeMap::new() }
    }

    /// Takes note of a message, and checks that the batches from any earlier one to it can have been far enough apart.
    pub(super) fn note(&mut self, topic: &str, queued: Between) -> Checked {
        let past = self.topics.entry(topic.to_owned()).or_default();
        past.push(queued);
        if past.len() > LOOK_BACK {
            past.remove(0);
        }
        for (at, batches) in (0..past.len()).rev().zip(0u32..) {
            // A batch begins once the one before it is queued.
            let begun = at.checked_sub(1).map_or(self.opened, |before| past[before].earliest);
            let took = queued.latest.saturating_sub(begun);
            ensure(took >= self.interval * batches, Check::Rate, || {
                format!(
                    "{} batches on {topic} within {took:?}, one in {:?} may begin",
                    batches + 1,
                    self.interval
                )
            })?;
        }
        Ok(())
    }
}
