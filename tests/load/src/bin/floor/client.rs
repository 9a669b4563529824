//! One of the floor's clients: its handshake, and what its socket has not taken yet.

use std::net::TcpStream;

use fanfare_load::error::LoadError;
use fanfare_load::frame::FrameError;
use fanfare_load::handshake::{HEAD_MAX_BYTES, answer, head_bytes};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

/// Bytes that may wait for a socket that takes no more. Messages beyond it are dropped, for that client alone.
const WAITING_MAX_BYTES: usize = 1 << 20;

/// A client.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    pub(crate) shook_hands: bool,
    /// Whether the socket took less than it was given: then it is heard of when it takes more.
    pub(crate) full: bool,
    /// The start of a frame, or of the handshake, whose rest is to come.
    pub(crate) tail: Vec<u8>,
    /// The numbers of its topics.
    pub(crate) topics: Vec<usize>,
    /// What is to be written when the socket takes more or, with several topics, when the round ends.
    waiting: Vec<u8>,
}

/// What ends a client's connection, or all of them.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The client: it said what nobody should. The floor does not tell.
    Client,
    /// The floor itself.
    Floor(LoadError),
}

impl From<FrameError> for Broken {
    fn from(_: FrameError) -> Self {
        Self::Client
    }
}

impl Client {
    /// A client that has said nothing yet.
    pub(crate) fn new(socket: TcpStream) -> Self {
        let (tail, topics, waiting) = (Vec::new(), Vec::new(), Vec::new());
        Self { socket, shook_hands: false, full: false, tail, topics, waiting }
    }

    /// Answers the handshake as soon as the tail holds it whole; what came behind it stays in the tail.
    pub(crate) fn shake_hands(&mut self) -> Result<(), Broken> {
        let Some(end) = head_bytes(&self.tail) else {
            return if self.tail.len() > HEAD_MAX_BYTES { Err(Broken::Client) } else { Ok(()) };
        };
        let answer = answer(&self.tail[..end]).ok_or(Broken::Client)?;
        self.tail = self.tail.split_off(end);
        self.shook_hands = true;
        // A fresh socket has room for so little.
        if self.write(answer.as_bytes()) { Err(Broken::Client) } else { Ok(()) }
    }

    /// Writes whole frames, or has them wait behind others. Whether the socket is full only now.
    #[inline]
    pub(crate) fn write(&mut self, frames: &[u8]) -> bool {
        if self.full {
            self.wait(frames);
            return false;
        }
        let sent = self.send(frames);
        if sent == frames.len() {
            return false;
        }
        self.waiting.extend_from_slice(&frames[sent..]);
        self.full = true;
        true
    }

    /// Has whole frames wait for [`flush`](Self::flush). Whether somebody must call it: who is full is heard of anyway.
    pub(crate) fn wait(&mut self, frames: &[u8]) -> bool {
        let first = !self.full && self.waiting.is_empty();
        if !self.full || self.waiting.len() + frames.len() <= WAITING_MAX_BYTES {
            self.waiting.extend_from_slice(frames);
        }
        first
    }

    /// Writes what waits. Whether that has filled the socket or found it full no more.
    pub(crate) fn flush(&mut self) -> bool {
        let sent = self.send(&self.waiting);
        self.waiting.drain(..sent);
        let was_full = std::mem::replace(&mut self.full, !self.waiting.is_empty());
        was_full != self.full
    }

    /// How much the socket took. If it has failed, all: the poller reports it next.
    #[inline]
    fn send(&self, bytes: &[u8]) -> usize {
        match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
            Ok(sent) => sent,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(_) => bytes.len(),
        }
    }
}
