//! A hash map in parts, so that no insertion has to move more than a small part of it.
//!
//! A map of a million entries that doubles takes tens of milliseconds, and publishers wait for the lock all that time.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// Parts of a map. With a million entries, one part moves some 4,000 when it grows: a fraction of a millisecond.
const PARTS: usize = 256;

/// A hash map in parts.
#[derive(Debug)]
pub(super) struct SplitMap<K, V> {
    hasher: RandomState,
    parts: Box<[HashTable<(K, V)>]>,
    len: usize,
}

impl<K, V> Default for SplitMap<K, V> {
    fn default() -> Self {
        let parts = (0..PARTS).map(|_| HashTable::new()).collect();
        Self { hasher: RandomState::new(), parts, len: 0 }
    }
}

impl<K: Hash + Eq, V> SplitMap<K, V> {
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value, and the key as the map has it.
    pub(super) fn get_key_value<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let found = self.parts.get(part(hash))?.find(hash, |(known, _)| known.borrow() == key);
        found.map(|(key, value)| (key, value))
    }

    pub(super) fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let found = self.parts.get_mut(part(hash))?.find_mut(hash, |(known, _)| known.borrow() == key);
        found.map(|(_, value)| value)
    }

    /// The value of a key; what `make` makes, if there is none yet.
    pub(super) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let Self { hasher, parts, len } = self;
        let hash = hasher.hash_one(&key);
        let entry =
            parts[part(hash)].entry(hash, |(known, _)| *known == key, |(key, _)| hasher.hash_one(key));
        let occupied = entry.or_insert_with(|| {
            *len += 1;
            (key, make())
        });
        &mut occupied.into_mut().1
    }

    /// Puts a value in the place of the one that the key had, if it had one.
    pub(super) fn insert(&mut self, key: K, value: V)
    where
        V: Copy,
    {
        *self.get_or_insert_with(key, || value) = value;
    }

    pub(super) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let found = self.parts.get_mut(part(hash))?.find_entry(hash, |(known, _)| known.borrow() == key);
        let ((_, value), _) = found.ok()?.remove();
        self.len -= 1;
        Some(value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flatten().map(|(key, value)| (key, value))
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.parts.iter().map(HashTable::capacity).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// The part that a hash belongs to: by bits that the tables themselves look at last.
fn part(hash: u64) -> usize {
    (hash >> 32) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_map_in_parts_is_a_map(steps in prop::collection::vec((0u8..3, 0u16..300, any::<u32>()), 0..2_000)) {
            let (mut split, mut plain) = (SplitMap::default(), HashMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => {
                        split.insert(key, value);
                        plain.insert(key, value);
                    }
                    1 => prop_assert_eq!(split.remove(&key), plain.remove(&key)),
                    _ => {
                        let made = *split.get_or_insert_with(key, || value);
                        prop_assert_eq!(made, *plain.entry(key).or_insert(value));
                    }
                }
                prop_assert_eq!(split.get(&key), plain.get(&key));
                prop_assert_eq!(split.len(), plain.len());
            }
            let all: HashMap<_, _> = split.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(all, plain);
        }
    }
}
