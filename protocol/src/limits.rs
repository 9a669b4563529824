//! Every bound of the wire: what a frame may hold before anyone looks at its meaning.
//!
//! Bounds that an operator can change are defaults here (`DEFAULT_…`) and settings in the broker.

/// Longest topic or pattern, in bytes of UTF-8.
pub const MAX_TOPIC_BYTES: usize = 256;
/// Most segments of a topic or pattern.
pub const MAX_TOPIC_SEGMENTS: usize = 16;

/// Largest sequence in a stream: the largest integer that JavaScript holds exactly.
pub const MAX_SEQ: u64 = (1 << 53) - 1;
/// Largest `id` of a request.
pub const MAX_REQUEST_ID: u64 = (1 << 53) - 1;
/// Largest `sub` that a client may choose; larger ones are the broker's own.
pub const MAX_CLIENT_SUB: u32 = (1 << 31) - 1;
/// Largest time, in milliseconds since 1970 (UTC).
pub const MAX_TIME_MS: u64 = (1 << 53) - 1;

/// Longest name of a stream, in bytes.
pub const MAX_STREAM_NAME_BYTES: usize = 64;
/// Longest epoch, in bytes.
pub const MAX_EPOCH_BYTES: usize = 64;
/// Most streams in one position.
pub const MAX_POSITION_STREAMS: usize = 64;

/// Longest idempotency key of a publish, in bytes.
pub const MAX_KEY_BYTES: usize = 128;
/// All header names and values of a message together, in bytes.
pub const MAX_HEADERS_BYTES: usize = 4096;
/// Longest `name` in `hello`, in bytes.
pub const MAX_CLIENT_NAME_BYTES: usize = 128;
/// Longest `resume` in `hello` and `welcome`, in bytes.
pub const MAX_RESUME_BYTES: usize = 128;
/// Longest token in `hello` or `refresh`, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Messages that `history` gives when the request names no `limit`.
pub const DEFAULT_HISTORY_MESSAGES: u32 = 100;
/// Most messages that one `history` request may ask for.
pub const MAX_HISTORY_MESSAGES: u32 = 1_000;
/// Members that `presence` gives when the request names no `limit`.
pub const DEFAULT_PRESENCE_MEMBERS: u32 = DEFAULT_HISTORY_MESSAGES;
/// Most members that one `presence` request may ask for.
pub const MAX_PRESENCE_MEMBERS: u32 = MAX_HISTORY_MESSAGES;

/// Largest payload that the broker takes unless configured otherwise, in bytes.
pub const DEFAULT_MAX_PAYLOAD_BYTES: usize = 64 * 1024;
/// Largest WebSocket message that the broker takes unless configured otherwise, in bytes.
pub const DEFAULT_MAX_FRAME_BYTES: usize = 256 * 1024;
/// Time between the broker's pings unless configured otherwise, in milliseconds.
pub const DEFAULT_HEARTBEAT_MS: u64 = 25_000;
