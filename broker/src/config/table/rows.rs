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
        "allowed_origins",
        Kind::Texts,
        Nothing { example: "[\"https://app.example.com\"]" },
        AtStart,
        "Web pages that may connect, by their origin: scheme, host and any port that is not the scheme's own. A port on \
         loopback lets in pages of this machine, and these; one beyond it lets in pages from anywhere, until some are \
         listed here. On the internal port only these may change anything, and the port's own, and on loopback those \
         of this machine. \"*\" lets in pages from anywhere; on loopback that is dangerous, since any page that you \
         look at could then use this broker.",
    ),
    Row::new(
        "allowed_hosts",
        Kind::Texts,
        Nothing { example: "[\"push.example.com\"]" },
        AtStart,
        "Names under which both ports may be reached (the Host header), without port. On loopback, in addition to the \
         names of this machine; beyond it any name will do, until some are listed here.",
    ),
    Row::new(
        "trusted_proxies",
        Kind::Texts,
        Nothing { example: "[\"10.0.0.0/8\"]" },
        AtStart,
        "Proxies whose word about a client's address is taken: the last address in X-Forwarded-For that is not one of \
         theirs. Addresses or networks. Whoever can connect from there can claim any address.",
    ),
    Row::new(
        "proxy_protocol",
        Kind::Flag,
        Value("false"),
        AtStart,
        "Whether each connection of a trusted proxy to the client port begins with a header of the PROXY protocol, \
         version 2.",
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

/// Of `[tls]` and `[internal_tls]`.
pub(super) const TLS: &[Row] = &[
    Row::new(
        "cert",
        Kind::Text,
        Nothing { example: "/etc/fanfare/cert.pem" },
        AtStart,
        "The certificate, followed by those of the authorities between it and the root.",
    ),
    Row::new("key", Kind::Text, Nothing { example: "/etc/fanfare/key.pem" }, AtStart, "Its private key."),
    Row::new(
        "client_ca",
        Kind::Text,
        Nothing { example: "/etc/fanfare/clients.pem" },
        AtStart,
        "Authorities whose clients may connect. Each client then needs a certificate of theirs, beside any token; \
         unless it is set, none does.",
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
        Nothing { example: "[\"rooms.>\"]" },
        AtStart,
        "The topics; none may be in two [[presence]], nor longer than 246 bytes and 15 segments.",
    ),
    Row::new(
        "by",
        Kind::Text,
        Value("session"),
        AtStart,
        "What is one member: each \"session\", or all sessions of a \"subject\" together.",
    ),
    Row::new(
        "linger",
        Kind::Time,
        Value("5s"),
        AtStart,
        "Time that a member whose connection was lost is waited for. Back by then, it has never left.",
    ),
    Row::new("announce", Kind::Flag, Value("true"), AtStart, "Whether joins and leaves are published."),
];
