//! Interest: which shards have a subscriber for a topic.

use std::sync::atomic::{AtomicU64, Ordering};

use fanfare_protocol::{Pattern, Topic};

use crate::engine::Route;
use crate::fault::{Fault, planted};
use crate::index::TopicIndex;
use crate::sync::RwLock;

/// Most shards that a broker can have: one bit each.
pub const MAX_SHARDS: usize = 64;

/// A set of shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ShardSet(u64);

impl ShardSet {
    fn add(&mut self, shard: u8) {
        self.0 |= 1 << shard;
    }

    /// The shards' numbers, ascending.
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let shard = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(shard)
        })
    }
}

/// The patterns of all shards. A shard registers a pattern with its first subscriber and takes it back with its last.
///
/// Who publishes remembers for each topic what was found, with the version of the patterns that it was found in. So as long
/// as no pattern comes or goes, nothing here is locked or looked for.
#[derive(Debug)]
pub(crate) struct Interest {
    index: RwLock<TopicIndex<u8>>,
    /// Goes up after each change, before the lock is free again; from 1.
    version: AtomicU64,
}

impl Default for Interest {
    fn default() -> Self {
        Self { index: RwLock::default(), version: AtomicU64::new(1) }
    }
}

impl Interest {
    /// From the return on, every message that the pattern means reaches the shard.
    pub(crate) fn register(&self, pattern: &Pattern, shard: u8) {
        if planted(Fault::VersionEarly) {
            self.version.fetch_add(1, Ordering::Release);
        }
        let mut index = self.index.write();
        index.insert(pattern, shard);
        if !planted(Fault::VersionEarly) {
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn withdraw(&self, pattern: &Pattern, shard: u8) {
        let mut index = self.index.write();
        let place = index.items(pattern).iter().position(|item| *item == shard);
        if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
            index.remove(pattern, place);
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// The shards with a subscriber for a topic. `route` is what was found for its message before, and is brought up to
    /// date.
    pub(crate) fn shards(&self, topic: &Topic, route: &mut Route) -> ShardSet {
        // Read before the index: what changes in between makes the route old at once.
        let version = self.version.load(Ordering::Acquire);
        if route.version != version {
            *route = Route { to: self.find(topic).0, version };
        }
        ShardSet(route.to)
    }

    /// Whether another pattern has room among so many; one that is there takes none.
    pub(crate) fn has_room(&self, pattern: &Pattern, most: usize) -> bool {
        let index = self.index.read();
        index.len() < most || !index.items(pattern).is_empty()
    }

    fn find(&self, topic: &Topic) -> ShardSet {
        let mut shards = ShardSet::default();
        self.index.read().matches(topic, |items| items.iter().for_each(|shard| shards.add(*shard)));
        shards
    }

    /// How many different patterns are subscribed to.
    pub(crate) fn patterns(&self) -> usize {
        self.index.read().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_its_shards_in_order() {
        let mut set = ShardSet::default();
        for shard in [63, 0, 5] {
            set.add(shard);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63]);
        assert_eq!(ShardSet::default().iter().count(), 0);
    }

    fn found(interest: &Interest, topic: &Topic, route: &mut Route) -> Vec<usize> {
        interest.shards(topic, route).iter().collect()
    }

    #[test]
    fn a_topic_reaches_a_shard_until_its_last_pattern_goes() {
        let interest = Interest::default();
        let (exact, wild) = (Pattern::new("a.b").unwrap(), Pattern::new("a.>").unwrap());
        let (topic, mut route) = (Topic::new("a.b").unwrap(), Route::default());
        assert!(found(&interest, &topic, &mut route).is_empty());
        interest.register(&exact, 3);
        interest.register(&wild, 3);
        interest.withdraw(&exact, 3);
        assert_eq!(found(&interest, &topic, &mut route), [3]);
        interest.withdraw(&wild, 3);
        assert!(found(&interest, &topic, &mut route).is_empty());
    }

    #[test]
    fn a_route_is_found_again_only_when_patterns_have_changed() {
        let interest = Interest::default();
        let (topic, other) = (Topic::new("a.b").unwrap(), Topic::new("c").unwrap());
        interest.register(&Pattern::from(&topic), 1);
        let mut route = Route::default();
        interest.shards(&topic, &mut route);
        assert_eq!(found(&interest, &other, &mut route), [1], "nothing has changed: it is not looked for");
        interest.register(&Pattern::from(&other), 2);
        assert_eq!(found(&interest, &other, &mut route), [2]);
    }
}
