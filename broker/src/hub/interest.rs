//! Interest: which shards have a subscriber for a topic.

use fanfare_protocol::{Pattern, Topic};

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
#[derive(Debug, Default)]
pub(crate) struct Interest {
    index: RwLock<TopicIndex<u8>>,
}

impl Interest {
    /// From the return on, every message that the pattern means reaches the shard.
    pub(crate) fn register(&self, pattern: &Pattern, shard: u8) {
        self.index.write().insert(pattern, shard);
    }

    pub(crate) fn withdraw(&self, pattern: &Pattern, shard: u8) {
        let mut index = self.index.write();
        let place = index.items(pattern).iter().position(|item| *item == shard);
        if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
            index.remove(pattern, place);
        }
    }

    /// The shards with a subscriber for a topic.
    pub(crate) fn shards(&self, topic: &Topic) -> ShardSet {
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

    #[test]
    fn a_topic_reaches_a_shard_until_its_last_pattern_goes() {
        let interest = Interest::default();
        let (exact, wild) = (Pattern::new("a.b").unwrap(), Pattern::new("a.>").unwrap());
        let topic = Topic::new("a.b").unwrap();
        interest.register(&exact, 3);
        interest.register(&wild, 3);
        interest.withdraw(&exact, 3);
        assert_eq!(interest.shards(&topic).iter().collect::<Vec<_>>(), [3]);
        interest.withdraw(&wild, 3);
        assert_eq!(interest.shards(&topic), ShardSet::default());
    }
}
