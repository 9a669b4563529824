//! What a broker tells, as far as it is shown: `$sys.>` and the HTTP API. What is missing counts as nothing, what is unknown is
//! ignored, so that brokers of other versions can be watched, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `$sys.stats`: a second of the broker's life.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Stats {
    pub(super) interval_ms: u64,
    /// By encoding.
    pub(super) connections: BTreeMap<String, u64>,
    pub(super) opened: u64,
    pub(super) closed: u64,
    pub(super) subscriptions: u64,
    pub(super) patterns: u64,
    pub(super) behind: u64,
    pub(super) fell_behind: u64,
    pub(super) published: u64,
    pub(super) delivered: u64,
    pub(super) received_bytes: u64,
    pub(super) sent_bytes: u64,
    pub(super) writes: u64,
    pub(super) publish_to_socket_ms: Latency,
    pub(super) dropped: u64,
    pub(super) conflated: u64,
    pub(super) gaps: BTreeMap<String, u64>,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) queues: Queues,
    pub(super) streams: Vec<StreamStats>,
    pub(super) shards: u64,
    pub(super) cpu_ms: u64,
}

/// Bounds that a part of the messages went out within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Latency {
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
}

/// All outbound queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Queues {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) largest_bytes: u64,
    pub(super) oldest_ms: u64,
}

/// A stream, in `$sys.stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct StreamStats {
    pub(super) name: String,
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) topics: u64,
    pub(super) last_seq: u64,
}

/// `$sys.session.…`: what happened to a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct SessionTold {
    pub(super) session: String,
    /// What its program calls itself.
    pub(super) name: Option<String>,
    /// Why it ended.
    pub(super) reason: Option<String>,
    /// More of them that are not told one by one.
    pub(super) left_out: u64,
}

/// `$sys.stream.gap`: a subscription was told that something of a stream is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct GapTold {
    pub(super) stream: String,
    pub(super) reason: String,
    pub(super) session: String,
    /// More of them that are not told one by one.
    pub(super) left_out: u64,
}

/// A page of `/v1/sessions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct SessionsPage {
    pub(super) sessions: Vec<Session>,
    /// Where there are more.
    pub(super) next: Option<String>,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Session {
    #[expect(clippy::struct_field_names, reason = "the word of the HTTP API")]
    pub(super) session: String,
    pub(super) address: String,
    pub(super) subject: Option<String>,
    pub(super) name: Option<String>,
    pub(super) encoding: String,
    pub(super) age_ms: u64,
    pub(super) queued_bytes: u64,
    pub(super) queued_messages: u64,
    pub(super) subscription_count: u64,
    pub(super) behind: u64,
    pub(super) last_error: Option<LastError>,
}

/// The last error that a session was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct LastError {
    pub(super) code: String,
    /// In milliseconds since 1970.
    pub(super) time: u64,
}

/// `/v1/streams`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct StreamsPage {
    pub(super) streams: Vec<StreamSettings>,
}

/// What `/v1/streams` tells of a stream beside `$sys.stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct StreamSettings {
    pub(super) name: String,
    pub(super) max_age_ms: u64,
    pub(super) max_bytes: u64,
    /// When the oldest message that is retained was published, in milliseconds since 1970.
    pub(super) oldest_time: Option<u64>,
}

/// A page of `/v1/history`, newest first. Payloads are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct HistoryPage {
    pub(super) messages: Vec<Sampled>,
}

/// A message of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Sampled {
    pub(super) topic: String,
    /// In milliseconds since 1970.
    pub(super) time: u64,
}

impl Stats {
    /// Sessions open, of all encodings.
    pub(super) fn sessions(&self) -> u64 {
        self.connections.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_of_another_version_is_understood_as_far_as_it_goes() {
        let text =
            r#"{"connections":{"json":2,"cbor":1},"publish_to_socket_ms":{"p50":0.5,"p99":null},"new":[1]}"#;
        let stats: Stats = serde_json::from_str(text).unwrap();
        assert_eq!((stats.sessions(), stats.publish_to_socket_ms.p50, stats.delivered), (3, Some(0.5), 0));
    }
}
