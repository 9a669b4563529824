//! A socket on its way from the listener to a session, and the seat that it takes on its shard.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many sockets a shard has, from their acceptance to their end.
#[derive(Debug, Clone, Default)]
pub(super) struct Seats(Arc<AtomicUsize>);

/// A place on a shard, taken as long as this lives.
#[derive(Debug)]
pub(super) struct Seat(Arc<AtomicUsize>);

/// An accepted socket.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(super) socket: TcpStream,
    pub(super) seat: Seat,
}

impl Seats {
    pub(super) fn taken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> Seat {
        self.0.fetch_add(1, Ordering::Relaxed);
        Seat(Arc::clone(&self.0))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
