//! The counters themselves: one set a shard, so that threads never share a cache line to count.

use std::sync::atomic::{AtomicU64, Ordering};

use fanfare_protocol::{CloseCode, Encoding, ErrorCode, GapReason};

use super::histogram::Histogram;

/// A number that grows; those that also shrink (a count of what is there now) say so.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn sub(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One counter for each of a few labels that are known at start-up.
#[derive(Debug)]
pub(crate) struct Labelled {
    counters: Box<[(&'static str, Counter)]>,
}

impl Labelled {
    pub(crate) fn new(labels: impl IntoIterator<Item = &'static str>) -> Self {
        Self { counters: labels.into_iter().map(|label| (label, Counter::default())).collect() }
    }

    /// Counts one. A label that is not known at start-up is a fault of this program, and counts nowhere.
    pub(crate) fn count(&self, label: &str) {
        self.add(label, 1);
    }

    /// Counts several at once.
    pub(crate) fn add(&self, label: &str, n: u64) {
        let counter = self.find(label);
        debug_assert!(counter.is_some(), "unknown label {label}");
        if let Some(counter) = counter {
            counter.add(n);
        }
    }

    /// Sets the value: for what is not counted but found.
    pub(crate) fn set(&self, label: &str, n: u64) {
        if let Some(counter) = self.find(label) {
            counter.set(n);
        }
    }

    /// Takes one back: for counts of what is there now.
    pub(crate) fn uncount(&self, label: &str) {
        if let Some(counter) = self.find(label) {
            counter.sub(1);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counters.iter().map(|(label, counter)| (*label, counter.get()))
    }

    fn find(&self, label: &str) -> Option<&Counter> {
        self.counters.iter().find(|(known, _)| *known == label).map(|(_, counter)| counter)
    }
}

/// What one shard counts. Aligned so that two shards' counters never share a cache line.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct ShardCounters {
    /// Sessions open now, by encoding.
    pub(crate) connections: Labelled,
    pub(crate) opened: Labelled,
    /// Sessions ended, by reason: a close code's word, or how the peer left.
    pub(crate) closed: Labelled,
    pub(crate) handshake_failures: Labelled,
    /// Subscriptions open now.
    pub(crate) subscriptions: Counter,
    /// Subscriptions reading from a stream now.
    pub(crate) behind: Counter,
    pub(crate) errors: Labelled,
    pub(crate) received_messages: Counter,
    /// Publishes that repeated an earlier one by their key.
    pub(crate) duplicates: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) sent_messages: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) writes: Counter,
    pub(crate) fallen_behind: Counter,
    pub(crate) catch_up_reads: Counter,
    pub(crate) catch_up_messages: Counter,
    pub(crate) catch_up_bytes: Counter,
    pub(crate) gaps: Labelled,
    pub(crate) dropped_messages: Counter,
    pub(crate) conflated_messages: Counter,
    /// Bytes that wait for the next batches of conflated subscriptions, when the sessions were last looked after.
    pub(crate) conflated_bytes: Counter,
    pub(crate) mailbox_overflows: Counter,
    /// What sessions hold of messages that have not come whole, in bytes.
    pub(crate) half_message_bytes: Counter,
    /// Sessions that were ended because all of these took too much.
    pub(crate) half_messages_dropped: Counter,
    /// Times that reading from a socket paused, by reason.
    pub(crate) reading_paused: Labelled,
    /// From a message's arrival to the end of the write that took it to this shard's sockets.
    pub(crate) publish_to_socket: Histogram,
}

/// A session that hears server-sent events, as an encoding.
pub(crate) const EVENTS: &str = "sse";
/// How a session can end other than by a close code of ours.
pub(crate) const CLOSED_BY_PEER: &str = "by_peer";
/// The connection broke: end of file without a close frame, or an I/O error.
pub(crate) const CLOSED_LOST: &str = "lost";
/// Why a socket is not read from for a while: its answers are to be written first.
pub(crate) const PAUSED_FOR_ANSWERS: &str = "answers";
/// It has sent all that it may in one second.
pub(crate) const PAUSED_FOR_RATE: &str = "rate";

