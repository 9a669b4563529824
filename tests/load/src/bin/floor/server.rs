//! The floor's loop: what one round of epoll brought goes out in one write a subscriber.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use fanfare_load::error::{Doing, LoadError};
use fanfare_load::poller::{Interest, Poller};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::client::{Client, Refused, deliver};

/// The listener's token in the poller: no client has it.
const LISTENER: usize = usize::MAX;
/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 64 * 1024;

/// The floor server.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    poller: Poller,
    /// A client's place is its token.
    clients: Vec<Client>,
    vacant: Vec<usize>,
    scratch: Vec<u8>,
    /// The messages of this round, as they go out.
    round: Vec<u8>,
}

impl Server {
    /// Listens on a free loopback port.
    pub(crate) fn listen() -> Result<Self, LoadError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("listen")?;
        listener.set_nonblocking(true).doing("make a socket non-blocking")?;
        let address = listener.local_addr().doing("ask where it listens")?;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER, Interest::Read)?;
        let (clients, vacant) = (Vec::new(), Vec::new());
        let scratch = vec![0; READ_MAX_BYTES];
        Ok(Self { listener, address, poller, clients, vacant, scratch, round: Vec::new() })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a round, reads what it brought, then writes to each subscriber once.
    pub(crate) fn round(&mut self) -> Result<(), LoadError> {
        for index in 0..self.poller.wait(None)? {
            match self.poller.token(index) {
                LISTENER => self.accept()?,
                token => self.wake(token)?,
            }
        }
        if self.round.is_empty() {
            return Ok(());
        }
        for token in 0..self.clients.len() {
            self.write(token, true)?;
        }
        self.round.clear();
        Ok(())
    }

    fn accept(&mut self) -> Result<(), LoadError> {
        loop {
            let socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).doing("accept"),
            };
            socket.set_nonblocking(true).doing("make a socket non-blocking")?;
            socket.set_nodelay(true).doing("set TCP_NODELAY")?;
            let token = self.vacant.pop().unwrap_or(self.clients.len());
            self.poller.add(&socket, token, Interest::Read)?;
            if token == self.clients.len() {
                self.clients.push(Client::Vacant);
            }
            self.clients[token] = Client::New(socket, Vec::new());
        }
    }

    /// Writes what waits for a client, if anything does, and reads once from it.
    fn wake(&mut self, token: usize) -> Result<(), LoadError> {
        if matches!(&self.clients[token], Client::Subscriber(_, backlog) if !backlog.is_empty()) {
            self.write(token, false)?;
        }
        let Some(socket) = self.clients[token].socket() else { return Ok(()) };
        let bytes = match recv(socket, self.scratch.as_mut_slice(), RecvFlags::empty()) {
            Ok((bytes, _)) => bytes,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => 0,
        };
        let client = std::mem::replace(&mut self.clients[token], Client::Vacant);
        match client.take(&self.scratch[..bytes], &mut self.round) {
            Ok(client) if bytes > 0 => self.clients[token] = client,
            _ => self.vacant.push(token),
        }
        Ok(())
    }

    /// Writes once to a client if it is a subscriber: what waits for it, then what this `round` brought.
    #[inline]
    fn write(&mut self, token: usize, round: bool) -> Result<(), LoadError> {
        let Client::Subscriber(socket, backlog) = &mut self.clients[token] else { return Ok(()) };
        let waited = !backlog.is_empty();
        match deliver(socket, backlog, if round { &self.round } else { &[] }) {
            Ok(waits) if waits == waited => Ok(()),
            Ok(true) => self.poller.change(&*socket, token, Interest::ReadAndWrite),
            Ok(false) => self.poller.change(&*socket, token, Interest::Read),
            Err(Refused) => {
                self.clients[token] = Client::Vacant;
                self.vacant.push(token);
                Ok(())
            }
        }
    }
}
