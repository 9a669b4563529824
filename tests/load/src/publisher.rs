//! The publisher: what it has to say goes out in one write a wake.

use std::net::TcpStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::error::{Doing, LoadError};
use crate::payload::Numbered;
use crate::poller::{Interest, Poller};
use crate::server::Server;

/// The publisher's token in a poller: no subscriber has it.
pub const TOKEN: usize = usize::MAX;

/// The publisher of numbered messages to topics in turn.
pub struct Publisher<'a> {
    adapter: &'a dyn Adapter,
    topics: Vec<String>,
    payload: Numbered,
    socket: TcpStream,
    /// Frames that the socket has not taken yet.
    outgoing: Vec<u8>,
    interest: Interest,
    incoming: Vec<u8>,
}

impl<'a> Publisher<'a> {
    /// Connects a publisher: message `n` goes to topic `n` modulo their number, with so many bytes of payload.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn open(
        server: &Server,
        adapter: &'a dyn Adapter,
        topics: Vec<String>,
        payload_bytes: usize,
        poller: &Poller,
    ) -> Result<Self, LoadError> {
        let mut connection = Connection::open(server, adapter)?;
        let mut frames = Vec::new();
        adapter.introduce_publisher(&mut frames);
        connection.send(&frames)?;
        let (socket, incoming) = connection.into_nonblocking()?;
        let interest = Interest::Read;
        poller.add(&socket, TOKEN, interest)?;
        let payload = Numbered::new(payload_bytes);
        Ok(Self { adapter, topics, payload, socket, outgoing: Vec::new(), interest, incoming })
    }

    /// Publishes messages by their numbers.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn publish(&mut self, numbers: std::ops::Range<u32>, poller: &Poller) -> Result<(), LoadError> {
        if numbers.is_empty() {
            return Ok(());
        }
        for number in numbers {
            let topic = &self.topics[number as usize % self.topics.len()];
            self.adapter.publish(topic, self.payload.of(number), &mut self.outgoing)?;
        }
        self.flush(poller)
    }

    /// Goes on where the socket took no more, and looks whether the server complains.
    ///
    /// # Errors
    /// The connection has ended, or the server complains.
    pub fn wake(&mut self, poller: &Poller) -> Result<(), LoadError> {
        self.flush(poller)?;
        let mut some = [0; 4096];
        match recv(&self.socket, &mut some, RecvFlags::empty()) {
            Ok((0, _)) => return Err(LoadError::Server("closed the publisher's connection".into())),
            Ok((bytes, _)) => self.incoming.extend_from_slice(&some[..bytes]),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(error) => return Err(error).doing("receive as publisher"),
        }
        let adapter = self.adapter;
        let judge = |opcode, message: &[u8]| adapter.judge(opcode, message).check();
        let rest = adapter.content().cut(&self.incoming, judge)?;
        let mut tail = Vec::new();
        rest.keep(&self.incoming, &mut tail);
        self.incoming = tail;
        Ok(())
    }

    fn flush(&mut self, poller: &Poller) -> Result<(), LoadError> {
        if !self.outgoing.is_empty() {
            match send(&self.socket, &self.outgoing, SendFlags::NOSIGNAL) {
                Ok(bytes) => drop(self.outgoing.drain(..bytes)),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error).doing("publish"),
            }
        }
        let interest = if self.outgoing.is_empty() { Interest::Read } else { Interest::ReadAndWrite };
        if interest != self.interest {
            self.interest = interest;
            poller.change(&self.socket, TOKEN, interest)?;
        }
        Ok(())
    }
}
