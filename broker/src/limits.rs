//! Limits: every bound of the broker with its name, unit, default, consequence and metric, in one table.

mod neighbours;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::neighbours::Conflict;
pub(crate) use self::neighbours::half;
use fanfare_protocol::limits::{
    DEFAULT_HEARTBEAT_MS, DEFAULT_MAX_FRAME_BYTES, DEFAULT_MAX_PAYLOAD_BYTES, MAX_HEADERS_BYTES,
    MAX_TOKEN_BYTES,
};

/// What a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things, as a plain number.
    Count,
    /// Things a second, as a plain number.
    PerSecond,
    /// Bytes; written with a unit, such as `"64KiB"`.
    Bytes,
    /// Milliseconds; written with a unit, such as `"25s"`.
    Time,
}

/// One row of the [`TABLE`].
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The name under `[limits]`.
    pub name: &'static str,
    /// What is bounded, in sentences; they begin with a space.
    pub doc: &'static str,
    /// What the numbers of this row count in.
    pub unit: Unit,
    /// The value unless configured.
    pub default: u64,
    /// The default as one writes it.
    pub default_text: &'static str,
    /// The smallest value that makes sense.
    pub min: u64,
    /// The largest value that makes sense.
    pub max: u64,
    /// What happens when it is reached.
    pub beyond: &'static str,
    /// The metric in which reaching it shows.
    pub metric: &'static str,
    /// Whether a running broker takes a new value; else it is read once, at the start.
    pub live: bool,
    /// The value in a set of limits, in this row's unit.
    pub get: fn(&Limits) -> u64,
    /// Changes the value in a set of limits. Does not check `min`, `max` or the neighbours.
    pub set: fn(&mut Limits, u64),
}

impl Limit {
    /// The row with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|limit| limit.name == name)
    }
}

/// A value of [`Limits`], seen as a number in its unit.
trait Amount: Copy {
    fn of(number: u64) -> Self;
    fn number(self) -> u64;
}

