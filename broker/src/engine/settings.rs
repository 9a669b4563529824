//! What an operator says of streams: name, patterns, how much of each is retained, and how keys are remembered.

use std::num::NonZeroU32;
use std::time::Duration;

use fanfare_protocol::{Pattern, StreamName};

use crate::limits::Limits;

/// A stream as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// Its name, in positions and metrics.
    pub name: StreamName,
    /// The topics in it; no topic may be in two streams.
    pub patterns: Vec<Pattern>,
    /// Messages older than this go.
    pub max_age: Duration,
    /// The oldest messages go while the stream takes more memory than this, in bytes.
    pub max_bytes: u64,
    /// A topic's oldest messages go while it has more than this, if there is a limit.
    pub max_messages_per_topic: Option<NonZeroU32>,
    /// Whether its messages say who published them.
    pub publisher: bool,
}

/// How each stream remembers the keys of publishes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyLimits {
    /// Time that a key is remembered (`key_window`).
    pub(crate) window: Duration,
    /// Memory that a stream's keys may take, in bytes (`key_bytes`).
    pub(crate) max_bytes: usize,
    /// Memory that those of one publisher may take, in bytes (`key_bytes_per_publisher`).
    pub(crate) max_bytes_each: usize,
}

impl From<&Limits> for KeyLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            window: limits.key_window,
            max_bytes: limits.key_bytes,
            max_bytes_each: limits.key_bytes_per_publisher,
        }
    }
}
