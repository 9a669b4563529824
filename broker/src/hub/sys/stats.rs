//! The text of `$sys.stats`, `$sys.errors` and `$sys.gaps`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::sample::{Sample, Second};
use crate::metrics::{Gauges, StreamGauges};

/// The text of `$sys.stats`.
pub(super) fn render(second: &Second, sample: &Sample, gauges: &Gauges) -> String {
    let totals = &second.totals;
    let text = json!({
        "interval_ms": millis(second.interval),
        "connections": counts(&sample.connections),
        "opened": totals.opened,
        "closed": totals.closed,
        "subscriptions": sample.subscriptions,
        "patterns": gauges.patterns,
        "behind": sample.behind,
        "fell_behind": totals.fell_behind,
        "published": totals.published,
        "delivered": totals.delivered,
        "received_bytes": totals.received_bytes,
        "sent_bytes": totals.sent_bytes,
        "writes": totals.writes,
        "publish_to_socket_ms": { "p50": second.within_ms(0.5), "p99": second.within_ms(0.99) },
        "dropped": totals.dropped,
        "conflated": totals.conflated,
        "gaps": counts(&second.gaps),
        "errors": counts(&second.errors),
        "queues": {
            "messages": gauges.queue_messages,
            "bytes": gauges.queue_bytes,
            "largest_bytes": gauges.queue_bytes_max,
            "oldest_ms": gauges.queue_oldest_ms,
        },
        "conflated_bytes": gauges.conflated_bytes,
        "mailbox_bytes": gauges.mailbox_bytes,
        "presence": { "members": gauges.presence.members, "topics": gauges.presence.topics },
        "streams": gauges.streams.iter().map(stream).collect::<Vec<_>>(),
        "shards": gauges.shards,
        "cpu_ms": millis(second.cpu),
    });
    text.to_string()
}

/// The text of an event that tells how often something happened, by its reason or code.
pub(super) fn render_counts(second: &Second, name: &str, labelled: &[(&'static str, u64)]) -> String {
    json!({ "interval_ms": millis(second.interval), name: counts(labelled) }).to_string()
}

fn stream(gauges: &StreamGauges) -> Value {
    json!({
        "name": gauges.name,
        "epoch": gauges.epoch,
        "oldest": gauges.oldest.map(|(seq, _)| seq),
        "oldest_time": gauges.oldest.map(|(_, time_ms)| time_ms),
        "messages": gauges.messages,
        "bytes": gauges.bytes,
        "topics": gauges.topics,
        "last_seq": gauges.last_seq,
        "keys": gauges.keys,
        "key_bytes": gauges.key_bytes,
    })
}

fn counts(labelled: &[(&'static str, u64)]) -> Value {
    let field = |(label, count): &(&str, u64)| ((*label).to_owned(), Value::from(*count));
    Value::Object(labelled.iter().map(field).collect::<Map<_, _>>())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
