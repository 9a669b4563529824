//! The reading half of a WebSocket: bytes in, messages out.
//!
//! What came as one whole frame is read where it lies. tungstenite is given the other frames, one at a time, and answers
//! control frames.

mod boundary;
mod feed;
mod whole;

use std::io;

use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WebSocketCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use boundary::Boundary;
pub(super) use feed::Control;
use feed::Feed;
use whole::Whole;

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
    max_frame_bytes: usize,
}

/// What one session keeps of its reading.
#[derive(Debug, Default)]
pub(super) struct Reader {
    kept: Option<Box<WebSocketContext>>,
    boundary: Boundary,
    /// Whether a pong found no room: then the context holds one of this session.
    holds_pongs: bool,
    /// What came of the message that is not whole, in bytes.
    come: u32,
}

/// What a context takes that is kept for one session, beside what came of its message, in bytes.
pub(super) const CONTEXT_BYTES: usize = READ_BUFFER_BYTES + size_of::<WebSocketContext>();

/// What a session holds of a message that has not come whole, or of pongs that found no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: usize,
    /// Whether it began to hold something in this reading.
    pub(super) anew: bool,
}

/// What came of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    /// Frames that carried no message of their own: control frames and fragments.
    pub(super) overhead: u32,
    /// What the session holds now.
    pub(super) held: Option<Held>,
    /// Whether it held something before.
    pub(super) did_hold: bool,
}

/// What a client sent.
#[derive(Debug)]
pub(super) enum Incoming<'a> {
    /// Valid UTF-8.
    Text(Payload<'a>),
    Binary(Payload<'a>),
    /// A close frame; the answer is in the control lane.
    Close {
        /// Whether the client takes leave for good: normal, or without a code. A page that is left says 1001.
        meant: bool,
    },
}

/// The payload of a message.
#[derive(Debug)]
pub(super) enum Payload<'a> {
    /// Where it was read.
    InPlace(&'a [u8]),
    /// Put together.
    Gathered(Bytes),
}

impl Payload<'_> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::InPlace(bytes) => bytes,
            Self::Gathered(bytes) => bytes,
        }
    }
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
        Self { context: None, config: config(max_frame_bytes), max_frame_bytes }
    }

    /// Takes another limit from now on; a session that stands within a message keeps the old one for it.
    pub(super) fn limit(&mut self, max_frame_bytes: usize) {
        if self.max_frame_bytes != max_frame_bytes {
            *self = Self::new(max_frame_bytes);
        }
    }

    /// Takes a context back that holds nothing, unless it has the limit of before.
    fn put(&mut self, context: Box<WebSocketContext>) {
        if context.get_config().max_frame_size == self.config.max_frame_size {
            self.context = Some(context);
        }
    }

    fn take(&mut self) -> Box<WebSocketContext> {
        self.context
            .take()
            .unwrap_or_else(|| Box::new(WebSocketContext::new(Role::Server, Some(self.config))))
    }
}

fn config(max_frame_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(CONTROL_BUFFER_BYTES)
        .max_message_size(Some(max_frame_bytes))
        .max_frame_size(Some(max_frame_bytes))
}

/// A reading in progress: bytes that came, and what they hold.
pub(super) struct Reading<'a> {
    reader: &'a mut Reader,
    spare: &'a mut Spare,
    /// The context, while it stands within a message or holds something of this session.
    context: Option<Box<WebSocketContext>>,
    /// What the context is given.
    feed: Feed<'a>,
    /// The bytes that were not looked at yet.
    rest: &'a mut [u8],
    /// Frames that carried no message of their own.
    overhead: u32,
    did_hold: bool,
    /// Whether the context is another than at the beginning.
    anew: bool,
}

impl Reader {
    /// Takes bytes from the socket, and unmasks them in place. Control frames that answer them go to `control`.
    pub(super) fn read<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
        control: &'a Control<'a>,
        spare: &'a mut Spare,
    ) -> Reading<'a> {
        let context = self.kept.take();
        let did_hold = context.is_some();
        let feed = Feed::new(control);
        Reading { reader: self, spare, context, feed, rest: bytes, overhead: 0, did_hold, anew: false }
    }
}

