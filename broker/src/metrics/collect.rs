//! What Prometheus reads: every family with its name, help and values, made from the counters at each scrape.

use prometheus::proto::{Bucket, Histogram as HistogramValue, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};

use super::counters::{Metrics, ShardCounters};
use super::family::{Sample, by, counter, family, gauge, labelled_by, one, real, seconds};
use super::gauges::{Gauges, JwksGauges, PresenceGauges, StreamGauges};
use super::histogram::BOUNDS_SECONDS;
use super::process;
use crate::version::{REVISION, VERSION};

/// The whole page in Prometheus text format 0.0.4.
pub(crate) fn render(metrics: &Metrics, gauges: &Gauges) -> String {
    let mut families = own_families(metrics, gauges);
    families.extend(process::families());
    let cpu = vec![(Vec::new(), process::cpu_seconds())];
    families.push(counter(process::CPU_SECONDS, "Total user and system CPU time spent in seconds.", cpu));
    let mut page = Vec::new();
    // The encoder refuses only families without a name or metric, and writing to memory can't fail.
    if TextEncoder::new().encode(&families, &mut page).is_err() {
        return String::new();
    }
    String::from_utf8(page).unwrap_or_default()
}

fn own_families(metrics: &Metrics, gauges: &Gauges) -> Vec<MetricFamily> {
    let mut families = vec![build_info(), ready(gauges)];
    families.extend(listener_families(metrics));
    families.extend(session_families(metrics));
    families.extend(message_families(metrics));
    families.extend(catch_up_families(metrics));
    families.extend(queue_families(metrics, gauges));
    families.extend(limit_families(gauges));
    families.extend(stream_families(gauges));
    families.extend(auth_families(gauges));
    families.push(http_requests(metrics));
    families.extend(config_families(metrics));
    families.extend(presence_families(&gauges.presence));
    families.extend(trace_families(metrics));
    families
}

fn auth_families(gauges: &Gauges) -> Vec<MetricFamily> {
    let admissions =
        gauges.admissions.iter().map(|(word, count)| (vec![("result", (*word).to_owned())], real(*count)));
    let of = |source: &JwksGauges| vec![("url", source.url.clone())];
    let ages = gauges.jwks.iter().filter_map(|source| Some((of(source), real(source.age_ms?) / 1_000.0)));
    let each = |figure: fn(&JwksGauges) -> u64| {
        gauges.jwks.iter().map(|source| (of(source), real(figure(source)))).collect::<Vec<Sample>>()
    };
    let families = vec![
        counter(
            "fanfare_admissions_total",
            "Tokens, keys and callers without one that were accepted, or why not.",
            admissions.collect(),
        ),
        gauge("fanfare_revocations", "Subjects and tokens that are revoked.", one(gauges.revocations)),
        gauge("fanfare_jwks_age_seconds", "Time since the key set was last fetched.", ages.collect()),
        counter(
            "fanfare_jwks_failures_total",
            "Fetches of the key set that failed.",
            each(|source| source.failures),
        ),
        gauge("fanfare_jwks_keys", "Keys of the key set that can be used.", each(|source| source.keys)),
    ];
    families.into_iter().filter(|family| !family.get_metric().is_empty()).collect()
}

fn config_families(metrics: &Metrics) -> [MetricFamily; 2] {
    let reloads = metrics.reloads.iter().map(|(result, n)| (vec![("result", result.to_owned())], real(n)));
    [
        counter(
            "fanfare_config_reloads_total",
            "Times that the configuration was read again (SIGHUP), by what came of it.",
            reloads.collect(),
        ),
        gauge(
            "fanfare_config_loaded_timestamp_seconds",
            "When the configuration in force was read, in seconds since 1970.",
            vec![(Vec::new(), real(metrics.configured_ms.get()) / 1_000.0)],
        ),
    ]
}

