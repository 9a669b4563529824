//! A connection that is made without waiting: many can be made at once.

use std::net::TcpStream;

use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with,
};

use crate::adapter::{Adapter, Verdict};
use crate::connection::take_verdicts;
use crate::error::{Doing, LoadError};
use crate::handshake::{HEAD_MAX_BYTES, check_answer, head_bytes, request};
use crate::poller::{Interest, Poller};
use crate::server::Server;

/// A connection on its way. Its socket is in a poller; each event there is for [`Opening::wake`].
pub struct Opening<'a> {
    adapter: &'a dyn Adapter,
    socket: TcpStream,
    token: usize,
    stage: Stage,
    /// Bytes that were read and not used.
    tail: Vec<u8>,
    request: String,
    /// What is sent once it is open.
    frames: Vec<u8>,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// TCP.
    Connection,
    /// The answer to the WebSocket handshake.
    Answer,
    /// The answer to the adapter's greeting.
    Welcome,
    /// Nothing more: the frames are sent.
    Done,
}

impl<'a> Opening<'a> {
    /// Begins to connect; `frames` are sent as soon as it may be.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn begin(
        server: &Server,
        adapter: &'a dyn Adapter,
        frames: Vec<u8>,
        poller: &Poller,
        token: usize,
    ) -> Result<Self, LoadError> {
        let family = if server.address().is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None).doing("make a socket")?;
        match connect(&socket, &server.address()) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error).doing("connect"),
        }
        let socket = TcpStream::from(socket);
        socket.set_nodelay(true).doing("set TCP_NODELAY")?;
        poller.add(&socket, token, Interest::ReadAndWrite)?;
        let request = request(&server.address().to_string(), server.path(), adapter.subprotocol());
        Ok(Self { adapter, socket, token, stage: Stage::Connection, tail: Vec::new(), request, frames })
    }

    /// Goes on as far as it can; whether the frames are sent.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn wake(&mut self, poller: &Poller) -> Result<bool, LoadError> {
        if self.stage == Stage::Connection {
            socket_error(&self.socket).doing("ask whether it is connected")?.doing("connect")?;
            self.send(self.request.as_bytes())?;
            poller.change(&self.socket, self.token, Interest::Read)?;
            self.stage = Stage::Answer;
        }
        self.receive()?;
        if self.stage == Stage::Answer && self.take_answer()? {
            let mut greeting = Vec::new();
            self.adapter.greet(&mut greeting);
            self.send(&greeting)?;
            self.stage = if greeting.is_empty() { Stage::Done } else { Stage::Welcome };
        }
        if self.stage == Stage::Welcome && take_verdicts(self.adapter, &mut self.tail, &Verdict::Welcome)? > 0
        {
            self.stage = Stage::Done;
        }
        if self.stage == Stage::Done {
            self.send(&self.frames)?;
        }
        Ok(self.stage == Stage::Done)
    }

    /// The socket, and the bytes that were read from it and not used.
    pub fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.socket, self.tail)
    }

    fn take_answer(&mut self) -> Result<bool, LoadError> {
        let Some(head) = head_bytes(&self.tail) else {
            let endless = self.tail.len() > HEAD_MAX_BYTES;
            return if endless {
                Err(LoadError::Protocol("an endless answer to the handshake".into()))
            } else {
                Ok(false)
            };
        };
        check_answer(&self.tail[..head], self.adapter.subprotocol())
            .map_err(|answer| LoadError::Protocol(format!("handshake refused: {answer}")))?;
        self.tail = self.tail.split_off(head);
        Ok(true)
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let mut some = [0; 4096];
        match recv(&self.socket, &mut some, RecvFlags::empty()) {
            Ok((0, _)) => Err(LoadError::Server("closed the connection".into())),
            Ok((bytes, _)) => {
                self.tail.extend_from_slice(&some[..bytes]);
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(error).doing("receive an answer"),
        }
    }

    /// A fresh socket has room for the little that is sent here.
    fn send(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let sent = send(&self.socket, bytes, SendFlags::NOSIGNAL).doing("send")?;
        if sent == bytes.len() {
            return Ok(());
        }
        Err(LoadError::Machine("a fresh socket takes less than a greeting: look at tcp_wmem".into()))
    }
}
