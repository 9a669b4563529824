//! A hash map in parts, so that no insertion and no removal has to move more than a small part of it.
//!
//! A map of a million entries that doubles takes tens of milliseconds, and publishers wait for the lock all that time.
//! A part gives back memory when two thirds of it are empty.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// Parts of a map. With a million entries, one part moves some 4,000 when it grows: a fraction of a millisecond.
pub(crate) const PARTS: usize = 256;

/// A part has less than this many slots for each of its entries; or [`SLOTS_MIN`] in all, or none if it is empty.
pub(super) const SLOTS_PER_ENTRY: usize = 3;
/// The fewest slots that a table makes.
const SLOTS_MIN: usize = 4;

/// A hash map in parts.
#[derive(Debug)]
pub(super) struct SplitMap<K, V, S = RandomState> {
    hasher: S,
    parts: Box<[HashTable<(K, V)>]>,
    len: usize,
}

impl<K, V, S: Default> Default for SplitMap<K, V, S> {
    fn default() -> Self {
        let parts = (0..PARTS).map(|_| HashTable::new()).collect();
        Self { hasher: S::default(), parts, len: 0 }
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> SplitMap<K, V, S> {
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let found = self.parts.get(part(hash))?.find(hash, |(known, _)| known.borrow() == key);
        found.map(|(_, value)| value)
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
        self.entry(key, make).1
    }

    /// The same, with the key as the map has it.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> (&K, &mut V) {
        let Self { hasher, parts, len } = self;
        let hash = hasher.hash_one(&key);
        let entry =
            parts[part(hash)].entry(hash, |(known, _)| *known == key, |(key, _)| hasher.hash_one(key));
        let occupied = entry.or_insert_with(|| {
            *len += 1;
            (key, make())
        });
        let (key, value) = occupied.into_mut();
        (key, value)
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
        let Self { hasher, parts, len } = self;
        let hash = hasher.hash_one(key);
        let part = parts.get_mut(part(hash))?;
        let ((_, value), _) = part.find_entry(hash, |(known, _)| known.borrow() == key).ok()?.remove();
        *len -= 1;
        // With half the slots, a third of what is left must come before they double, or half of it go before they are
        // halved again: moving it costs no more than a few of these.
        let sparse = part.num_buckets() > SLOTS_MIN && part.len() * SLOTS_PER_ENTRY <= part.num_buckets();
        if part.is_empty() || sparse {
            part.shrink_to(part.len(), |(key, _)| hasher.hash_one(key));
        }
        Some(value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        (0..PARTS).flat_map(|part| self.iter_part(part))
    }

    /// The entries of one of the [`PARTS`].
    pub(super) fn iter_part(&self, part: usize) -> impl Iterator<Item = (&K, &V)> {
        self.parts.get(part).into_iter().flatten().map(|(key, value)| (key, value))
    }

    /// The memory that the parts take in truth, in bytes.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.parts.iter().map(HashTable::allocation_size).sum()
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

    /// What a map takes whose parts hold one entry each, in bytes.
    const FIXED_BYTES: usize = PARTS * (SLOTS_MIN * SLOT_BYTES + GROUP_BYTES);
    /// A slot of the maps below, with its control byte.
    const SLOT_BYTES: usize = size_of::<(u16, u32)>() + 1;
    /// What a table takes beside its slots, at most.
    const GROUP_BYTES: usize = 32;

    fn takes_what_it_may(map: &SplitMap<u16, u32>) -> bool {
        map.allocated() <= map.len() * SLOTS_PER_ENTRY * SLOT_BYTES + FIXED_BYTES
    }

    #[test]
    fn a_map_gives_back_memory_while_it_empties() {
        let mut map = SplitMap::default();
        for _ in 0..2 {
            (0..50_000u16).for_each(|key| map.insert(key, 0));
            for key in (0..50_000).rev() {
                map.remove(&key);
                assert!(takes_what_it_may(&map), "{} bytes for {}", map.allocated(), map.len());
            }
            assert_eq!(map.allocated(), 0);
        }
    }

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
                prop_assert!(takes_what_it_may(&split));
            }
            let all: HashMap<_, _> = split.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(all, plain);
        }
    }
}
