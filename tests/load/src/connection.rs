//! A client's connection until it is ready: opened and subscribed one step after the other, then handed on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::adapter::{Adapter, Verdict};
use crate::error::{Doing, LoadError};
use crate::handshake::{HEAD_MAX_BYTES, check_answer, head_bytes, request};
use crate::server::Server;

/// Longest time that a server takes to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A WebSocket connection.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    /// Bytes that were read and not yet used.
    tail: Vec<u8>,
}

impl Connection {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// The server doesn't answer in time, or refuses.
    pub fn open(server: &Server, adapter: &dyn Adapter) -> Result<Self, LoadError> {
        let socket = TcpStream::connect(server.address()).doing("connect")?;
        socket.set_nodelay(true).doing("set TCP_NODELAY")?;
        socket.set_read_timeout(Some(ANSWER_MAX)).doing("set a timeout")?;
        let mut connection = Self { socket, tail: Vec::new() };
        let host = server.address().to_string();
        connection.send(request(&host, server.path(), adapter.subprotocol()).as_bytes())?;
        connection.await_answer(adapter)?;
        connection.greet(adapter)?;
        Ok(connection)
    }

    /// Connects and subscribes to one topic; when it returns, the server has confirmed it.
    ///
    /// # Errors
    /// The server doesn't answer in time, or refuses.
    pub fn subscribe(server: &Server, adapter: &dyn Adapter, topic: &str) -> Result<Self, LoadError> {
        let mut connection = Self::open(server, adapter)?;
        let mut frames = Vec::new();
        adapter.subscribe(topic, &mut frames)?;
        connection.send(&frames)?;
        connection.await_verdicts(adapter, &Verdict::Subscribed, 1)?;
        Ok(connection)
    }

    /// Connects and subscribes to several topics; when it returns, the server has confirmed them all.
    ///
    /// # Errors
    /// The server doesn't answer in time, or refuses.
    pub fn subscribe_all(
        server: &Server,
        adapter: &dyn Adapter,
        topics: &[String],
    ) -> Result<Self, LoadError> {
        let Some((first, more)) = topics.split_first() else { return Self::open(server, adapter) };
        let mut connection = Self::subscribe(server, adapter, first)?;
        let mut frames = Vec::new();
        for (index, topic) in (2..).zip(more) {
            adapter.subscribe_more(index, topic, &mut frames)?;
        }
        connection.send(&frames)?;
        connection.await_verdicts(adapter, &Verdict::Subscribed, more.len())?;
        Ok(connection)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        self.socket.write_all(bytes).doing("send")
    }

    /// The socket, from now on non-blocking, and the bytes that were read from it and not used.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn into_nonblocking(self) -> Result<(TcpStream, Vec<u8>), LoadError> {
        self.socket.set_nonblocking(true).doing("make a socket non-blocking")?;
        Ok((self.socket, self.tail))
    }

    fn await_answer(&mut self, adapter: &dyn Adapter) -> Result<(), LoadError> {
        loop {
            if let Some(head) = head_bytes(&self.tail) {
                check_answer(&self.tail[..head], adapter.subprotocol())
                    .map_err(|answer| LoadError::Protocol(format!("handshake refused: {answer}")))?;
                self.tail = self.tail.split_off(head);
                return Ok(());
            }
            if self.tail.len() > HEAD_MAX_BYTES {
                return Err(LoadError::Protocol("an endless answer to the handshake".into()));
            }
            self.receive()?;
        }
    }

    /// Says what must be answered before anything else is said, if there is such a thing.
    fn greet(&mut self, adapter: &dyn Adapter) -> Result<(), LoadError> {
        let mut greeting = Vec::new();
        adapter.greet(&mut greeting);
        if greeting.is_empty() {
            return Ok(());
        }
        self.send(&greeting)?;
        self.await_verdicts(adapter, &Verdict::Welcome, 1)
    }

    fn await_verdicts(
        &mut self,
        adapter: &dyn Adapter,
        awaited: &Verdict,
        number: usize,
    ) -> Result<(), LoadError> {
        let mut came = take_verdicts(adapter, &mut self.tail, awaited)?;
        while came < number {
            self.receive()?;
            came += take_verdicts(adapter, &mut self.tail, awaited)?;
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let mut some = [0; 4096];
        match self.socket.read(&mut some).doing("receive an answer")? {
            0 => Err(LoadError::Server("closed the connection".into())),
            bytes => {
                self.tail.extend_from_slice(&some[..bytes]);
                Ok(())
            }
        }
    }
}

/// Takes the whole frames out of `tail`, which are no messages yet; how many of the awaited verdicts were among it.
///
/// # Errors
/// The server says something that it should not.
pub fn take_verdicts(
    adapter: &dyn Adapter,
    tail: &mut Vec<u8>,
    awaited: &Verdict,
) -> Result<usize, LoadError> {
    let mut came = 0;
    let rest = adapter.content().cut(tail, |opcode, message| {
        let verdict = adapter.judge(opcode, message);
        came += usize::from(verdict == *awaited);
        verdict.check()
    })?;
    // A new one gives back the memory of the old, of which ten thousand connections would keep much.
    let mut kept = Vec::new();
    rest.keep(tail, &mut kept);
    *tail = kept;
    Ok(came)
}
