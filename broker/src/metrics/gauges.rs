//! What is there at the moment of a scrape and is counted nowhere.

/// What is there at the moment of the scrape and is counted nowhere.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Whether the broker works, from publish to delivery, and is not stopping.
    pub(crate) ready: bool,
    pub(crate) shards: u64,
    pub(crate) patterns: u64,
    pub(crate) queue_messages: u64,
    pub(crate) queue_bytes: u64,
    pub(crate) reply_bytes: u64,
    pub(crate) queue_bytes_max: u64,
    pub(crate) conflated_bytes: u64,
    /// Age of the oldest message that is the first in its queue, in milliseconds.
    pub(crate) queue_oldest_ms: u64,
    pub(crate) mailbox_bytes: u64,
    /// Limits in force, by their settings: numbers, and sizes in bytes.
    pub(crate) limits: Vec<(&'static str, u64)>,
    pub(crate) limit_bytes: Vec<(&'static str, u64)>,
    pub(crate) streams: Vec<StreamGauges>,
    pub(crate) presence: PresenceGauges,
    /// Outcomes of admissions, by their words.
    pub(crate) admissions: Vec<(&'static str, u64)>,
    pub(crate) revocations: u64,
    pub(crate) jwks: Vec<JwksGauges>,
}

/// What is known of one key set that is fetched.
#[derive(Debug)]
pub(crate) struct JwksGauges {
    /// Its address, as configured.
    pub(crate) url: String,
    /// Since it was last fetched; none if it never was.
    pub(crate) age_ms: Option<u64>,
    pub(crate) failures: u64,
    pub(crate) keys: u64,
}

/// What presence holds, and what it has counted so far.
#[derive(Debug, Default)]
pub(crate) struct PresenceGauges {
    pub(crate) members: u64,
    pub(crate) topics: u64,
    pub(crate) left_out: u64,
    pub(crate) announcements: u64,
    pub(crate) unnamed: u64,
}

/// What one stream holds at the moment of the scrape.
#[derive(Debug)]
pub(crate) struct StreamGauges {
    pub(crate) name: String,
    pub(crate) epoch: String,
    /// Sequence and time of the oldest message that is retained.
    pub(crate) oldest: Option<(u64, u64)>,
    /// Time since it was published; 0 if there is none.
    pub(crate) oldest_ms: u64,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) topics: u64,
    pub(crate) last_seq: u64,
    pub(crate) keys: u64,
    pub(crate) key_bytes: u64,
    /// How much may be retained, and for how long.
    pub(crate) max_bytes: u64,
    pub(crate) max_age_ms: u64,
}
