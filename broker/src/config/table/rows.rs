//! The rows themselves, section by section.

use super::row::Applied::{AtStart, Live};
use super::row::Fallback::{Computed, Nothing, Value};
use super::row::{Kind, Row};
use crate::limits::TABLE;

/// What stands before any table.
pub(super) const TOP: &[Row] = &[
    Row::new(
        "listen",
        Kind::Text,
        Value("127.0.0.1:7440"),
        AtStart,
        "Where clients connect: ws://127.0.0.1:7440/ws.",
    ),
    Row::new(
        "internal",
        Kind::Text,
        Value("127.0.0.1:7441"),
        AtStart,
        "Where /metrics, /healthz, /readyz and the page at / are.",
    ),
    Row::new(
        "shards",
        Kind::Count,
        Computed { by: "one a processor", example: "2" },
        AtStart,
        "Threads that own sessions.",
    ),
    Row::new(
        "allow_anonymous",
        Kind::Flag,
        Value("false"),
        AtStart,
        "Beyond loopback the broker refuses to start unless this is true: then anyone who reaches a port may use it.",
    ),
    Row::new(
        "data_dir",
        Kind::Text,
        Nothing { example: "/var/lib/fanfare" },
        AtStart,
        "Where streams outlive a planned restart (SIGTERM or Ctrl-C): a directory of this broker alone, made if it is \
         not there. The next start goes on with the same epochs, sequences and keys. Nothing is saved unless it is \
         set, nor after a crash.",
    ),
    Row::new(
        "log_level",
        Kind::Text,
        Value("info"),
        Live,
        "What is logged: off, error, warn, info, debug or trace, or several of them by module, such as \
         \"info,fanfare::net=debug\".",
    ),
];

/// One for each limit.
pub(super) const LIMITS: [Row; TABLE.len()] = {
    let mut rows = [Row::of(&TABLE[0]); TABLE.len()];
    let mut at = 0;
    while at < rows.len() {
        rows[at] = Row::of(&TABLE[at]);
        at += 1;
    }
    rows
};

/// Of each `[[stream]]`.
pub(super) const STREAM: &[Row] = &[
    Row::new("name", Kind::Text, Value("recent"), AtStart, "1 to 64 characters of A-Z a-z 0-9 _ -."),
    Row::new(
        "patterns",
        Kind::Texts,
        Value("[\">\"]"),
        AtStart,
        "`*` stands for one segment, a final `>` for one or more.",
    ),
    Row::new("max_age", Kind::Time, Value("2m"), Live, "Messages older than this go."),
    Row::new(
        "max_bytes",
        Kind::Bytes,
        Value("64MiB"),
        Live,
        "The oldest messages go while the stream takes more memory than this.",
    ),
    Row::new(
        "max_messages_per_topic",
        Kind::Count,
        Nothing { example: "100" },
        AtStart,
        "A topic's oldest messages go while it has more than this; there is no such limit unless it is set.",
    ),
];

/// Of each `[[presence]]`.
pub(super) const PRESENCE: &[Row] = &[
    Row::new(
        "patterns",
        Kind::Texts,
        Value("[\"rooms.>\"]"),
        AtStart,
        "The topics; none may be in two [[presence]], nor longer than 246 bytes and 15 segments.",
    ),
    Row::new(
        "by",
        Kind::Text,
        Value("session"),
        AtStart,
        "What a member is: each \"session\", or each \"subject\", with one join however many sessions it has.",
    ),
    Row::new(
        "linger",
        Kind::Time,
        Value("5s"),
        AtStart,
        "A member whose connection is lost stays this long; if it comes back by then, nobody hears of it.",
    ),
    Row::new("announce", Kind::Flag, Value("true"), AtStart, "Whether joins and leaves are published."),
];
