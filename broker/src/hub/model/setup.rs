//! The brokers that the model is run against: streams and bounds, small enough that all of them are reached.

use std::num::NonZeroU32;
use std::time::Duration;

use fanfare_protocol::{Pattern, StreamName};

use super::random::Random;
use super::truth::Rules;
use crate::engine::StreamConfig;
use crate::limits::Limits;

/// One broker, and how its clients behave.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) shards: usize,
    pub(super) limits: Limits,
    pub(super) streams: Vec<StreamSetup>,
    /// Most sessions at once.
    pub(super) clients: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StreamSetup {
    pub(super) name: &'static str,
    pub(super) patterns: &'static [&'static str],
    pub(super) rules: Rules,
}

/// Streams over disjoint topics; `e.>` is in none.
const STREAMS: &[(&str, &[&str])] = &[("kept", &["a.>"]), ("news", &["b.*", "c"]), ("deep", &["d.>"])];

impl Setup {
    pub(super) fn drawn(random: &mut Random) -> Self {
        let shards = 1 + random.below(3);
        let queue_bytes = random.pick(&[1_500, 3_500, 9_000, 30_000, 1 << 20]);
        let limits = Limits {
            queue_bytes,
            all_queues_bytes: random.pick(&[queue_bytes, 4 * queue_bytes, 512 << 20]),
            mailbox_bytes: random.pick(&[1, 2_000, 10_000, 200_000, 16 << 20]),
            max_subscriptions: random.pick(&[4, 100]),
            key_window: Duration::from_millis(random.pick(&[50, 1_000, 120_000])),
            key_bytes: random.pick(&[600, 64 << 20]),
            ..Limits::default()
        };
        let streams = 1 + random.below(STREAMS.len());
        let streams = STREAMS[..streams].iter();
        let streams = streams.map(|(name, patterns)| StreamSetup { name, patterns, rules: rules(random) });
        let streams = streams.collect();
        Self { shards, limits, streams, clients: 1 + random.below(5) }
    }
}

fn rules(random: &mut Random) -> Rules {
    Rules {
        max_age_ms: random.pick(&[200, 2_000, 3_600_000]),
        max_bytes: random.pick(&[3_000, 20_000, 200_000, 1 << 30]),
        per_topic: random.pick(&[None, None, Some(1), Some(3)]),
    }
}

impl StreamSetup {
    pub(super) fn config(&self) -> StreamConfig {
        let per_topic = self.rules.per_topic.and_then(|limit| NonZeroU32::new(u32::try_from(limit).ok()?));
        StreamConfig {
            name: StreamName::new(self.name).unwrap(),
            patterns: self.patterns.iter().map(|pattern| Pattern::new(pattern).unwrap()).collect(),
            max_age: Duration::from_millis(self.rules.max_age_ms),
            max_bytes: self.rules.max_bytes,
            max_messages_per_topic: per_topic,
            publisher: false,
        }
    }
}
