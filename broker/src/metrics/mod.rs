//! Metrics: counters that each shard keeps for itself, summed when Prometheus asks.

mod collect;
mod counters;
mod histogram;
mod process;

pub(crate) use collect::{Gauges, PresenceGauges, StreamGauges, render};
pub(crate) use counters::{CLOSED_BY_PEER, CLOSED_LOST, Counter, Metrics, ShardCounters};
pub(crate) use histogram::{BOUNDS_SECONDS, Counts};
pub(crate) use process::cpu_seconds;
