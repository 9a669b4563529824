//! A socket on its way from the listener to a session, and the seat that it takes on its shard and among those of its
//! address.

use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::places::Place;
use crate::census::Census;
use crate::network::Network;

/// The connections of each address, over all shards.
pub(super) type Addresses = Census<Network>;

/// How many sockets a shard has, from their acceptance to their end.
#[derive(Debug, Clone)]
pub(super) struct Seats(Arc<Room>);

#[derive(Debug)]
struct Room {
    taken: AtomicUsize,
    addresses: Arc<Addresses>,
}

/// A place on a shard, taken as long as this lives. Every session has one, so it is small.
#[derive(Debug)]
pub(super) struct Seat {
    room: Arc<Room>,
    /// Whom it is counted for.
    network: Option<Network>,
}

/// An accepted socket.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(super) socket: TcpStream,
    /// Who is at its other end: a client, or a proxy before it.
    pub(super) peer: IpAddr,
    pub(super) seat: Seat,
    pub(super) place: Place,
}

impl Seats {
    pub(super) fn new(addresses: Arc<Addresses>) -> Self {
        Self(Arc::new(Room { taken: AtomicUsize::new(0), addresses }))
    }

    pub(super) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> Seat {
        self.0.taken.fetch_add(1, Ordering::Relaxed);
        Seat { room: Arc::clone(&self.0), network: None }
    }
}

impl Seat {
    /// Counts the seat for an address, and no more for the one before. False if that address has `most` already.
    #[must_use]
    pub(super) fn count_for(&mut self, address: IpAddr, most: usize) -> bool {
        self.room.addresses.count_for(&mut self.network, Network::from(address), most)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(1, Ordering::Relaxed);
        if let Some(network) = &self.network {
            self.room.addresses.leave(network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_counts_for_one_address_at_a_time_and_for_none_at_its_end() {
        let seats = Seats::new(Arc::default());
        let (proxy, client) = ([10, 0, 0, 1].into(), [203, 0, 113, 7].into());
        let (mut first, mut second) = (seats.take(), seats.take());
        assert!(first.count_for(proxy, 1) && first.count_for(client, 1) && first.count_for(client, 1));
        assert!(second.count_for(proxy, 1) && !second.count_for(client, 1));
        assert_eq!(seats.taken(), 2);
        drop(first);
        assert!(second.count_for(client, 1));
        assert_eq!(seats.taken(), 1);
    }
}