fn session_families(metrics: &Metrics) -> Vec<MetricFamily> {
    let by = |label, figure| by(metrics, label, figure);
    vec![
        gauge("fanfare_connections", "Sessions open now.", by("encoding", |s| &s.connections)),
        counter("fanfare_connections_opened_total", "Sessions opened.", by("encoding", |s| &s.opened)),
        counter(
            "fanfare_connections_closed_total",
            "Sessions ended, by the broker's close code, by the peer, or lost.",
            by("reason", |s| &s.closed),
        ),
        counter(
            "fanfare_handshake_failures_total",
            "Connections that ended before a session was opened.",
            by("reason", |s| &s.handshake_failures),
        ),
        counter(
            "fanfare_errors_total",
            "Error frames sent and requests over HTTP that failed, by code.",
            by("code", |s| &s.errors),
        ),
        gauge(
            "fanfare_subscriptions",
            "Subscriptions open now.",
            one(metrics.sum(|s| s.subscriptions.get())),
        ),
        gauge(
            "fanfare_subscriptions_behind",
            "Subscriptions that read from a stream now instead of being pushed.",
            one(metrics.sum(|s| s.behind.get())),
        ),
    ]
}

fn listener_families(metrics: &Metrics) -> Vec<MetricFamily> {
    let listeners = &metrics.listeners;
    vec![
        counter(
            "fanfare_accept_failures_total",
            "Connections that could not be accepted, mostly because open files had run out.",
            labelled_by("port", listeners.accept_failures.iter()),
        ),
        counter(
            "fanfare_accepting_paused_total",
            "Times that accepting waited because connections came too fast.",
            one(listeners.accepting_paused.get()),
        ),
        gauge(
            "fanfare_http_connections",
            "Connections to the internal port that are open now.",
            one(listeners.http_connections.get()),
        ),
        counter(
            "fanfare_http_connections_refused_total",
            "Connections to the internal port that were refused because their address had as many as one may.",
            one(listeners.http_connections_refused.get()),
        ),
        counter(
            "fanfare_http_handshake_failures_total",
            "TLS handshakes on the internal port that failed.",
            labelled_by("reason", listeners.http_handshake_failures.iter()),
        ),
        counter(
            "fanfare_tls_reloads_total",
            "Certificates that replaced an older one while the broker ran.",
            labelled_by("port", listeners.certificate_reloads.iter()),
        ),
        counter(
            "fanfare_tls_reload_failures_total",
            "New certificates that could not be used, so that the old one stayed.",
            labelled_by("port", listeners.certificate_failures.iter()),
        ),
        gauge(
            "fanfare_tls_not_after_timestamp_seconds",
            "When the certificate in force expires, since 1970; 0 where the port speaks no TLS.",
            labelled_by("port", listeners.certificate_not_after.iter()),
        ),
    ]
}

fn message_families(metrics: &Metrics) -> Vec<MetricFamily> {
    let total = |name, help, figure: fn(&ShardCounters) -> u64| counter(name, help, one(metrics.sum(figure)));
    vec![
        total("fanfare_messages_received_total", "Messages published by clients and accepted.", |s| {
            s.received_messages.get()
        }),
        total(
            "fanfare_publish_duplicates_total",
            "Publishes that repeated an earlier one by their key, and were acknowledged and not appended again.",
            |s| s.duplicates.get(),
        ),
        counter(
            "fanfare_keys_refused_total",
            "Publishes that were refused because their key found no room, in their publisher's share or in their stream.",
            labelled_by("reason", metrics.keys_refused.iter()),
        ),
        total("fanfare_received_bytes_total", "Bytes read from client sockets.", |s| s.received_bytes.get()),
        total("fanfare_messages_sent_total", "Messages written to subscribers.", |s| s.sent_messages.get()),
        total("fanfare_sent_bytes_total", "Bytes written to client sockets.", |s| s.sent_bytes.get()),
        total("fanfare_socket_writes_total", "Write calls on client sockets that took bytes.", |s| {
            s.writes.get()
        }),
        total(
            "fanfare_messages_dropped_total",
            "Ephemeral messages that a full outbound queue dropped; gaps count them.",
            |s| s.dropped_messages.get(),
        ),
        total(
            "fanfare_messages_conflated_total",
            "Messages that a newer one of their topic replaced, for subscriptions to the latest.",
            |s| s.conflated_messages.get(),
        ),
        counter(
            "fanfare_gaps_total",
            "Times that a subscription was told of missing messages.",
            by(metrics, "reason", |s| &s.gaps),
        ),
        publish_to_socket(metrics),
    ]
}

