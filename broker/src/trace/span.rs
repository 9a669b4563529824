//! A span: one step of a message's way, and what may be told of it. No payload, no token, no topic and no session is.

use fanfare_protocol::{PayloadKind, StreamName};

use super::context::TraceContext;

/// Names a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(pub(crate) [u8; 16]);

/// Names a span within its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId(pub(crate) [u8; 8]);

/// A step that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) context: TraceContext,
    /// The step that this one belongs to, if it is known.
    pub(crate) parent: Option<SpanId>,
    /// In nanoseconds since 1970.
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) what: What,
}

/// Which step it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// From the moment at which a publish was read to the one at which every shard with a subscriber has it by mail.
    Publish {
        /// The stream that took it; none if it is in none, or was refused.
        stream: Option<StreamName>,
        kind: PayloadKind,
        payload_bytes: usize,
        /// Whether it repeats an earlier one.
        duplicate: bool,
        /// The error code that it was refused with.
        refused: Option<&'static str>,
    },
    /// From the moment at which a shard began to fan it out to the one at which every socket that took it has it; or, for
    /// a subscription that is behind, from the one at which it was read from its stream to the end of the write after it.
    Deliver { shard: usize, behind: bool },
}
