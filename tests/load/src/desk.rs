//! A publisher that waits for its acknowledgements: so many publishes at once, and the next ones for those that came back.

use std::io::Write;
use std::net::TcpStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::acks::{Acks, LastAck};
use crate::adapter::{Adapter, Publishing};
use crate::connection::Connection;
use crate::error::{Doing, LoadError};
use crate::poller::{Interest, Poller};
use crate::publishing::Form;
use crate::server::Server;

/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 16 * 1024;

/// One connection, and what it waits for.
pub struct Desk<'a> {
    form: Form<'a>,
    socket: TcpStream,
    token: usize,
    interest: Interest,
    /// Bytes that the socket has not taken yet.
    outgoing: Vec<u8>,
    /// Bytes that came and are no whole answer yet.
    incoming: Vec<u8>,
    last: LastAck,
    /// Publishes that are not acknowledged yet.
    pub waiting: u32,
}

impl<'a> Desk<'a> {
    /// Connects: to the client port for frames, to the API for everything else.
    ///
    /// # Errors
    /// The server refuses it, or has no API.
    pub fn open(
        server: &Server,
        adapter: &'a dyn Adapter,
        topic: &str,
        payload_bytes: usize,
        poller: &Poller,
        token: usize,
    ) -> Result<Self, LoadError> {
        let form = Form::new(adapter, topic, payload_bytes)?;
        let mut hello = Vec::new();
        form.introduce(&mut hello);
        let (socket, incoming) = match form.how() {
            Publishing::Frames(_) => {
                let mut connection = Connection::open(server, adapter)?;
                connection.send(&hello)?;
                connection.into_nonblocking()?
            }
            Publishing::Requests | Publishing::Lines => {
                let mut socket = TcpStream::connect(server.api()?).doing("connect")?;
                socket.set_nodelay(true).doing("set TCP_NODELAY")?;
                socket.write_all(&hello).doing("send")?;
                socket.set_nonblocking(true).doing("make a socket non-blocking")?;
                (socket, Vec::new())
            }
        };
        let interest = Interest::Read;
        poller.add(&socket, token, interest)?;
        let (outgoing, last) = (Vec::new(), LastAck::default());
        Ok(Self { form, socket, token, interest, outgoing, incoming, last, waiting: 0 })
    }

    /// Publishes as many as may wait beside those that do; how many that is. A request takes all or none.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn publish(&mut self, at_once: u32, poller: &Poller) -> Result<u32, LoadError> {
        let room = at_once.saturating_sub(self.waiting);
        if room == 0 || (self.form.how() == Publishing::Requests && self.waiting > 0) {
            return Ok(0);
        }
        self.form.write(room, &mut self.outgoing)?;
        self.waiting += room;
        self.flush(poller)?;
        Ok(room)
    }

    /// Goes on writing, and takes note of what was acknowledged.
    ///
    /// # Errors
    /// The connection has ended, or a publish has failed.
    pub fn wake(&mut self, poller: &Poller, acks: &mut Acks) -> Result<(), LoadError> {
        self.flush(poller)?;
        let mut some = [0; READ_MAX_BYTES];
        match recv(&self.socket, &mut some, RecvFlags::empty()) {
            Ok((0, _)) => return Err(LoadError::Server("closed a publisher's connection".into())),
            Ok((bytes, _)) => self.incoming.extend_from_slice(&some[..bytes]),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(error) => return Err(error).doing("receive as publisher"),
        }
        let Self { form, incoming, last, waiting, .. } = self;
        let mut unasked = 0;
        let used = form.read(incoming, &mut |seq| {
            acks.take(last, seq);
            unasked += u32::from(*waiting == 0);
            *waiting = waiting.saturating_sub(1);
        })?;
        incoming.drain(..used);
        if unasked > 0 {
            return Err(LoadError::Protocol(format!("{unasked} acknowledgements of nothing")));
        }
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
            poller.change(&self.socket, self.token, interest)?;
        }
        Ok(())
    }
}
