//! What tungstenite takes for a socket: it reads bytes that have come already, and writes to the control lane.
//!
//! So every byte to the real socket goes out in one place, and a control frame never falls into a data frame.

use std::io::{self, Read, Write};

use crate::outbound::Outbound;

/// Most bytes of control frames that wait for a socket. Over this, tungstenite keeps just the newest pong.
const CONTROL_ROOM_BYTES: usize = 4 * 1024;

/// Where control frames go.
#[derive(Debug)]
pub(in crate::net) struct Control<'a>(pub(in crate::net) &'a Outbound);

/// Bytes to read, and a way out for control frames.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    bytes: &'a [u8],
    control: &'a Control<'a>,
    refused: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(control: &'a Control<'a>) -> Self {
        Self { bytes: &[], control, refused: false }
    }

    /// Gives more to read, once all is read.
    pub(super) fn refill(&mut self, bytes: &'a [u8]) {
        debug_assert!(self.bytes.is_empty(), "a frame is read whole");
        self.bytes = bytes;
    }

    /// Whether a control frame found no room, so that tungstenite holds it back for this session.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }
}

impl Read for Feed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.bytes.read(buf)
    }
}

impl Write for Feed<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // All or nothing: a part of a frame in the lane would be followed by another frame.
        if self.control.0.lanes().push_control(buf, CONTROL_ROOM_BYTES) {
            return Ok(buf.len());
        }
        self.refused = true;
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
