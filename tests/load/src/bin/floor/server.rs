//! The floor's loop: reads what a round of epoll brought, then has it written.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use fanfare_load::error::{Doing, LoadError};
use fanfare_load::frame::cut;
use fanfare_load::poller::{Interest, Poller};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::client::Broken;
use crate::clients::Clients;
use crate::fanout::Fanout;

/// The listener's token in the poller: no client has it.
const LISTENER: usize = usize::MAX;
/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 256 * 1024;

/// The floor server.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    clients: Clients,
    fanout: Fanout,
    scratch: Vec<u8>,
}

impl Server {
    /// Listens on a free loopback port. If `direct`, each message is written by itself.
    pub(crate) fn listen(direct: bool) -> Result<Self, LoadError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("listen")?;
        listener.set_nonblocking(true).doing("make a socket non-blocking")?;
        let address = listener.local_addr().doing("ask where it listens")?;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER, Interest::Read)?;
        let (clients, fanout) = (Clients::new(poller), Fanout::new(direct));
        Ok(Self { listener, address, clients, fanout, scratch: vec![0; READ_MAX_BYTES] })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a round, reads what it brought, then has it written.
    pub(crate) fn round(&mut self) -> Result<(), LoadError> {
        for index in 0..self.clients.poller.wait(None)? {
            match self.clients.poller.token(index) {
                LISTENER => self.accept()?,
                token => self.wake(token)?,
            }
        }
        self.fanout.end_round(&mut self.clients)
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
            self.clients.add(socket)?;
        }
    }

    /// Writes what waits for a client whose socket was full, and reads once from it.
    fn wake(&mut self, token: usize) -> Result<(), LoadError> {
        let Some(client) = self.clients.get_mut(token) else { return Ok(()) };
        if client.full {
            self.clients.flush(token)?;
        }
        match self.read(token) {
            Err(Broken::Client) => self.fanout.close(token, &mut self.clients),
            Err(Broken::Floor(error)) => return Err(error),
            Ok(()) => {}
        }
        Ok(())
    }

    fn read(&mut self, token: usize) -> Result<(), Broken> {
        let Self { clients, fanout, scratch, .. } = self;
        let Some(client) = clients.get_mut(token) else { return Ok(()) };
        let bytes = match recv(&client.socket, scratch.as_mut_slice(), RecvFlags::empty()) {
            Ok((0, _)) => return Err(Broken::Client),
            Ok((bytes, _)) => &scratch[..bytes],
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => return Err(Broken::Client),
        };
        if client.shook_hands && client.tail.is_empty() {
            return take(token, bytes, fanout, clients);
        }
        client.tail.extend_from_slice(bytes);
        if !client.shook_hands {
            client.shake_hands()?;
        }
        if !client.shook_hands {
            return Ok(());
        }
        let whole = std::mem::take(&mut client.tail);
        take(token, &whole, fanout, clients)
    }
}

/// Takes the whole frames in what came from a client; the rest becomes its tail.
fn take(token: usize, bytes: &[u8], fanout: &mut Fanout, clients: &mut Clients) -> Result<(), Broken> {
    let used = cut(bytes, |header, payload| fanout.take(token, header, payload, clients))?;
    if let Some(client) = clients.get_mut(token) {
        client.tail.extend_from_slice(&bytes[used..]);
    }
    Ok(())
}
