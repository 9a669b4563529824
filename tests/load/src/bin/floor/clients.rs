//! The floor's clients by their tokens, and what the poller waits for with each.

use std::net::TcpStream;

use fanfare_load::error::LoadError;
use fanfare_load::poller::{Interest, Poller};

use crate::client::Client;

/// The clients; tokens are used again.
pub(crate) struct Clients {
    list: Vec<Option<Client>>,
    vacant: Vec<usize>,
    pub(crate) poller: Poller,
}

impl Clients {
    /// Begins with none.
    pub(crate) fn new(poller: Poller) -> Self {
        Self { list: Vec::new(), vacant: Vec::new(), poller }
    }

    /// Adds a client.
    pub(crate) fn add(&mut self, socket: TcpStream) -> Result<(), LoadError> {
        let token = self.vacant.pop().unwrap_or(self.list.len());
        self.poller.add(&socket, token, Interest::Read)?;
        if token == self.list.len() {
            self.list.push(None);
        }
        self.list[token] = Some(Client::new(socket));
        Ok(())
    }

    /// The client, if it is still there.
    #[inline]
    pub(crate) fn get_mut(&mut self, token: usize) -> Option<&mut Client> {
        self.list.get_mut(token)?.as_mut()
    }

    /// Removes a client.
    pub(crate) fn remove(&mut self, token: usize) -> Option<Client> {
        let client = self.list[token].take();
        self.vacant.extend(client.is_some().then_some(token));
        client
    }

    /// Writes to a client; what its socket does not take waits.
    #[inline]
    pub(crate) fn write(&mut self, token: usize, frames: &[u8]) -> Result<(), LoadError> {
        let Some(client) = self.get_mut(token) else { return Ok(()) };
        if client.write(frames) { self.watch(token) } else { Ok(()) }
    }

    /// Writes what waits for a client.
    pub(crate) fn flush(&mut self, token: usize) -> Result<(), LoadError> {
        let Some(client) = self.get_mut(token) else { return Ok(()) };
        if client.flush() { self.watch(token) } else { Ok(()) }
    }

    /// Has the poller report when a full socket takes more.
    #[cold]
    fn watch(&self, token: usize) -> Result<(), LoadError> {
        let Some(client) = &self.list[token] else { return Ok(()) };
        let interest = if client.full { Interest::ReadAndWrite } else { Interest::Read };
        self.poller.change(&client.socket, token, interest)
    }
}