fn catch_up_families(metrics: &Metrics) -> Vec<MetricFamily> {
    let total = |name, help, figure: fn(&ShardCounters) -> u64| counter(name, help, one(metrics.sum(figure)));
    vec![
        total(
            "fanfare_fallen_behind_total",
            "Times that a subscription fell behind because an outbound queue was full.",
            |s| s.fallen_behind.get(),
        ),
        total(
            "fanfare_catch_up_reads_total",
            "Readings from a stream for subscriptions that are behind.",
            |s| s.catch_up_reads.get(),
        ),
        total("fanfare_catch_up_messages_total", "Messages that these readings gave.", |s| {
            s.catch_up_messages.get()
        }),
        total("fanfare_catch_up_bytes_total", "Bytes of these messages.", |s| s.catch_up_bytes.get()),
    ]
}

fn queue_families(metrics: &Metrics, gauges: &Gauges) -> Vec<MetricFamily> {
    vec![
        gauge("fanfare_shards", "Threads that own sessions.", one(gauges.shards)),
        gauge("fanfare_patterns", "Different patterns that are subscribed to now.", one(gauges.patterns)),
        gauge("fanfare_queue_messages", "Entries in all outbound queues.", one(gauges.queue_messages)),
        gauge(
            "fanfare_queue_bytes",
            "Bytes that all outbound queues keep in memory; messages are shared, and count in each.",
            one(gauges.queue_bytes),
        ),
        gauge("fanfare_reply_bytes", "Those of them that are answers to requests.", one(gauges.reply_bytes)),
        gauge("fanfare_queue_bytes_max", "Bytes in the fullest outbound queue.", one(gauges.queue_bytes_max)),
        gauge(
            "fanfare_conflated_bytes",
            "Bytes that wait for the next batches of conflated subscriptions, beside the queues.",
            one(gauges.conflated_bytes),
        ),
        gauge(
            "fanfare_queue_oldest_seconds",
            "Time since the publishing of the oldest message that is next in an outbound queue.",
            seconds(gauges.queue_oldest_ms),
        ),
        gauge("fanfare_mailbox_bytes", "Bytes of messages that wait for a shard.", one(gauges.mailbox_bytes)),
        counter(
            "fanfare_mailbox_overflows_total",
            "Times that a shard's mailbox was full, each counted once, however many messages found no room: the \
             shard read them from their stream, or counted those in none.",
            one(metrics.sum(|s| s.mailbox_overflows.get())),
        ),
        gauge(
            "fanfare_half_message_bytes",
            "Bytes that came of messages that are not whole yet, and what is kept for each of them.",
            one(metrics.sum(|s| s.half_message_bytes.get())),
        ),
        counter(
            "fanfare_half_messages_dropped_total",
            "Messages that were not whole and were given up with their session, because all of them took too much.",
            one(metrics.sum(|s| s.half_messages_dropped.get())),
        ),
        counter(
            "fanfare_reading_paused_total",
            "Times that the broker read no more from a socket: until its answers were written, or a second was over in \
             which it had sent all that it may.",
            by(metrics, "reason", |s| &s.reading_paused),
        ),
    ]
}

