//! The outcome for programs: one JSON object. Names end with their unit.

use std::time::Duration;

use serde_json::{Value, json};

use super::latencies::Percentiles;
use super::outcome::{Outcome, Usage};
use super::plan::{Pace, Plan};

/// The outcome as one JSON object.
pub(super) fn json(outcome: &Outcome) -> Value {
    let Outcome { window, all, faults, troubles, .. } = outcome;
    json!({
        "server": outcome.server,
        "asked": asked(&outcome.plan),
        "measured_s": outcome.measured.as_secs_f64(),
        "interrupted": outcome.interrupted,
        "messages": window.sent,
        "messages_per_s": outcome.per_second(window.sent),
        "deliveries": window.delivered,
        "deliveries_per_s": outcome.per_second(window.delivered),
        "deliveries_in_all": all.delivered,
        "latency_us": outcome.latency.map(percentiles),
        "connecting_us": outcome.connecting.map(percentiles),
        "lost": faults.lost,
        "repeated": faults.repeated,
        "swapped": faults.swapped,
        "gaps": troubles.gaps,
        "errors": troubles.errors,
        "connections_ended": troubles.ended,
        "fallen_behind": troubles.behind,
        "server_usage": outcome.usage.map(usage),
        "bench_receiving_cores": outcome.receiving_cpu,
        "bench_publishing_cores": outcome.publishing_cpu,
        "sent_late_share": outcome.late,
        "remarks": outcome.remarks(),
        "failure": outcome.failure(),
    })
}

fn asked(plan: &Plan) -> Value {
    let (rate, in_flight) = match plan.pace {
        Pace::Rate(per_second) => (Some(per_second), None),
        Pace::InFlight(messages) => (None, Some(messages)),
        Pace::Idle => (None, None),
    };
    json!({
        "connections": plan.connections,
        "topics": plan.topics,
        "publishers": plan.publishers,
        "messages_per_s": rate,
        "in_flight": in_flight,
        "size_bytes": plan.size,
        "warm_up_s": plan.warm_up.as_secs_f64(),
        "duration_s": plan.duration.as_secs_f64(),
        "encoding": plan.encoding.as_str(),
        "threads": plan.threads,
    })
}

fn percentiles(of: Percentiles) -> Value {
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    json!({
        "p50": us(of.p50), "p90": us(of.p90), "p99": us(of.p99), "p99_9": us(of.p99_9), "max": us(of.max),
    })
}

fn usage(usage: Usage) -> Value {
    json!({
        "cores": usage.cores,
        "cpu_us_per_delivery": usage.us_per_delivery,
        "resident_bytes": usage.resident_bytes,
        "bytes_per_connection": usage.bytes_per_connection,
    })
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn the_object_has_what_the_table_has() {
        let json = json(&outcome());
        assert_eq!(json["latency_us"]["p99_9"], 4_000.0);
        assert_eq!(json["deliveries_per_s"], 10_000.0);
        assert_eq!((&json["lost"], &json["failure"]), (&0.into(), &Value::Null));
        assert_eq!(json["asked"]["connections"], 100);
    }
}