impl ShardCounters {
    fn new(handshake_failures: &[&'static str]) -> Self {
        let encodings = || Encoding::ALL.iter().map(|encoding| encoding.as_str()).chain([EVENTS]);
        let codes = CloseCode::ALL.iter().map(|code| code.as_str());
        Self {
            connections: Labelled::new(encodings()),
            opened: Labelled::new(encodings()),
            closed: Labelled::new(codes.chain([CLOSED_BY_PEER, CLOSED_LOST])),
            handshake_failures: Labelled::new(handshake_failures.iter().copied()),
            subscriptions: Counter::default(),
            behind: Counter::default(),
            errors: Labelled::new(ErrorCode::ALL.iter().map(|code| code.as_str())),
            received_messages: Counter::default(),
            duplicates: Counter::default(),
            received_bytes: Counter::default(),
            sent_messages: Counter::default(),
            sent_bytes: Counter::default(),
            writes: Counter::default(),
            fallen_behind: Counter::default(),
            catch_up_reads: Counter::default(),
            catch_up_messages: Counter::default(),
            catch_up_bytes: Counter::default(),
            gaps: Labelled::new(GapReason::ALL.iter().map(|reason| reason.as_str())),
            dropped_messages: Counter::default(),
            conflated_messages: Counter::default(),
            conflated_bytes: Counter::default(),
            mailbox_overflows: Counter::default(),
            half_message_bytes: Counter::default(),
            half_messages_dropped: Counter::default(),
            reading_paused: Labelled::new([PAUSED_FOR_ANSWERS, PAUSED_FOR_RATE]),
            publish_to_socket: Histogram::default(),
        }
    }
}

/// Why a span is not told: more messages than may be traced in a second.
pub(crate) const SPAN_TOO_MANY: &str = "rate";
/// The queue to the collector is full.
pub(crate) const SPAN_QUEUE_FULL: &str = "queue";
/// The collector can't be reached, or refused it.
pub(crate) const SPAN_NOT_TAKEN: &str = "collector";

/// The room that a key did not find: its publisher's share.
pub(crate) const KEYS_OF_PUBLISHER: &str = "publisher";
/// That of all publishers.
pub(crate) const KEYS_OF_STREAM: &str = "stream";

/// What ends a TLS handshake on the internal port: it is refused, as with a certificate that nobody vouches for.
pub(crate) const HANDSHAKE_TLS: &str = "tls";
/// It takes too long.
pub(crate) const HANDSHAKE_TIMEOUT: &str = "timeout";

/// The classes of an answer's status; any other counts as the last.
const STATUS_CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// Every counter of the broker.
#[derive(Debug)]
pub(crate) struct Metrics {
    shards: Box<[ShardCounters]>,
    /// What comes over HTTP, and belongs to no shard.
    http: ShardCounters,
    /// Requests by route, and by the class of the answer's status.
    http_requests: Vec<(String, [Counter; STATUS_CLASSES.len()])>,
    pub(crate) listeners: ListenerCounters,
    /// Reloads of the configuration, by what came of them.
    pub(crate) reloads: Labelled,
    /// When the configuration in force was read, in milliseconds since 1970.
    pub(crate) configured_ms: Counter,
    /// Publishes that were refused because their keys found no room, by whose room was full.
    pub(crate) keys_refused: Labelled,
    /// Spans that the collector took.
    pub(crate) spans_exported: Counter,
    /// Spans that were not told, by reason.
    pub(crate) spans_dropped: Labelled,
}

/// What is counted where connections are accepted, before a shard has them.
#[derive(Debug)]
pub(crate) struct ListenerCounters {
    /// Accepts that failed, by port.
    pub(crate) accept_failures: Labelled,
    /// Connections of the internal port that are open now.
    pub(crate) http_connections: Counter,
    /// Those that were refused because their address had enough.
    pub(crate) http_connections_refused: Counter,
    /// TLS handshakes of the internal port that failed, by reason.
    pub(crate) http_handshake_failures: Labelled,
    /// Times that accepting waited for its rate.
    pub(crate) accepting_paused: Counter,
    /// Certificates that replaced an older one, by port.
    pub(crate) certificate_reloads: Labelled,
    /// New certificates that could not be used, by port.
    pub(crate) certificate_failures: Labelled,
    /// When the certificate in force is good no longer, in seconds since 1970, by port; 0 where there is none.
    pub(crate) certificate_not_after: Labelled,
}

/// The port that clients connect to, as a label.
pub(crate) const CLIENT_PORT: &str = "client";
/// The port of metrics and health, as a label.
pub(crate) const INTERNAL_PORT: &str = "internal";

const TAKEN: &str = "ok";
const NOT_TAKEN: &str = "failed";

impl Metrics {
    /// Counters for this many shards; `handshake_failures` are the reasons that a handshake can fail for.
    pub(crate) fn new(shards: usize, handshake_failures: &[&'static str]) -> Self {
        let by_port = || Labelled::new([CLIENT_PORT, INTERNAL_PORT]);
        let listeners = ListenerCounters {
            accept_failures: by_port(),
            http_connections: Counter::default(),
            http_connections_refused: Counter::default(),
            http_handshake_failures: Labelled::new([HANDSHAKE_TLS, HANDSHAKE_TIMEOUT]),
            accepting_paused: Counter::default(),
            certificate_reloads: by_port(),
            certificate_failures: by_port(),
            certificate_not_after: by_port(),
        };
        Self {
            shards: (0..shards).map(|_| ShardCounters::new(handshake_failures)).collect(),
            http: ShardCounters::new(handshake_failures),
            http_requests: Vec::new(),
            listeners,
            reloads: Labelled::new([TAKEN, NOT_TAKEN]),
            configured_ms: Counter::default(),
            keys_refused: Labelled::new([KEYS_OF_PUBLISHER, KEYS_OF_STREAM]),
            spans_exported: Counter::default(),
            spans_dropped: Labelled::new([SPAN_TOO_MANY, SPAN_QUEUE_FULL, SPAN_NOT_TAKEN]),
        }
    }

    /// Counts a reload of the configuration.
    pub(crate) fn count_reload(&self, taken: bool, wall_ms: u64) {
        self.reloads.count(if taken { TAKEN } else { NOT_TAKEN });
        if taken {
            self.configured_ms.set(wall_ms);
        }
    }

    /// The same, with counters for these routes.
    pub(crate) fn with_routes(self, routes: impl IntoIterator<Item = String>) -> Self {
        Self { http_requests: routes.into_iter().map(|route| (route, Default::default())).collect(), ..self }
    }

    /// Counts a request by its route and the status of its answer. A route that is not known at start-up counts nowhere.
    pub(crate) fn count_http(&self, route: &str, status: u16) {
        let class = usize::from(status / 100).saturating_sub(2).min(STATUS_CLASSES.len() - 1);
        let known = self.http_requests.iter().find(|(known, _)| known == route);
        known.and_then(|(_, classes)| classes.get(class)).inspect(|counter| counter.add(1));
    }

    /// Requests by route and class of status.
    pub(crate) fn http_requests(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.http_requests.iter().flat_map(|(route, classes)| {
            STATUS_CLASSES.iter().zip(classes).map(|(class, counter)| (&**route, *class, counter.get()))
        })
    }

    /// What comes over HTTP.
    pub(crate) fn http(&self) -> &ShardCounters {
        &self.http
    }

    /// The counters of all shards, and of HTTP.
    fn all(&self) -> impl Iterator<Item = &ShardCounters> {
        self.shards.iter().chain([&self.http])
    }

    pub(crate) fn shard(&self, shard: usize) -> &ShardCounters {
        &self.shards[shard]
    }

    /// A figure summed over the shards.
    pub(crate) fn sum(&self, figure: impl Fn(&ShardCounters) -> u64) -> u64 {
        self.all().map(figure).sum()
    }

    /// Labelled figures summed over the shards, in the order of their labels.
    pub(crate) fn sum_labelled(
        &self,
        figure: impl Fn(&ShardCounters) -> &Labelled,
    ) -> Vec<(&'static str, u64)> {
        let mut sums: Vec<(&'static str, u64)> = Vec::new();
        for shard in self.all() {
            for (place, (label, value)) in figure(shard).iter().enumerate() {
                match sums.get_mut(place) {
                    Some(sum) => sum.1 += value,
                    None => sums.push((label, value)),
                }
            }
        }
        sums
    }

    pub(crate) fn histograms(&self) -> impl Iterator<Item = &Histogram> {
        self.shards.iter().map(|shard| &shard.publish_to_socket)
    }
}
