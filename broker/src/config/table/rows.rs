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
        "Where /metrics, /healthz, /readyz, the HTTP API and the console (at /) are.",
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
        "Beyond loopback the broker refuses to start unless authentication is configured, or this is true: then anyone who \
         reaches a port may use it.",
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
        "Where streams outlive a planned restart (SIGTERM or Ctrl-C), and revocations a crash as well: a directory of \
         this broker alone, made if it is not there. The next start goes on with the same epochs, sequences and keys. \
         Nothing is saved unless it is set, nor streams after a crash.",
    ),
    Row::new(
        "log_level",
        Kind::Text,
        Value("info"),
        Live,
        "What is logged: off, error, warn, info, debug or trace, or several of them by module, such as \
         \"info,fanfare::net=debug\".",
    ),
    Row::new(
        "log_format",
        Kind::Text,
        Value("auto"),
        AtStart,
        "How it is logged, on standard error: \"text\" for people, \"json\" with an object a line, or \"auto\": text on a \
         terminal, JSON elsewhere.",
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
    Row::new(
        "publisher",
        Kind::Flag,
        Value("false"),
        AtStart,
        "Whether messages say who published them: the subject of the publisher's token, or `key:` and the name of its API \
         key, in `by`.",
    ),
];

/// Of `[auth]` itself.
pub(super) const AUTH: &[Row] = &[
    Row::new(
        "leeway",
        Kind::Time,
        Value("10s"),
        Live,
        "How far the clocks of broker and issuers may differ.",
    ),
    Row::new(
        "cookie",
        Kind::Text,
        Nothing { example: "__Host-fanfare" },
        Live,
        "The cookie that may hold the token of a request for events (/sse); none does unless this is set. It counts for the \
         port's own pages, and for those of allowed_origins that are listed by name.",
    ),
    Row::new(
        "url_token_life",
        Kind::Time,
        Value("10m"),
        Live,
        "How long a token may still be good for that stands in the URL of a request for events: URLs are kept in many \
         places.",
    ),
];

/// Of each `[[auth.issuer]]`.
pub(super) const ISSUER: &[Row] = &[
    Row::new(
        "issuer",
        Kind::Text,
        Nothing { example: "https://id.example.com" },
        Live,
        "The `iss` that its tokens carry. May be left out if there is one issuer only.",
    ),
    Row::new(
        "audience",
        Kind::Text,
        Nothing { example: "fanfare" },
        Live,
        "The `aud` that its tokens must contain; any if left out.",
    ),
    Row::new(
        "algorithms",
        Kind::Texts,
        Nothing { example: "[\"ES256\"]" },
        Live,
        "The algorithms that may be used: HS256 HS384 HS512, RS256 RS384 RS512, PS256 PS384 PS512, ES256, ES384, EdDSA. \
         All that fit the kind of a key if left out; one that does not fit is never used with it.",
    ),
    Row::new(
        "secret",
        Kind::Text,
        Nothing { example: "(32 random bytes or more)" },
        Live,
        "A secret shared with the issuer, for HS256, HS384 and HS512.",
    )
    .secret(),
    Row::new(
        "secret_file",
        Kind::Text,
        Nothing { example: "/etc/fanfare/secret" },
        Live,
        "A file with that secret; a line's end behind it does not count.",
    ),
    Row::new(
        "public_key_file",
        Kind::Text,
        Nothing { example: "/etc/fanfare/issuer.pem" },
        Live,
        "A PEM file with the issuer's public key: RSA of 2048 bits or more, P-256, P-384 or Ed25519.",
    ),
    Row::new(
        "jwks_file",
        Kind::Text,
        Nothing { example: "/etc/fanfare/jwks.json" },
        Live,
        "A file with the issuer's key set (JWKS).",
    ),
    Row::new(
        "jwks_url",
        Kind::Text,
        Nothing { example: "https://id.example.com/.well-known/jwks.json" },
        Live,
        "Where the issuer's key set is fetched from: HTTPS, or HTTP on this machine. While it can't be fetched, the last \
         set serves.",
    ),
    Row::new("jwks_refresh", Kind::Time, Value("5m"), Live, "How often it is fetched again."),
];

const SUBSCRIBE: Row = Row::new(
    "subscribe",
    Kind::Texts,
    Nothing { example: "[\"public.>\"]" },
    Live,
    "Patterns that may be heard, live or retained. A subscription must be covered wholly.",
);
const PUBLISH: Row = Row::new(
    "publish",
    Kind::Texts,
    Nothing { example: "[\"public.>\"]" },
    Live,
    "Patterns of topics that may be published to.",
);
const MAY_SEE: Row = Row::new(
    "presence",
    Kind::Texts,
    Nothing { example: "[\"public.>\"]" },
    Live,
    "Patterns of topics on which it may be asked, and heard, who is present.",
);
const ADMIN: Row = Row::new(
    "admin",
    Kind::Flag,
    Value("false"),
    Live,
    "Whether sessions may be seen and closed, and revocations made.",
);

/// Of `[auth.defaults]` and `[auth.anonymous]`.
pub(super) const RIGHTS: &[Row] = &[SUBSCRIBE, PUBLISH, MAY_SEE];

/// Of each `[auth.roles.NAME]`.
pub(super) const ROLE: &[Row] = &[SUBSCRIBE, PUBLISH, MAY_SEE, ADMIN];

/// Of each `[[api_key]]`.
pub(super) const API_KEY: &[Row] = &[
    Row::new(
        "name",
        Kind::Text,
        Nothing { example: "backend" },
        Live,
        "1 to 64 characters of A-Z a-z 0-9 _ -. Whoever comes with the key is the subject `key:` and this.",
    ),
    Row::new(
        "hash",
        Kind::Text,
        Nothing { example: "sha256:0000000000000000000000000000000000000000000000000000000000000000" },
        Live,
        "The SHA-256 of the key. Keys are 256 random bits, so nobody finds one by its hash.",
    ),
    SUBSCRIBE,
    PUBLISH,
    MAY_SEE,
    ADMIN,
];

/// Of `[tracing]`.
pub(super) const TRACING: &[Row] = &[
    Row::new(
        "endpoint",
        Kind::Text,
        Nothing { example: "http://127.0.0.1:4318/v1/traces" },
        AtStart,
        "Where spans are sent: a collector's address for OTLP over HTTP, with protobuf. Without a path, /v1/traces is meant. \
         Nothing is traced unless it is set.",
    ),
    Row::new(
        "sample_ratio",
        Kind::Ratio,
        Value("0.01"),
        AtStart,
        "Which part of the messages is traced that bring no `traceparent`; one that brings it is traced if it says so.",
    ),
    Row::new("service_name", Kind::Text, Value("fanfare"), AtStart, "What this broker is called in traces."),
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
