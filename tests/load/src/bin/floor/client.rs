//! The floor's clients: what each has said so far, and what it is therefore.

use std::net::TcpStream;

use fanfare_load::adapter::floor::{PUBLISHER, SUBSCRIBER};
use fanfare_load::frame::{FrameError, Header, Opcode, append_masked, cut, write_server, write_server_head};
use fanfare_load::handshake::{HEAD_MAX_BYTES, answer, head_bytes};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

/// Bytes that may wait for a subscriber's socket; one that lets more wait is closed.
const BACKLOG_MAX_BYTES: usize = 16 << 20;

/// A client, by what it has said so far.
pub(crate) enum Client {
    /// No client: the place is free.
    Vacant,
    /// Connected, and its handshake is not whole.
    New(TcpStream, Vec<u8>),
    /// Shook hands, and has not said what it is.
    Unnamed(TcpStream, Vec<u8>),
    /// Gets all messages; with what waits for its socket.
    Subscriber(TcpStream, Vec<u8>),
    /// Sends messages; with the start of a frame whose rest is to come.
    Publisher(TcpStream, Vec<u8>),
}

/// Why a client is closed: the floor does not say it to anyone.
#[derive(Debug)]
pub(crate) struct Refused;

impl From<FrameError> for Refused {
    fn from(_: FrameError) -> Self {
        Self
    }
}

impl From<Errno> for Refused {
    fn from(_: Errno) -> Self {
        Self
    }
}

impl Client {
    /// Its socket.
    pub(crate) fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Vacant => None,
            Self::New(socket, _)
            | Self::Unnamed(socket, _)
            | Self::Subscriber(socket, _)
            | Self::Publisher(socket, _) => Some(socket),
        }
    }

    /// Takes what came from the client; messages are appended to `round` as they go out.
    pub(crate) fn take(self, bytes: &[u8], round: &mut Vec<u8>) -> Result<Self, Refused> {
        match self {
            Self::New(socket, mut head) => {
                head.extend_from_slice(bytes);
                shake_hands(socket, &mut head, round)
            }
            Self::Unnamed(socket, mut tail) => {
                tail.extend_from_slice(bytes);
                name(socket, &tail, round)
            }
            Self::Publisher(socket, mut tail) if tail.is_empty() => {
                let used = messages(bytes, round)?;
                tail.extend_from_slice(&bytes[used..]);
                Ok(Self::Publisher(socket, tail))
            }
            Self::Publisher(socket, mut tail) => {
                tail.extend_from_slice(bytes);
                let used = messages(&tail, round)?;
                tail.drain(..used);
                Ok(Self::Publisher(socket, tail))
            }
            other => Ok(other),
        }
    }
}

/// Sends to a subscriber what one round brought, after what still waits; whether anything waits now.
pub(crate) fn deliver(socket: &TcpStream, backlog: &mut Vec<u8>, round: &[u8]) -> Result<bool, Refused> {
    if backlog.is_empty() {
        let sent = send_some(socket, round)?;
        backlog.extend_from_slice(&round[sent..]);
    } else {
        backlog.extend_from_slice(round);
        let sent = send_some(socket, backlog)?;
        backlog.drain(..sent);
    }
    if backlog.len() > BACKLOG_MAX_BYTES { Err(Refused) } else { Ok(!backlog.is_empty()) }
}

#[inline]
fn send_some(socket: &TcpStream, bytes: &[u8]) -> Result<usize, Refused> {
    match send(socket, bytes, SendFlags::NOSIGNAL) {
        Ok(sent) => Ok(sent),
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn shake_hands(socket: TcpStream, head: &mut Vec<u8>, round: &mut Vec<u8>) -> Result<Client, Refused> {
    let Some(end) = head_bytes(head) else {
        return if head.len() > HEAD_MAX_BYTES {
            Err(Refused)
        } else {
            Ok(Client::New(socket, std::mem::take(head)))
        };
    };
    send_whole(&socket, answer(&head[..end]).ok_or(Refused)?.as_bytes())?;
    name(socket, &head[end..], round)
}

fn name(socket: TcpStream, bytes: &[u8], round: &mut Vec<u8>) -> Result<Client, Refused> {
    let Some(header) = Header::read(bytes)? else { return Ok(Client::Unnamed(socket, bytes.to_vec())) };
    let end = header.frame_bytes();
    let Some(payload) = bytes.get(header.head_bytes..end) else {
        return Ok(Client::Unnamed(socket, bytes.to_vec()));
    };
    let mut word = Vec::new();
    append_masked(payload, header.mask.ok_or(Refused)?, &mut word);
    if word == SUBSCRIBER {
        let mut frame = Vec::new();
        write_server(Opcode::Binary, SUBSCRIBER, &mut frame);
        send_whole(&socket, &frame)?;
        Ok(Client::Subscriber(socket, Vec::new()))
    } else if word == PUBLISHER {
        Client::Publisher(socket, Vec::new()).take(&bytes[end..], round)
    } else {
        Err(Refused)
    }
}

/// A fresh socket has room for the few bytes of a greeting.
fn send_whole(socket: &TcpStream, bytes: &[u8]) -> Result<(), Refused> {
    if send_some(socket, bytes)? == bytes.len() { Ok(()) } else { Err(Refused) }
}

/// Turns the publishes at the start of `bytes` into frames for subscribers; how many bytes they were.
fn messages(bytes: &[u8], round: &mut Vec<u8>) -> Result<usize, Refused> {
    cut(bytes, |header, payload| {
        let (Opcode::Binary, Some(mask)) = (header.opcode, header.mask) else { return Err(Refused) };
        write_server_head(header.opcode, payload.len(), round);
        append_masked(payload, mask, round);
        Ok(())
    })
}
