//! What an operator says of a stream: its name, what it is over, and how much of it is retained.

use std::num::NonZeroU32;
use std::time::Duration;

use fanfare_protocol::{Pattern, StreamName};

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
}