fn limit_families(gauges: &Gauges) -> [MetricFamily; 2] {
    let each = |limits: &[(&'static str, u64)]| labelled_by("setting", limits.iter().copied());
    [
        gauge(
            "fanfare_limit",
            "Limits in force that are numbers, by their setting: those that a reload changes.",
            each(&gauges.limits),
        ),
        gauge(
            "fanfare_limit_bytes",
            "Limits in force that are sizes, or sizes a second, by their setting: those that a reload changes.",
            each(&gauges.limit_bytes),
        ),
    ]
}

fn stream_families(gauges: &Gauges) -> Vec<MetricFamily> {
    let in_units = |figure: fn(&StreamGauges) -> u64, unit: f64| {
        let sample = |s: &StreamGauges| (vec![("stream", s.name.clone())], real(figure(s)) / unit);
        gauges.streams.iter().map(sample).collect::<Vec<Sample>>()
    };
    let each = |figure| in_units(figure, 1.0);
    let each_ms = |figure| in_units(figure, 1_000.0);
    vec![
        gauge("fanfare_stream_messages", "Messages that the stream retains.", each(|s| s.messages)),
        gauge(
            "fanfare_stream_bytes",
            "Memory that they take, index and headers included.",
            each(|s| s.bytes),
        ),
        gauge("fanfare_stream_max_bytes", "Memory that they may take (max_bytes).", each(|s| s.max_bytes)),
        gauge(
            "fanfare_stream_max_age_seconds",
            "Time that they are retained unless others need the room (max_age).",
            each_ms(|s| s.max_age_ms),
        ),
        gauge(
            "fanfare_stream_oldest_seconds",
            "Time since the publishing of the oldest message that is retained; 0 if there is none.",
            each_ms(|s| s.oldest_ms),
        ),
        gauge("fanfare_topics", "Topics with a retained message.", each(|s| s.topics)),
        gauge("fanfare_stream_last_sequence", "The newest sequence.", each(|s| s.last_seq)),
        gauge("fanfare_stream_keys", "Keys of publishes that the stream remembers.", each(|s| s.keys)),
        gauge("fanfare_stream_key_bytes", "Memory that they take.", each(|s| s.key_bytes)),
    ]
}

fn http_requests(metrics: &Metrics) -> MetricFamily {
    let sample = |(route, class, n): (&str, &'static str, u64)| {
        (vec![("route", route.to_owned()), ("status", class.to_owned())], real(n))
    };
    counter(
        "fanfare_http_requests_total",
        "Requests on the internal port, by route and class of the answer's status.",
        metrics.http_requests().map(sample).collect(),
    )
}

fn presence_families(presence: &PresenceGauges) -> Vec<MetricFamily> {
    vec![
        gauge(
            "fanfare_presence_members",
            "Members of all topics where presence is kept.",
            one(presence.members),
        ),
        gauge(
            "fanfare_presence_topics",
            "Topics with a member, or with a leave to tell.",
            one(presence.topics),
        ),
        counter(
            "fanfare_presence_left_out_total",
            "Subscriptions whose session is no member, because a topic has as many as it may, or there are as many \
             topics.",
            one(presence.left_out),
        ),
        counter(
            "fanfare_presence_announcements_total",
            "Announcements of joins and leaves.",
            one(presence.announcements),
        ),
        counter(
            "fanfare_presence_unnamed_total",
            "Joins and leaves that an announcement counted and did not name.",
            one(presence.unnamed),
        ),
    ]
}

fn trace_families(metrics: &Metrics) -> [MetricFamily; 2] {
    [
        counter(
            "fanfare_trace_spans_exported_total",
            "Spans that the collector took.",
            one(metrics.spans_exported.get()),
        ),
        counter(
            "fanfare_trace_spans_dropped_total",
            "Spans that were not told: over traces_per_second, no room in the queue, or not taken by the collector.",
            labelled_by("reason", metrics.spans_dropped.iter()),
        ),
    ]
}

fn build_info() -> MetricFamily {
    let labels = vec![("version", VERSION.to_owned()), ("revision", REVISION.to_owned())];
    gauge("fanfare_build_info", "Always 1; the labels say what runs.", vec![(labels, 1.0)])
}

fn ready(gauges: &Gauges) -> MetricFamily {
    let help = "1 if the broker works at this moment, from publish to delivery, and is not stopping; else 0.";
    gauge("fanfare_ready", help, one(gauges.ready.into()))
}

fn publish_to_socket(metrics: &Metrics) -> MetricFamily {
    let mut counts = [0u64; BOUNDS_SECONDS.len() + 1];
    let mut sum = 0.0;
    for histogram in metrics.histograms() {
        for (total, count) in counts.iter_mut().zip(histogram.counts()) {
            *total += count;
        }
        sum += histogram.sum_seconds();
    }
    let mut below = 0;
    let buckets = BOUNDS_SECONDS.iter().zip(counts).map(|(bound, count)| {
        below += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(below);
        bucket
    });
    let mut value = HistogramValue::default();
    value.set_bucket(buckets.collect());
    value.set_sample_count(counts.iter().sum());
    value.set_sample_sum(sum);
    let mut metric = Metric::default();
    metric.set_histogram(value);
    family(
        "fanfare_publish_to_socket_seconds",
        "From a message's arrival to the end of the write round that took it to a shard's sockets.",
        MetricType::HISTOGRAM,
        vec![metric],
    )
}
