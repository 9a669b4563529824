//! What a session hears in bytes that come in parts, and what tungstenite alone makes of them: for fuzzing.

use std::io::{self, Read, Write};

use fanfare_protocol::Encoding;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Broken, Control, Incoming, Payload, Reader, Spare, config};
use crate::engine::SessionId;
use crate::outbound::{About, Outbound};

/// Something that a session heard, or why it hears nothing more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A message, and whether it is text.
    Message(bool, Vec<u8>),
    Close {
        meant: bool,
    },
    Broken {
        too_large: bool,
    },
}

/// What is heard by the broker's reading, one part after the other, and how many frames carried no message.
pub(crate) fn by_parts<'a>(
    parts: impl IntoIterator<Item = &'a [u8]>,
    max_frame_bytes: usize,
) -> (Vec<Heard>, u32) {
    let outbound = Outbound::new(SessionId(1), 0, 0, Encoding::Json, About::default());
    let (control, mut spare, mut reader) =
        (Control(&outbound), Spare::new(max_frame_bytes), Reader::default());
    let (mut heard, mut overhead) = (Vec::new(), 0);
    for part in parts {
        let mut bytes = part.to_vec();
        let mut reading = reader.read(&mut bytes, &control, &mut spare);
        let is_over = loop {
            match reading.next() {
                Ok(None) => break false,
                Ok(Some(incoming)) => heard.push(Heard::of(Ok(incoming))),
                Err(broken) => heard.push(Heard::of(Err(broken))),
            }
            if !matches!(heard.last(), Some(Heard::Message(..))) {
                break true;
            }
        };
        overhead += reading.finish().overhead;
        if is_over {
            break;
        }
    }
    (heard, overhead)
}

/// What is heard by tungstenite, which is given all bytes at once.
pub(crate) fn by_tungstenite(bytes: &[u8], max_frame_bytes: usize) -> Vec<Heard> {
    let mut context = WebSocketContext::new(Role::Server, Some(config(max_frame_bytes)));
    let mut socket = Socket(bytes);
    let mut heard = Vec::new();
    loop {
        heard.push(match context.read(&mut socket) {
            Ok(Message::Text(text)) => Heard::Message(true, text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Heard::Message(false, bytes.to_vec()),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            Ok(Message::Close(close)) => {
                Heard::Close { meant: close.is_none_or(|close| close.code == CloseCode::Normal) }
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return heard,
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => Heard::Broken { too_large: true },
            Err(_) => Heard::Broken { too_large: false },
        });
        if !matches!(heard.last(), Some(Heard::Message(..))) {
            return heard;
        }
    }
}

/// Bytes to read, and nowhere to write to.
struct Socket<'a>(&'a [u8]);

impl Read for Socket<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(buf)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Heard {
    fn of(incoming: Result<Incoming<'_>, Broken>) -> Self {
        let message = |is_text, payload: Payload<'_>| Self::Message(is_text, payload.as_bytes().to_vec());
        match incoming {
            Ok(Incoming::Text(payload)) => message(true, payload),
            Ok(Incoming::Binary(payload)) => message(false, payload),
            Ok(Incoming::Close { meant }) => Self::Close { meant },
            Err(broken) => Self::Broken { too_large: broken == Broken::TooLarge },
        }
    }
}
