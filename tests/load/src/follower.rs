//! A subscriber that may go away and come back, and reads everything that it is told.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::account::Account;
use crate::adapter::{Adapter, Verdict};
use crate::connection::Connection;
use crate::error::{Doing, LoadError};
use crate::payload::Layout;
use crate::poller::{Interest, Poller};
use crate::server::Server;

/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 256 * 1024;

/// A subscriber of one topic. Of Fanfare it keeps an account, by which it resumes where it was.
pub struct Follower<'a> {
    adapter: &'a dyn Adapter,
    topic: &'a str,
    socket: Option<TcpStream>,
    /// Bytes that were read and are no whole frame yet.
    tail: Vec<u8>,
    /// What Fanfare told, over all connections.
    pub account: Account,
}

impl<'a> Follower<'a> {
    /// Begins without a connection.
    pub fn new(adapter: &'a dyn Adapter, topic: &'a str) -> Self {
        Self { adapter, topic, socket: None, tail: Vec::new(), account: Account::default() }
    }

    /// Connects and subscribes: to what Fanfare has for it since it went away; of other servers, to what comes.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn connect(&mut self, server: &Server) -> Result<(), LoadError> {
        let connection = if self.adapter.fanfare().is_some() {
            let mut frames = Vec::new();
            match self.account.position() {
                Some(position) => self.adapter.resume(self.topic, &position, &mut frames)?,
                None => self.adapter.subscribe(self.topic, &mut frames)?,
            }
            let mut connection = Connection::open(server, self.adapter)?;
            connection.send(&frames)?;
            connection
        } else {
            Connection::subscribe(server, self.adapter, self.topic)?
        };
        let (socket, tail) = connection.into_nonblocking()?;
        (self.socket, self.tail) = (Some(socket), tail);
        Ok(())
    }

    /// Adds its connection to a poller.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn watch(&self, poller: &Poller, token: usize) -> Result<(), LoadError> {
        self.socket.iter().try_for_each(|socket| poller.add(socket, token, Interest::Read))
    }

    /// Goes away without a word; what it has not read is nothing it was told.
    pub fn disconnect(&mut self) {
        self.socket = None;
        self.tail.clear();
    }

    /// Whether it is connected.
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Reads what there is, at most one buffer full, and gives `take` the number of each message.
    ///
    /// # Errors
    /// The connection has ended, or something came that should not.
    pub fn read(&mut self, take: &mut dyn FnMut(u32)) -> Result<(), LoadError> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let old = self.tail.len();
        self.tail.resize(old + READ_MAX_BYTES, 0);
        let received = recv(socket, &mut self.tail[old..], RecvFlags::empty()).map(|(bytes, _)| bytes);
        self.tail.truncate(old + received.unwrap_or(0));
        match received {
            Ok(0) => return Err(LoadError::Server("closed a subscriber's connection".into())),
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error).doing("receive messages"),
        }
        let Self { adapter, account, tail, .. } = self;
        let rest = adapter.content().cut(tail, |opcode, frame| {
            if let Some(encoding) = adapter.fanfare() {
                match encoding.decode_server(frame) {
                    Ok(Some(frame)) => account.take(&frame),
                    Ok(None) => {}
                    Err(error) => return Err(LoadError::Protocol(error.to_string())),
                }
            }
            if let Some(number) = Layout::learn(frame).and_then(|layout| layout.number(frame)) {
                take(number);
                return Ok(());
            }
            match adapter.judge(opcode, frame) {
                // A gap, and the ways into and out of being behind, are in the account.
                Verdict::Fault(fault) if adapter.fanfare().is_none() => Err(LoadError::Protocol(fault)),
                _ => Ok(()),
            }
        })?;
        let mut kept = Vec::new();
        rest.keep(&self.tail, &mut kept);
        self.tail = kept;
        Ok(())
    }
}

/// Lets followers read until each is `done`; gives up without a sign of life for `patience`.
///
/// # Errors
/// A connection has ended, something came that should not, or patience is at its end.
pub fn read_until(
    followers: &mut [Follower<'_>],
    patience: Duration,
    done: impl Fn(&Follower<'_>) -> bool,
) -> Result<(), LoadError> {
    let mut poller = Poller::new()?;
    for (token, follower) in followers.iter().enumerate() {
        follower.watch(&poller, token)?;
    }
    let mut last_life = Instant::now();
    while !followers.iter().all(&done) {
        for index in 0..poller.wait(Some(patience))? {
            followers[poller.token(index)].read(&mut |_| {})?;
            last_life = Instant::now();
        }
        if last_life.elapsed() >= patience {
            let undelivered = followers.iter().filter(|follower| !done(follower)).count() as u64;
            return Err(LoadError::Stalled { seconds: patience.as_secs(), undelivered });
        }
    }
    Ok(())
}
