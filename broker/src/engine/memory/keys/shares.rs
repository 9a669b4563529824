//! Shares: what the keys of each publisher take, so that no publisher takes the room of all.
//!
//! Keys are numbered in the order in which they are forgotten, and each knows the next one of its publisher. So the oldest
//! of a publisher's keys is always known, and nothing is ever searched.

use slab::Slab;

use super::super::split_map::SplitMap;
use crate::whose::Whose;

/// The memory that a publisher takes beside its name, in bytes: a slot in the map and in the slab, both at their emptiest,
/// and the name's header.
pub(super) const PUBLISHER_OVERHEAD_BYTES: usize = 208;

/// The publishers whose keys are remembered.
#[derive(Debug, Default)]
pub(super) struct Shares {
    places: SplitMap<Whose, u32>,
    shares: Slab<Share>,
}

/// What one publisher has.
#[derive(Debug)]
struct Share {
    whose: Whose,
    bytes: usize,
    /// The numbers of its oldest and of its newest key.
    oldest: u64,
    newest: u64,
}

/// Where a key went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// The place of its share.
    pub(super) place: u32,
    /// The number of its publisher's key before it, if there is one.
    pub(super) after: Option<u64>,
    /// What was taken beside the key, in bytes.
    pub(super) more_bytes: usize,
}

impl Shares {
    /// What a publisher has taken, and the number of its oldest key; nothing if it has none.
    pub(super) fn taken(&self, whose: &Whose) -> Option<(usize, u64)> {
        let share = self.shares.get(*self.places.get(whose)? as usize)?;
        Some((share.bytes, share.oldest))
    }

    /// What a key of this publisher takes beside itself.
    pub(super) fn overhead(&self, whose: &Whose) -> usize {
        if self.places.get(whose).is_some() { 0 } else { overhead(whose) }
    }

    /// A publisher has one key more: this number, which takes so many bytes.
    pub(super) fn take(&mut self, whose: Whose, number: u64, bytes: usize) -> Taken {
        let known = self.places.get(&whose).copied();
        if let Some((place, share)) = known.and_then(|at| Some((at, self.shares.get_mut(at as usize)?))) {
            let after = std::mem::replace(&mut share.newest, number);
            share.bytes += bytes;
            return Taken { place, after: Some(after), more_bytes: 0 };
        }
        let more_bytes = overhead(&whose);
        let share = Share { whose: whose.clone(), bytes: bytes + more_bytes, oldest: number, newest: number };
        // There are never 2^32 of them: each takes hundreds of bytes.
        let place = u32::try_from(self.shares.insert(share)).unwrap_or(u32::MAX);
        self.places.insert(whose, place);
        Taken { place, after: None, more_bytes }
    }

    /// A publisher's oldest key is forgotten, which took so many bytes; `next` is its next one. Returns what is free
    /// beside the key, in bytes.
    pub(super) fn give_back(&mut self, place: u32, bytes: usize, next: Option<u64>) -> usize {
        let Some(share) = self.shares.get_mut(place as usize) else { return 0 };
        if let Some(next) = next {
            share.bytes = share.bytes.saturating_sub(bytes);
            share.oldest = next;
            return 0;
        }
        let Share { whose, .. } = self.shares.remove(place as usize);
        self.places.remove(&whose);
        overhead(&whose)
    }

    /// The memory that the map and the slab take in truth, in bytes.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        // Beside each entry of a slab stands whether it is one.
        self.places.allocated() + self.shares.capacity() * (size_of::<Share>() + size_of::<u64>())
    }
}

fn overhead(whose: &Whose) -> usize {
    whose.name_bytes() + PUBLISHER_OVERHEAD_BYTES
}
