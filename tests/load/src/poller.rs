//! epoll, with a number for each socket.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use crate::error::{Doing, LoadError};

/// Most sockets that one round reports.
const ROUND_MAX_EVENTS: usize = 1024;

/// Waits for sockets to become ready.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

/// What to wait for on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Bytes to read, or the end; reported as long as it is so.
    Read,
    /// The same, or room to write.
    ReadAndWrite,
    /// Bytes that arrive, or the end; reported once, so whoever is told must read until a read falls short.
    Arrival,
}

impl Poller {
    /// Begins with no sockets.
    ///
    /// # Errors
    /// The kernel has no epoll to give.
    pub fn new() -> Result<Self, LoadError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).doing("make an epoll")?;
        Ok(Self { epoll, events: Vec::with_capacity(ROUND_MAX_EVENTS) })
    }

    /// Adds a socket, which is reported as `token`. Closing the socket removes it.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn add(&self, socket: impl AsFd, token: usize, interest: Interest) -> Result<(), LoadError> {
        let data = EventData::new_u64(token as u64);
        epoll::add(&self.epoll, socket, data, interest.flags()).doing("add a socket to epoll")
    }

    /// Waits for something else on a socket that was added.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn change(&self, socket: impl AsFd, token: usize, interest: Interest) -> Result<(), LoadError> {
        let data = EventData::new_u64(token as u64);
        epoll::modify(&self.epoll, socket, data, interest.flags()).doing("change a socket in epoll")
    }

    /// Waits until a socket is ready, at most for `timeout`, and gives the tokens of all that are. Interrupted by
    /// a signal, it gives none.
    ///
    /// # Errors
    /// The kernel refuses to wait.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<usize, LoadError> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(self.events.len()),
            Err(error) => Err(error).doing("wait for sockets"),
        }
    }

    /// The `index`th token of the last round.
    #[expect(clippy::cast_possible_truncation, reason = "it was made of a usize")]
    pub fn token(&self, index: usize) -> usize {
        self.events[index].data.u64() as usize
    }
}

impl Interest {
    fn flags(self) -> EventFlags {
        match self {
            Self::Read => EventFlags::IN,
            Self::ReadAndWrite => EventFlags::IN | EventFlags::OUT,
            Self::Arrival => EventFlags::IN | EventFlags::ET,
        }
    }
}
