//! The keys that a stream remembers, so that a repeat within the window is known as one.
//!
//! A key outlives its message: retention does not touch it. A key is never forgotten before its time: if there is no
//! room for another, the publish is refused, since appending it unprotected would break the promise to its publisher
//! in silence. Each publisher has a share of the room, so that none takes that of the others.

mod save;
mod shares;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use self::shares::{Shares, Taken};
use super::split_map::SplitMap;
use crate::clock::Moment;
use crate::engine::append::{Key, Refused};
use crate::engine::settings::KeyLimits;
use crate::whose::Whose;

/// The memory that a key takes beside its text, in bytes: a slot in the map and in the queue, both at their emptiest,
/// and the text's header.
const KEY_OVERHEAD_BYTES: usize = 184;
/// Most keys that one step forgets, so that no publisher waits for a clean-up. More than one an append, so that the
/// clean-up always gains on the appends.
const FORGOTTEN_PER_STEP: usize = 64;
/// The share of keys that are nobody's.
const NO_SHARE: u32 = u32::MAX;

/// The keys of one stream.
#[derive(Debug)]
pub(crate) struct KeyWindow {
    limits: KeyLimits,
    remembered: SplitMap<Key, Remembered>,
    /// Every key in the order in which its time is over. One that was remembered anew is there twice for a while.
    ending: VecDeque<Ending>,
    /// The number of the first of them.
    first: u64,
    shares: Shares,
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    seq: u64,
    until: Moment,
}

#[derive(Debug)]
struct Ending {
    until: Moment,
    key: Key,
    share: u32,
    /// By how much the number of its publisher's next key is higher; 0: there is none yet.
    next: u32,
}

impl KeyWindow {
    pub(crate) fn new(limits: KeyLimits) -> Self {
        Self {
            limits,
            remembered: SplitMap::default(),
            ending: VecDeque::new(),
            first: 0,
            shares: Shares::default(),
            bytes: 0,
        }
    }

    /// Has this much memory for keys from now on. None is forgotten for it.
    pub(crate) fn room_is(&mut self, limits: KeyLimits) {
        self.limits = KeyLimits { window: self.limits.window, ..limits };
    }

    /// The sequence of the message that was published with this key within the window.
    pub(crate) fn seq_of(&self, key: &Key, now: Moment) -> Option<u64> {
        self.remembered.get(key).filter(|remembered| remembered.until > now).map(|remembered| remembered.seq)
    }

    /// Whether another key of this publisher can be remembered.
    ///
    /// # Errors
    /// There is no room, in its share or at all. Holds the time until the oldest key there is forgotten.
    pub(crate) fn check_room(&self, key: &Key, by: Option<&Whose>, now: Moment) -> Result<(), Refused> {
        let full = |number: u64, own| {
            let ending = self.ending.get(self.place(number));
            let retry_after = ending.map_or(Duration::ZERO, |ending| ending.until.since(now));
            Err(Refused::KeysFull { retry_after, own })
        };
        if let Some((bytes, oldest)) = by.and_then(|by| self.shares.taken(by))
            && bytes + footprint(key) > self.limits.max_bytes_each
        {
            return full(oldest, true);
        }
        let bytes = footprint(key) + by.map_or(0, |by| self.shares.overhead(by));
        if !self.ending.is_empty() && self.bytes + bytes > self.limits.max_bytes {
            return full(self.first, false);
        }
        Ok(())
    }

    /// Remembers a publisher's key for the window from now on. [`KeyWindow::check_room`] is asked first.
    pub(crate) fn remember(&mut self, key: Key, by: Option<Whose>, seq: u64, now: Moment) {
        self.remember_until(now.plus(self.limits.window), key, by, seq);
    }

    fn remember_until(&mut self, until: Moment, key: Key, by: Option<Whose>, seq: u64) {
        // Publishers read the clock before they take the lock, so a later one may bring an earlier time.
        let until = self.ending.back().map_or(until, |latest| until.max(latest.until));
        let bytes = footprint(&key);
        let share = by.map_or(NO_SHARE, |by| self.take_share(by, bytes));
        self.bytes += bytes;
        self.ending.push_back(Ending { until, key: key.clone(), share, next: 0 });
        self.remembered.insert(key, Remembered { seq, until });
    }

    /// Takes so much of a publisher's share for the key that is remembered next.
    fn take_share(&mut self, by: Whose, bytes: usize) -> u32 {
        let number = self.first + self.ending.len() as u64;
        let Taken { place, after, more_bytes } = self.shares.take(by, number, bytes);
        self.bytes += more_bytes;
        if let Some(after) = after {
            let at = self.place(after);
            if let Some(before) = self.ending.get_mut(at) {
                before.next = u32::try_from(number - after).unwrap_or(u32::MAX);
            }
        }
        place
    }

    /// The place in the queue of the key with this number.
    fn place(&self, number: u64) -> usize {
        usize::try_from(number.wrapping_sub(self.first)).unwrap_or(usize::MAX)
    }

    /// Forgets some of the keys whose time is over; true if there may be more of them.
    pub(crate) fn forget(&mut self, now: Moment) -> bool {
        if self.ending.is_empty() {
            return false;
        }
        for _ in 0..FORGOTTEN_PER_STEP {
            let Some(ended) = self.ending.pop_front_if(|ending| ending.until <= now) else { break };
            self.forget_one(&ended);
        }
        if self.ending.is_empty() {
            // What a burst took is given back.
            *self = Self::new(self.limits);
        }
        self.ending.front().is_some_and(|ending| ending.until <= now)
    }

    fn forget_one(&mut self, Ending { until, key, share, next }: &Ending) {
        let (number, bytes) = (self.first, footprint(key));
        self.first += 1;
        self.bytes -= bytes;
        if *share != NO_SHARE {
            let next = (*next > 0).then(|| number + u64::from(*next));
            self.bytes -= self.shares.give_back(*share, bytes, next);
        }
        if self.remembered.get(key).is_some_and(|remembered| remembered.until == *until) {
            self.remembered.remove(key);
        }
    }

    /// How many keys are remembered.
    pub(crate) fn len(&self) -> usize {
        self.remembered.len()
    }

    /// The memory that they take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The memory that a remembered key takes, in bytes.
pub(super) fn footprint(key: &Key) -> usize {
    key.as_str().len() + KEY_OVERHEAD_BYTES
}
