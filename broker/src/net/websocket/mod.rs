//! The reading half of a WebSocket: bytes in, messages out; control frames answered by tungstenite.

mod boundary;
mod feed;

use std::io;

use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WebSocketCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};

use boundary::Boundary;
pub(super) use feed::Control;
use feed::Feed;

/// The read buffer that tungstenite fills at a time, in bytes. Frames over it grow the buffer while they last.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Most bytes of control frames that tungstenite may keep to itself; they go out by [`Control`] at once otherwise.
const CONTROL_BUFFER_BYTES: usize = 1024;

/// A shard's spare context. A session that stands between two messages needs none of its own, so that idle sessions
/// share one; one that stands within a message keeps its context until that is complete.
#[derive(Debug)]
pub(super) struct Spare {
    context: Option<Box<WebSocketContext>>,
    config: WebSocketConfig,
}

/// What one session keeps of its reading.
#[derive(Debug, Default)]
pub(super) struct Reader {
    kept: Option<Box<WebSocketContext>>,
    boundary: Boundary,
    /// Whether the kept context holds bytes that were taken from the socket and not looked at yet.
    holds_unread: bool,
    /// Whether a pong once found no room: then the context may hold one of this session at any time.
    holds_pongs: bool,
}

/// What a client sent.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A close frame; the answer is in the control lane.
    Close {
        /// Whether the client takes leave for good: normal, or without a code. A page that is left says 1001.
        meant: bool,
    },
}

/// Why reading can't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A message or frame over `max_frame_bytes`.
    TooLarge,
    /// Framing, masking or text that breaks RFC 6455.
    Protocol,
}

impl Spare {
    pub(super) fn new(max_frame_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(CONTROL_BUFFER_BYTES)
            .max_message_size(Some(max_frame_bytes))
            .max_frame_size(Some(max_frame_bytes));
        Self { context: None, config }
    }

    fn take(&mut self) -> Box<WebSocketContext> {
        self.context
            .take()
            .unwrap_or_else(|| Box::new(WebSocketContext::new(Role::Server, Some(self.config))))
    }
}

/// A reading in progress: bytes that came, and what they hold.
pub(super) struct Reading<'a> {
    reader: &'a mut Reader,
    spare: &'a mut Spare,
    context: Box<WebSocketContext>,
    bytes: &'a [u8],
    feed: Feed<'a>,
    used_up: bool,
    closed: bool,
}

impl Reader {
    /// Takes bytes from the socket. Control frames that answer them go to `control`.
    pub(super) fn read<'a>(
        &'a mut self,
        bytes: &'a [u8],
        control: &'a Control<'a>,
        spare: &'a mut Spare,
    ) -> Reading<'a> {
        let context = self.kept.take().unwrap_or_else(|| spare.take());
        let feed = Feed::new(bytes, control);
        Reading { reader: self, spare, context, bytes, feed, used_up: false, closed: false }
    }

    /// Whether a reading ended early, and the next one finds something without further bytes.
    pub(super) fn holds_unread(&self) -> bool {
        self.holds_unread
    }
}

impl Reading<'_> {
    /// The next message among the bytes; none when they are used up.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Broken> {
        loop {
            match self.context.read(&mut self.feed) {
                Ok(Message::Text(text)) => return Ok(Some(Incoming::Text(text))),
                Ok(Message::Binary(bytes)) => return Ok(Some(Incoming::Binary(bytes))),
                // tungstenite has a pong ready and sends it with its next call.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(close)) => {
                    self.closed = true;
                    // The answer is written by this call; it then reports the end, or asks for bytes that won't matter.
                    let _ = self.context.flush(&mut self.feed);
                    let meant = close.is_none_or(|close| close.code == WebSocketCode::Normal);
                    return Ok(Some(Incoming::Close { meant }));
                }
                Err(Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => {
                    self.used_up = true;
                    return Ok(None);
                }
                Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
                    return Err(self.broken(Broken::TooLarge));
                }
                Err(_) => return Err(self.broken(Broken::Protocol)),
            }
        }
    }

    fn broken(&mut self, broken: Broken) -> Broken {
        self.closed = true;
        broken
    }

    /// The bytes that were not looked at yet.
    pub(super) fn unread(&self) -> &[u8] {
        self.feed.rest()
    }

    /// Ends the reading; returns how many frames carried no message of their own: control frames and fragments.
    ///
    /// The session keeps its context if anything of it is in there: a part of a message, bytes that were not looked at,
    /// a pong that found no room. Else the shard gets it back.
    pub(super) fn finish(self) -> u32 {
        let Self { reader, spare, context, bytes, feed, used_up, closed } = self;
        let taken = bytes.get(..bytes.len() - feed.rest().len()).unwrap_or_default();
        let overhead = reader.boundary.advance(taken);
        reader.holds_unread = !used_up && !closed;
        reader.holds_pongs |= feed.refused();
        if used_up && !reader.holds_pongs && reader.boundary.is_between_messages() {
            spare.context = Some(context);
        } else if !closed {
            reader.kept = Some(context);
        }
        overhead
    }
}
