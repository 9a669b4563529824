//! Every bound of the client: what it holds, and how long it waits, before it says so.
//!
//! Bounds that a program can change are defaults here (`DEFAULT_…`) and methods of
//! [`ClientBuilder`](crate::ClientBuilder).

use std::time::Duration;

use crate::backoff::Backoff;

/// Messages that one subscription may hold before the client stops reading its socket.
pub const DEFAULT_BUFFER_MESSAGES: usize = 1_024;
/// Bytes that one subscription may hold before the client stops reading its socket.
pub const DEFAULT_BUFFER_BYTES: usize = 1024 * 1024;
/// Bytes that all subscriptions together may hold, whatever happens, beside one message each: over it the fullest one is paused and asked for
/// again when its reader has made room; what no stream keeps is dropped, oldest first, and a gap says so.
pub const DEFAULT_MAX_BUFFERED_BYTES: usize = 16 * 1024 * 1024;
/// Requests that may await their answer at a time; a further one waits for its turn.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 1_024;
/// Requests and messages that may wait for their turn, because too many await their answer; a further one waits for
/// room.
pub const MAX_WAITING: usize = 256;
/// Unacknowledged messages that may wait to be written, because the socket takes no more or there is no connection; a
/// further one waits for room.
pub const MAX_UNSENT: usize = 512;

/// Time for the connection, the handshake and the broker's welcome, together.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the answer to a request, and for a request's turn before.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that a broker remembers a message's key, as it is configured there (`key_window`).
pub const DEFAULT_KEY_WINDOW: Duration = Duration::from_mins(2);
/// Fourths of that time within which a repeat may be sent; the rest is for its way to the broker.
const REPEAT_FOURTHS: u32 = 3;
/// Time that a close may take: for the answers under way and for the broker's own close frame.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Heartbeats of the broker that may pass in silence before the session counts as dead.
pub const SILENT_HEARTBEATS: u32 = 2;
/// Time for a sign of life that was asked for because this program, or the machine, has slept.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// Lateness at which a look at the clock means that this program did not run meanwhile.
pub(crate) const ASLEEP: Duration = Duration::from_secs(5);
/// Fifths of a token's life after which a new one is asked for.
pub(crate) const REFRESH_FIFTHS: u32 = 4;
/// Shortest time between two tokens of one connection.
pub const MIN_REFRESH_PAUSE: Duration = Duration::from_secs(1);

/// Ceiling of the first pause before connecting again; it doubles with each failure. The pause is random below it.
pub const DEFAULT_FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Ceiling of all pauses before connecting again.
pub const DEFAULT_MAX_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that a broker may ask for before connecting or asking again.
pub const MAX_REQUESTED_PAUSE: Duration = Duration::from_mins(10);
/// Time after which a connection has lasted: the next pause begins anew with the first ceiling.
pub const STEADY_AFTER: Duration = Duration::from_secs(5);
/// Longest time that any of these can be set to.
pub const MAX_TIME: Duration = Duration::from_hours(24 * 365);

/// Largest WebSocket message that the client takes, in bytes: a message's payload and what stands around it. A larger one
/// ends the session.
pub const DEFAULT_MAX_INCOMING_BYTES: usize = 16 * 1024 * 1024;

/// The bounds of one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) buffer_messages: usize,
    pub(crate) buffer_bytes: usize,
    pub(crate) max_buffered_bytes: usize,
    pub(crate) max_in_flight: usize,
    pub(crate) max_incoming_bytes: usize,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) key_window: Duration,
    pub(crate) backoff: Backoff,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            buffer_messages: DEFAULT_BUFFER_MESSAGES,
            buffer_bytes: DEFAULT_BUFFER_BYTES,
            max_buffered_bytes: DEFAULT_MAX_BUFFERED_BYTES,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            max_incoming_bytes: DEFAULT_MAX_INCOMING_BYTES,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            key_window: DEFAULT_KEY_WINDOW,
            backoff: Backoff { first: DEFAULT_FIRST_PAUSE, max: DEFAULT_MAX_PAUSE },
        }
    }
}

impl Limits {
    /// Time after its first sending within which a message with a key may be sent again, at a broker that says how long
    /// it remembers keys, or does not.
    pub(crate) fn repeat_within(&self, told: Option<Duration>) -> Duration {
        told.map_or(self.key_window, |told| told.min(self.key_window)) / 4 * REPEAT_FOURTHS
    }
}