impl Amount for usize {
    fn of(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
    fn number(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}

impl Amount for Duration {
    fn of(number: u64) -> Self {
        Self::from_millis(number)
    }
    fn number(self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Makes the struct, its defaults and the table from one list, so that they can't differ.
macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $unit:ident($default:expr, $text:literal), $min:literal..=$max:expr,
       $beyond:literal, $metric:literal;)*) => {
        /// The bounds in force. Each field's text ends with its default and what happens beyond it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::doc_markdown, reason = "the configuration shows these texts, too, names as they are")]
        pub struct Limits {
            $($(#[doc = $doc])* #[doc = concat!("Default `", $text, "`. Beyond it: ", $beyond, ".")] pub $name: $type,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: Amount::of($default),)* }
            }
        }

        /// The bounds in force in a running broker: every thread reads them here, at the cost of reading a number.
        ///
        /// Each is right by itself; a reader of two while they change may see one of them changed already.
        #[derive(Debug)]
        pub struct LiveLimits {
            $($name: AtomicU64,)*
        }

        #[allow(clippy::doc_markdown, reason = "the configuration shows these texts, too, names as they are")]
        impl LiveLimits {
            /// The bounds that a broker starts with.
            pub fn new(limits: &Limits) -> Self {
                Self { $($name: AtomicU64::new(limits.$name.number()),)* }
            }

            /// All of them as they are now.
            pub fn snapshot(&self) -> Limits {
                Limits { $($name: self.$name(),)* }
            }

            /// Puts these in force. What was copied at the start ([`Limit::live`] tells) stays as it was.
            pub fn put(&self, limits: &Limits) {
                $(self.$name.store(limits.$name.number(), Ordering::Relaxed);)*
            }

            $($(#[doc = $doc])* pub fn $name(&self) -> $type {
                Amount::of(self.$name.load(Ordering::Relaxed))
            })*
        }

        /// Every limit, in the order of a session's life.
        pub const TABLE: &[Limit] = &[$(Limit {
            name: stringify!($name),
            doc: concat!($($doc),*),
            unit: Unit::$unit,
            default: $default,
            default_text: $text,
            min: $min,
            max: $max,
            beyond: $beyond,
            metric: $metric,
            live: !is_in(stringify!($name), AT_START),
            get: |limits| limits.$name.number(),
            set: |limits, number| limits.$name = Amount::of(number),
        },)*];
    };
}

/// Limits that a running broker keeps: what they size was made at the start, or clients were told of them in `welcome`.
const AT_START: &[&str] = &[
    "max_handshakes",
    "listen_backlog",
    "max_head_bytes",
    "heartbeat",
    "mailbox_bytes",
    "send_buffer_bytes",
    "max_http_connections",
    "max_http_requests",
    "key_window",
    "presence_members",
    "presence_topics",
    "presence_topics_per_subject",
    "presence_interval",
    "trace_queue_spans",
];

const fn is_in(name: &str, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is_same(name.as_bytes(), names[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

limits! {
    /// Sessions open at once.
    max_connections: usize = Count(100_000, "100000"), 1..=10_000_000,
        "the handshake is answered and the session closed with 4100",
        "fanfare_connections_closed_total{reason=\"over_capacity\"}";
    /// Connections of one address at once; of one /64 network for IPv6. A trusted proxy counts as those that it names. A part
    /// of all, so that nobody alone keeps the others out: unless it is set, at most half of max_connections; and at most
    /// half of the open files that are left for clients, unless it is max_connections or more.
    max_connections_per_address: usize = Count(20_000, "20000"), 1..=10_000_000,
        "the connection is answered 429 and closed",
        "fanfare_handshake_failures_total{reason=\"too_many_from_address\"}";
    /// Sessions of one subject at once: of all tokens with one `sub`, or of one API key. Whoever brings neither counts as its
    /// address alone. Unless it is set, at most half of max_connections.
    max_connections_per_subject: usize = Count(1_000, "1000"), 1..=10_000_000,
        "the session is closed with 4104, and those that are open stay",
        "fanfare_connections_closed_total{reason=\"too_many_sessions\"}";
    /// Connections that the broker accepts, a second. No address has a share of it: whose a connection is shows when it is
    /// accepted.
    accepts_per_second: usize = PerSecond(20_000, "20000"), 1..=1_000_000,
        "further ones wait in the kernel (listen_backlog)",
        "fanfare_accepting_paused_total";
    /// Handshakes under way at once.
    max_handshakes: usize = Count(4_096, "4096"), 1..=1_000_000,
        "the connection is answered 503 and closed",
        "fanfare_handshake_failures_total{reason=\"too_many_handshakes\"}";
    /// Handshakes of one address under way at once; of one /64 network for IPv6. A part of all, so that nobody alone keeps
    /// the others out: unless it is set, at most half of max_handshakes. A trusted proxy counts as those that it names, from the moment at which it does.
    max_handshakes_per_address: usize = Count(1_024, "1024"), 1..=1_000_000,
        "the connection is answered 429 and closed",
        "fanfare_handshake_failures_total{reason=\"too_many_handshakes_from_address\"}";
    /// Connections that the kernel holds until the broker accepts them.
    listen_backlog: usize = Count(4_096, "4096"), 1..=65_535,
        "the kernel lets the connection attempt wait or fail",
        "TcpExtListenOverflows of the kernel";
    /// Time from accepting a connection to the end of its handshake.
    handshake_timeout: Duration = Time(10 * SECOND, "10s"), 1..=HOUR,
        "the connection is answered 408 and closed",
        "fanfare_handshake_failures_total{reason=\"timeout\"}";
    /// The HTTP head of a handshake, in bytes.
    max_head_bytes: usize = Bytes(8 * KIB, "8KiB"), 512..=MIB,
        "the connection is answered 431 and closed",
        "fanfare_handshake_failures_total{reason=\"head_too_large\"}";
    /// Time from the end of the handshake to `hello`.
    hello_timeout: Duration = Time(10 * SECOND, "10s"), 1..=HOUR,
        "the session is closed with 4103",
        "fanfare_connections_closed_total{reason=\"no_hello\"}";
    /// Time between the broker's pings.
    heartbeat: Duration = Time(DEFAULT_HEARTBEAT_MS, "25s"), 10..=DAY,
        "a client that is silent for two heartbeats, with nothing waiting for it, is closed with 4201",
        "fanfare_connections_closed_total{reason=\"heartbeat_missed\"}";
    /// Time that data may wait while the socket takes nothing.
    stall_timeout: Duration = Time(10 * MINUTE, "10m"), 10..=DAY,
        "the session is closed with 4101",
        "fanfare_connections_closed_total{reason=\"too_slow\"}";
    /// Time that input is drained after a close frame, so that the frame arrives.
    close_timeout: Duration = Time(2 * SECOND, "2s"), 1..=HOUR,
        "the socket is closed without waiting for the peer",
        "fanfare_connections_closed_total";
    /// Time between the end of `/readyz` and the first session that is sent away when the broker stops: as long as load
    /// balancers take to notice. Clients may still come in.
    drain_delay: Duration = Time(0, "0s"), 0..=HOUR,
        "nobody new gets in, and sessions are sent away",
        "fanfare_connections_closed_total{reason=\"drain\"}";
    /// Time over which sessions are sent away when the broker stops, each at its own moment, so that not all come back at
    /// once. A broker with few sessions takes less: 10 ms for each.
    drain_window: Duration = Time(2 * SECOND, "2s"), 0..=HOUR,
        "every session was told to go",
        "fanfare_connections_closed_total{reason=\"drain\"}";
    /// Time for all sessions to have left when the broker stops, counted from the first that is sent away.
    drain_timeout: Duration = Time(5 * SECOND, "5s"), 1..=HOUR,
        "those that have not left are closed",
        "fanfare_connections_closed_total{reason=\"drain\"}";
    /// The payload of a message, in bytes.
    max_payload_bytes: usize = Bytes(DEFAULT_MAX_PAYLOAD_BYTES as u64, "64KiB"), 1..=GIB,
        "the publish is answered with the error too_large",
        "fanfare_errors_total{code=\"too_large\"}";
    /// One WebSocket message from a client, in bytes.
    max_frame_bytes: usize = Bytes(DEFAULT_MAX_FRAME_BYTES as u64, "256KiB"), 1..=2 * GIB,
        "the session is closed with 4004",
        "fanfare_connections_closed_total{reason=\"too_large\"}";
    /// What came of messages that have not come whole yet, of all sessions together, in bytes, and some 4.5 KiB for each of
    /// them; shared evenly by the shards. Messages that come in one piece take none of it.
    half_messages_bytes: usize = Bytes(64 * MIB, "64MiB"), 4_096..=64 * GIB,
        "the sessions whose message is under way for the longest time are closed with 4100",
        "fanfare_half_messages_dropped_total";
    /// Subscriptions of one session.
    max_subscriptions: usize = Count(1_000, "1000"), 1..=1_000_000,
        "the subscribe is answered with the error limit_exceeded",
        "fanfare_errors_total{code=\"limit_exceeded\"}";
    /// Subscriptions of all sessions together. Each shard adds up what all count, so there may be one more for each of them.
    max_subscriptions_total: usize = Count(2_000_000, "2000000"), 1..=100_000_000,
        "the subscribe is answered with the error limit_exceeded",
        "fanfare_subscriptions";
    /// Subscriptions of all sessions of one subject together; of who has none, of one address. A part of all, so that nobody
    /// alone keeps the others out: unless it is set, at most half of max_subscriptions_total and of max_patterns.
    max_subscriptions_per_subject: usize = Count(500_000, "500000"), 1..=100_000_000,
        "the subscribe is answered with the error limit_exceeded",
        "fanfare_errors_total{code=\"limit_exceeded\"}";
    /// Different patterns that are subscribed to, plain topics among them. A subscription to one that another has needs no
    /// room. There may be one more for each shard.
    max_patterns: usize = Count(1_000_000, "1000000"), 1..=100_000_000,
        "the subscribe is answered with the error limit_exceeded",
        "fanfare_patterns";
    /// WebSocket pings and pongs, fragments, `ping` and `pong` frames and unreadable frames of one session, a second.
    max_overhead_frames: usize = PerSecond(500, "500"), 1..=1_000_000,
        "the session is closed with 4102",
        "fanfare_connections_closed_total{reason=\"flood\"}";
    /// Publishes of one session, a second.
    publishes_per_second: usize = PerSecond(1_000_000, "1000000"), 1..=4_000_000_000,
        "the publish is answered with the error rate_limited, and retry_after_ms says when the next second begins",
        "fanfare_errors_total{code=\"rate_limited\"}";
    /// Frames that the broker takes from one session, a second.
    frames_per_second: usize = PerSecond(2_000_000, "2000000"), 1..=4_000_000_000,
        "the broker reads no more from that socket until the second is over",
        "fanfare_reading_paused_total{reason=\"rate\"}";
    /// Bytes that the broker reads from one session, a second; a read of up to 64 KiB that was begun is finished.
    bytes_per_second: usize = Bytes(GIB, "1GiB"), 1..=4 * GIB - 1,
        "the broker reads no more from that socket until the second is over",
        "fanfare_reading_paused_total{reason=\"rate\"}";
    /// Memory of the messages and frames that wait in one session's outbound queue, in bytes; one message always fits.
    queue_bytes: usize = Bytes(4 * MIB, "4MiB"), 1..=64 * GIB,
        "what is in a stream is read from there, behind; else the oldest is dropped, and a gap counts it",
        "fanfare_fallen_behind_total";
    /// Memory of the messages and frames that wait in all outbound queues together, in bytes; shared evenly by the shards.
    /// A session's only message stays beyond it.
    all_queues_bytes: usize = Bytes(512 * MIB, "512MiB"), 1..=1_024 * GIB,
        "the largest queues fall behind first",
        "fanfare_queue_bytes";
    /// Answers that wait for one session's socket, in bytes.
    reply_bytes: usize = Bytes(256 * KIB, "256KiB"), 1..=64 * GIB,
        "the broker reads no more from that socket until they are written",
        "fanfare_reading_paused_total{reason=\"answers\"}";
    /// Answers that wait for the sockets of all sessions together, in bytes; shared evenly by the shards.
    all_replies_bytes: usize = Bytes(256 * MIB, "256MiB"), 1..=1_024 * GIB,
        "the sessions with the most of them are closed with 4101",
        "fanfare_reply_bytes";
    /// Messages that wait for one shard, in bytes.
    mailbox_bytes: usize = Bytes(16 * MIB, "16MiB"), 1..=64 * GIB,
        "the shard reads what is missing from the stream, and counts what is in none in a gap",
        "fanfare_mailbox_overflows_total";
    /// The kernel's send buffer of one socket, in bytes.
    send_buffer_bytes: usize = Bytes(256 * KIB, "256KiB"), 4_096..=GIB,
        "the rest waits in the session's outbound queue",
        "fanfare_queue_bytes";
    /// Connections of the internal port at once.
    max_http_connections: usize = Count(256, "256"), 1..=100_000,
        "further ones wait in the kernel until one ends",
        "fanfare_http_connections";
    /// Connections of one address to the internal port at once; of one /64 network for IPv6. A part of all, so that
    /// nobody alone keeps the others out: unless it is set, at most half of max_http_connections. A trusted proxy may have
    /// all of them.
    max_http_connections_per_address: usize = Count(128, "128"), 1..=100_000,
        "the connection is closed",
        "fanfare_http_connections_refused_total";
    /// Time for a TLS handshake on the internal port, and for the head of a request there; so for a connection to do nothing.
    http_head_timeout: Duration = Time(30 * SECOND, "30s"), 10..=HOUR,
        "the connection is closed",
        "fanfare_http_handshake_failures_total{reason=\"timeout\"}";
    /// Requests of the HTTP API that are worked on at once.
    max_http_requests: usize = Count(128, "128"), 1..=100_000,
        "the request is answered 503, to be repeated after a second",
        "fanfare_http_requests_total{status=\"5xx\"}";
    /// Requests of one caller that are worked on at once: of one subject, or for who has none, of one address. A part of
    /// all, so that nobody alone keeps the others out: unless it is set, at most half of max_http_requests.
    max_http_requests_per_caller: usize = Count(32, "32"), 1..=100_000,
        "the request is answered 429, to be repeated after a second",
        "fanfare_errors_total{code=\"limit_exceeded\"}";
    /// Time for the body of a request; where it is worked off as it comes, for each part of it.
    http_body_timeout: Duration = Time(30 * SECOND, "30s"), 10..=HOUR,
        "the request is answered 408",
        "fanfare_http_requests_total{status=\"4xx\"}";
    /// The body of a request that publishes many messages as an array, in bytes.
    max_batch_bytes: usize = Bytes(4 * MIB, "4MiB"), 1..=4 * GIB,
        "the request is answered 413, and nothing of it is published",
        "fanfare_errors_total{code=\"too_large\"}";
    /// The messages of such an array.
    max_batch_items: usize = Count(10_000, "10000"), 1..=10_000_000,
        "the request is answered 413, and nothing of it is published",
        "fanfare_errors_total{code=\"too_large\"}";
    /// Time that the key of a publish is remembered.
    key_window: Duration = Time(2 * MINUTE, "2m"), 1..=DAY,
        "a publish with that key is a new message",
        "fanfare_stream_keys";
    /// Keys that one stream remembers, in bytes of memory.
    key_bytes: usize = Bytes(64 * MIB, "64MiB"), 4_096..=64 * GIB,
        "a publish with another key is answered with the error limit_exceeded until old keys are forgotten",
        "fanfare_stream_key_bytes";
    /// The same for the keys of one publisher: of one subject, or for who has none, of one address. A part of all, so that
    /// nobody alone keeps the others from publishing with keys: unless it is set, at most half of key_bytes. One key always
    /// fits. Those of an earlier run count for nobody.
    key_bytes_per_publisher: usize = Bytes(16 * MIB, "16MiB"), 1_024..=64 * GIB,
        "that publisher's next publish with another key is answered with the error limit_exceeded until old keys are forgotten",
        "fanfare_keys_refused_total{reason=\"publisher\"}";
    /// Subjects and tokens that are revoked at a time.
    max_revocations: usize = Count(100_000, "100000"), 1..=10_000_000,
        "one more is refused, since forgetting another would let somebody in",
        "fanfare_revocations";
    /// Time that a revocation holds at most; it should be as long as tokens live.
    max_revocation_time: Duration = Time(30 * DAY, "30d"), 1..=366 * DAY,
        "it ends then, and only tokens that have not expired are let in again",
        "fanfare_revocations";
    /// Members of one topic where presence is kept.
    presence_members: usize = Count(100_000, "100000"), 1..=10_000_000,
        "another session subscribes as it asks, and is no member",
        "fanfare_presence_left_out_total";
    /// Topics with a member.
    presence_topics: usize = Count(100_000, "100000"), 16..=10_000_000,
        "a session subscribes to another topic as it asks, and is no member; the bound is shared evenly by 16 parts",
        "fanfare_presence_left_out_total";
    /// Such topics on which one subject was the first; of who has none, one address. A part of all, so that nobody alone
    /// keeps the others out: unless it is set, at most half of presence_topics.
    presence_topics_per_subject: usize = Count(10_000, "10000"), 1..=10_000_000,
        "its session subscribes to another topic as it asks, and is no member",
        "fanfare_presence_left_out_total";
    /// Time between two announcements of a topic's joins and leaves.
    presence_interval: Duration = Time(250, "250ms"), 10..=HOUR,
        "what happens meanwhile is told together",
        "fanfare_presence_announcements_total";
    /// The members that one announcement names, in bytes.
    presence_announcement_bytes: usize = Bytes(16 * KIB, "16KiB"), 256..=MIB,
        "the others are only counted, and whoever wants to know them asks",
        "fanfare_presence_unnamed_total";
    /// Messages a second that are traced, where [tracing] is configured: whoever publishes can ask for it.
    traces_per_second: usize = PerSecond(100, "100"), 1..=1_000_000,
        "others are not traced",
        "fanfare_trace_spans_dropped_total";
    /// Spans that wait for the collector.
    trace_queue_spans: usize = Count(2_048, "2048"), 1..=1_000_000,
        "more are dropped",
        "fanfare_trace_spans_dropped_total";
}

/// What a frame needs beside its payload, in bytes: the longest token of a `hello`, or topic, key and headers.
pub const FRAME_ROOM_BYTES: usize = MAX_TOKEN_BYTES + MAX_HEADERS_BYTES;
