//! A subscriber that may go away and come back, and reads everything that it is told.

use std::net::TcpStream;
use std::time::Duration;

use fanfare_protocol::Encoding;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::account::Account;
use crate::adapter::{Adapter, Verdict};
use crate::error::{Doing, LoadError};
use crate::frame::Opcode;
use crate::opening::Opening;
use crate::payload::Layout;
use crate::poller::{Interest, Poller};
use crate::server::Server;

/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 256 * 1024;

/// A subscriber of one topic. Of Fanfare it keeps an account, by which it resumes where it was.
pub struct Follower<'a> {
    adapter: &'a dyn Adapter,
    topic: &'a str,
    link: Link<'a>,
    /// Bytes that were read and are no whole frame yet.
    tail: Vec<u8>,
    /// Whether the server has confirmed the subscription, on this connection.
    pub is_confirmed: bool,
    /// What Fanfare told, over all connections.
    pub account: Account,
}

/// Its connection.
enum Link<'a> {
    None,
    Opening(Opening<'a>),
    Open(TcpStream),
}

impl<'a> Follower<'a> {
    /// Begins without a connection.
    pub fn new(adapter: &'a dyn Adapter, topic: &'a str) -> Self {
        let account = Account::default();
        Self { adapter, topic, link: Link::None, tail: Vec::new(), is_confirmed: false, account }
    }

    /// Begins to connect and to subscribe: to what Fanfare has for it since it went away; of other servers, to what
    /// comes. Its events in the poller are for [`Self::read`].
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn connect(&mut self, server: &Server, poller: &Poller, token: usize) -> Result<(), LoadError> {
        let mut frames = Vec::new();
        match self.account.position() {
            Some(position) => self.adapter.resume(self.topic, &position, &mut frames)?,
            None => self.adapter.subscribe(self.topic, &mut frames)?,
        }
        self.link = Link::Opening(Opening::begin(server, self.adapter, frames, poller, token)?);
        Ok(())
    }

    /// Goes away without a word; what it has not read is nothing it was told.
    pub fn disconnect(&mut self) {
        self.link = Link::None;
        self.tail.clear();
        self.is_confirmed = false;
    }

    /// Whether it has no connection, and none on its way.
    pub fn is_away(&self) -> bool {
        matches!(self.link, Link::None)
    }

    /// Puts its open connection into another poller.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn watch(&self, poller: &Poller, token: usize) -> Result<(), LoadError> {
        match &self.link {
            Link::Open(socket) => poller.add(socket, token, Interest::Read),
            Link::None | Link::Opening(_) => Ok(()),
        }
    }

    /// Reads what there is, at most `scratch` full, and gives `take` the number of each message.
    ///
    /// # Errors
    /// The connection has ended, or something came that should not.
    pub fn read(
        &mut self,
        poller: &Poller,
        scratch: &mut Scratch,
        take: &mut dyn FnMut(u32),
    ) -> Result<(), LoadError> {
        if let Link::Opening(opening) = &mut self.link {
            if !opening.wake(poller)? {
                return Ok(());
            }
            if let Link::Opening(opening) = std::mem::replace(&mut self.link, Link::None) {
                let (socket, tail) = opening.into_parts();
                (self.link, self.tail) = (Link::Open(socket), tail);
            }
        }
        let Link::Open(socket) = &self.link else { return Ok(()) };
        let old = self.tail.len();
        let room = scratch.after(&self.tail)?;
        let received = match recv(socket, room, RecvFlags::empty()) {
            Ok((0, _)) => return Err(LoadError::Server("closed a subscriber's connection".into())),
            Ok((bytes, _)) => bytes,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(error) => return Err(error).doing("receive messages"),
        };
        self.take(&scratch.0[..old + received], take)
    }

    fn take(&mut self, bytes: &[u8], take: &mut dyn FnMut(u32)) -> Result<(), LoadError> {
        let Self { adapter, account, tail, is_confirmed, .. } = self;
        let rest = adapter.content().cut(bytes, |opcode, message| {
            let is_frame = matches!(opcode, Opcode::Text | Opcode::Binary);
            if let Some(encoding) = adapter.fanfare().filter(|_| is_frame) {
                tell(account, encoding, message)?;
            }
            if let Some(number) = Layout::learn(message).and_then(|layout| layout.number(message)) {
                take(number);
                return Ok(());
            }
            let verdict = adapter.judge(opcode, message);
            *is_confirmed |= verdict == Verdict::Subscribed;
            // A gap, and the ways into and out of being behind, are in the account.
            if adapter.fanfare().is_some() && is_frame { Ok(()) } else { verdict.check() }
        })?;
        tail.clear();
        rest.keep(bytes, tail);
        Ok(())
    }
}

/// A buffer to read into, which many followers share.
#[derive(Debug)]
pub struct Scratch(Vec<u8>);

impl Default for Scratch {
    fn default() -> Self {
        Self(vec![0; READ_MAX_BYTES])
    }
}

impl Scratch {
    /// The room behind what came before.
    fn after(&mut self, tail: &[u8]) -> Result<&mut [u8], LoadError> {
        match self.0.split_at_mut_checked(tail.len()) {
            Some((start, room)) if !room.is_empty() => {
                start.copy_from_slice(tail);
                Ok(room)
            }
            _ => Err(LoadError::Protocol(format!("a message of more than {READ_MAX_BYTES} bytes"))),
        }
    }
}

fn tell(account: &mut Account, encoding: Encoding, message: &[u8]) -> Result<(), LoadError> {
    match encoding.decode_server(message) {
        Ok(Some(frame)) => account.take(&frame),
        Ok(None) => {}
        Err(error) => return Err(LoadError::Protocol(error.to_string())),
    }
    Ok(())
}

/// Connects followers, all at once, and waits until every subscription is confirmed.
///
/// # Errors
/// The server refuses one, or nothing happens for as long as `patience`.
pub fn connect_all(
    followers: &mut [Follower<'_>],
    server: &Server,
    patience: Duration,
) -> Result<(), LoadError> {
    let mut poller = Poller::new()?;
    for (token, follower) in followers.iter_mut().enumerate() {
        follower.connect(server, &poller, token)?;
    }
    read_on(followers, &mut poller, patience, |follower| follower.is_confirmed)
}

/// Lets connected followers read until each is `done`.
///
/// # Errors
/// A connection has ended, something came that should not, or nothing happens for as long as `patience`.
pub fn read_until(
    followers: &mut [Follower<'_>],
    patience: Duration,
    done: impl Fn(&Follower<'_>) -> bool,
) -> Result<(), LoadError> {
    let mut poller = Poller::new()?;
    for (token, follower) in followers.iter().enumerate() {
        follower.watch(&poller, token)?;
    }
    read_on(followers, &mut poller, patience, done)
}

fn read_on(
    followers: &mut [Follower<'_>],
    poller: &mut Poller,
    patience: Duration,
    done: impl Fn(&Follower<'_>) -> bool,
) -> Result<(), LoadError> {
    let mut scratch = Scratch::default();
    let mut open: u64 = followers.iter().map(|follower| u64::from(!done(follower))).sum();
    while open > 0 {
        let events = poller.wait(Some(patience))?;
        if events == 0 {
            return Err(LoadError::Stalled { seconds: patience.as_secs(), undelivered: open });
        }
        for index in 0..events {
            let follower = &mut followers[poller.token(index)];
            let before = done(follower);
            follower.read(poller, &mut scratch, &mut |_| {})?;
            open -= u64::from(!before && done(follower));
        }
    }
    Ok(())
}
