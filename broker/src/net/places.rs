//! Places: so many handshakes, or connections of the internal port, may be under way at once, and of each address no more
//! than its share.
//!
//! A client that begins and never ends holds its places until a time-out. The share leaves the others to everyone else.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::census::Census;
use crate::network::Network;

/// All places. Those of handshakes are for all shards together.
#[derive(Debug)]
pub(in crate::net) struct Places {
    free: Arc<Semaphore>,
    addresses: Census<Network>,
}

/// A place, taken as long as this lives.
#[derive(Debug)]
pub(in crate::net) struct Place {
    places: Arc<Places>,
    /// Whom it is counted for; a proxy's is counted for nobody until it is known whom that speaks for.
    network: Option<Network>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(in crate::net) fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), addresses: Census::default() }
    }

    /// A place; none if all are taken.
    pub(in crate::net) fn take(self: &Arc<Self>) -> Option<Place> {
        Some(self.with(Arc::clone(&self.free).try_acquire_owned().ok()?))
    }

    /// A place, as soon as there is one; none if there never will be.
    pub(in crate::net) async fn wait(self: &Arc<Self>) -> Option<Place> {
        Some(self.with(Arc::clone(&self.free).acquire_owned().await.ok()?))
    }

    fn with(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        Place { places: Arc::clone(self), network: None, _permit: permit }
    }
}

impl Place {
    /// Counts the place for an address, and no more for the one before. False if that address has `most` already.
    #[must_use]
    pub(in crate::net) fn count_for(&mut self, address: IpAddr, most: usize) -> bool {
        self.places.addresses.count_for(&mut self.network, Network::from(address), most)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(network) = &self.network {
            self.places.addresses.leave(network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_of_the_places_and_the_others_are_for_others() {
        let places = Arc::new(Places::new(3));
        let (greedy, other) = ([203, 0, 113, 7].into(), [203, 0, 113, 8].into());
        let (mut first, mut second) = (places.take().unwrap(), places.take().unwrap());
        assert!(first.count_for(greedy, 1));
        assert!(!second.count_for(greedy, 1) && second.count_for(other, 1));
        drop(first);
        let mut third = places.take().unwrap();
        assert!(third.count_for(greedy, 1));
    }

    #[test]
    fn all_of_them_together_are_no_more_than_may_be() {
        let places = Arc::new(Places::new(2));
        let taken: Vec<_> = (0..3).map(|_| places.take()).collect();
        assert_eq!(taken.iter().flatten().count(), 2);
        drop(taken);
        assert!(places.take().is_some());
    }
}