impl<'a> Reading<'a> {
    /// The next message among the bytes; none when they are used up.
    pub(super) fn next(&mut self) -> Result<Option<Incoming<'a>>, Broken> {
        loop {
            if let Some(incoming) = self.next_of_context()? {
                return Ok(Some(incoming));
            }
            if let Some(whole) = self.next_whole() {
                return Ok(Some(incoming(whole)?));
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.feed_frame();
        }
    }

    /// The next message that lies whole in the bytes, unless the context stands within another.
    fn next_whole(&mut self) -> Option<Whole<'a>> {
        if self.context.is_some() {
            return None;
        }
        let (whole, rest) = match whole::take(std::mem::take(&mut self.rest), self.spare.max_frame_bytes) {
            Ok((whole, rest)) => (Some(whole), rest),
            Err(rest) => (None, rest),
        };
        self.rest = rest;
        whole
    }

    /// The next message of what the context was given; none when that is used up.
    fn next_of_context(&mut self) -> Result<Option<Incoming<'a>>, Broken> {
        let Some(mut context) = self.context.take() else { return Ok(None) };
        let result = read(&mut context, &mut self.feed);
        match result {
            Ok(None) => {
                // Each call writes out what waited from the one before.
                self.reader.holds_pongs = self.feed.refused();
                if self.reader.holds_pongs || !self.reader.boundary.is_between_messages() {
                    self.context = Some(context);
                } else {
                    self.spare.put(context);
                }
            }
            Ok(Some(Incoming::Text(_) | Incoming::Binary(_))) => self.context = Some(context),
            // It is used up: nothing more is read from this session.
            Ok(Some(Incoming::Close { .. })) | Err(_) => {}
        }
        result
    }

    /// Gives the context the next frame, or as much of it as has come.
    fn feed_frame(&mut self) {
        let Reader { boundary, come, .. } = &mut *self.reader;
        if boundary.is_between_messages() {
            *come = 0;
        }
        let (len, overhead) = boundary.advance(self.rest);
        self.overhead += u32::from(overhead);
        if !boundary.is_control() {
            *come = come.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        }
        let (frame, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        self.feed.refill(frame);
        if self.context.is_none() {
            self.context = Some(self.spare.take());
            self.anew = true;
        }
    }

    /// The bytes that were not looked at yet.
    pub(super) fn unread(&self) -> &[u8] {
        self.rest
    }

    /// Ends the reading. The session keeps its context if anything of it is in there: a part of a message, or a pong that
    /// found no room.
    pub(super) fn finish(mut self) -> Read {
        let Self { overhead, did_hold, anew, .. } = self;
        self.reader.kept = self.context.take();
        let held = self.reader.kept.is_some().then(|| {
            let whole = self.reader.boundary.is_between_messages();
            let come = if whole { 0 } else { self.reader.come as usize };
            Held { bytes: CONTEXT_BYTES + come, anew }
        });
        Read { overhead, held, did_hold }
    }
}

/// A whole frame as a message.
fn incoming(whole: Whole<'_>) -> Result<Incoming<'_>, Broken> {
    let Whole { is_text, payload } = whole;
    if !is_text {
        return Ok(Incoming::Binary(Payload::InPlace(payload)));
    }
    let is_utf8 = std::str::from_utf8(payload).is_ok();
    if is_utf8 { Ok(Incoming::Text(Payload::InPlace(payload))) } else { Err(Broken::Protocol) }
}

/// The next message that a context makes of what it is fed; none when that is used up.
fn read<'a>(context: &mut WebSocketContext, feed: &mut Feed<'_>) -> Result<Option<Incoming<'a>>, Broken> {
    loop {
        match context.read(feed) {
            Ok(Message::Text(text)) => return Ok(Some(Incoming::Text(Payload::Gathered(text.into())))),
            Ok(Message::Binary(bytes)) => return Ok(Some(Incoming::Binary(Payload::Gathered(bytes)))),
            // tungstenite has a pong ready and sends it with its next call.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Ok(Message::Close(close)) => {
                // The answer is written by this call; it then reports the end, or asks for bytes that won't matter.
                let _ = context.flush(feed);
                let meant = close.is_none_or(|close| close.code == WebSocketCode::Normal);
                return Ok(Some(Incoming::Close { meant }));
            }
            Err(Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => return Err(Broken::TooLarge),
            Err(_) => return Err(Broken::Protocol),
        }
    }
}
