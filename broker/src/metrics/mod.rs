//! Metrics: counters that each shard keeps for itself, summed when Prometheus asks.

mod collect;
mod counters;
mod family;
mod gauges;
mod histogram;
mod process;

pub(crate) use collect::render;
pub(crate) use counters::{
    CLIENT_PORT, CLOSED_BY_PEER, CLOSED_LOST, Counter, EVENTS, HANDSHAKE_TIMEOUT, HANDSHAKE_TLS,
    INTERNAL_PORT, KEYS_OF_PUBLISHER, KEYS_OF_STREAM, Labelled, Metrics, PAUSED_FOR_ANSWERS, PAUSED_FOR_RATE,
    SPAN_NOT_TAKEN, SPAN_QUEUE_FULL, SPAN_TOO_MANY, ShardCounters,
};
pub(crate) use gauges::{Gauges, JwksGauges, PresenceGauges, StreamGauges};
pub(crate) use histogram::{BOUNDS_SECONDS, Counts};
pub(crate) use process::cpu_seconds;
