//! The half of the index that knows topics by their whole name.

use std::hash::{BuildHasher, BuildHasherDefault};

use fanfare_protocol::Topic;
use fanfare_protocol::topic::TopicHasher;
use hashbrown::HashTable;

use super::Removed;
use super::items::Items;

/// Items by topic.
#[derive(Debug)]
pub(super) struct Exact<T>(HashTable<(Topic, Items<T>)>);

impl<T> Default for Exact<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<T: Copy> Exact<T> {
    /// The items of a topic, none at first; and the topic as it stands here.
    pub(super) fn entry(&mut self, topic: Topic) -> (&Topic, &mut Items<T>) {
        let entry = self.0.entry(hash(&topic), |(known, _)| *known == topic, |(known, _)| hash(known));
        let (known, items) = entry.or_insert_with(|| (topic, Items::default())).into_mut();
        (known, items)
    }

    /// Takes out the item at this place of a topic's list, and the topic with its last item.
    pub(super) fn take_out(&mut self, topic: &Topic, place: u32) -> Option<Removed<T>> {
        let mut entry = self.0.find_entry(hash(topic), |(known, _)| known == topic).ok()?;
        let removed = entry.get_mut().1.take_out(place)?;
        if removed.last {
            entry.remove();
        }
        Some(removed)
    }
}

impl<T> Exact<T> {
    pub(super) fn get(&self, topic: &Topic) -> Option<&Items<T>> {
        self.0.find(hash(topic), |(known, _)| known == topic).map(|(_, items)| items)
    }

    /// The items of a message's topic. Where that is `lasting`, its name stays in memory for the messages to come, as the
    /// name of a stream's topic does; it is kept here too, so that the next time it is known without a look at the letters.
    pub(super) fn meet(&mut self, topic: &Topic, lasting: bool) -> Option<&Items<T>> {
        let (known, items) = self.0.find_mut(hash(topic), |(known, _)| known == topic)?;
        if lasting && !known.is_same(topic) {
            known.clone_from(topic);
        }
        Some(items)
    }
}

fn hash(topic: &Topic) -> u64 {
    BuildHasherDefault::<TopicHasher>::default().hash_one(topic)
}
