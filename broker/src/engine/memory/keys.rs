//! The keys that a stream remembers, so that a repeat within the window is known as one.
//!
//! A key outlives its message: retention does not touch it. A key is never forgotten before its time: if there is no
//! room for another, the publish is refused, since appending it unprotected would break the promise to its publisher
//! in silence.

mod save;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::split_map::SplitMap;
use crate::clock::Moment;
use crate::engine::append::Key;
use crate::engine::settings::KeyLimits;

/// The memory that a key takes beside its text, in bytes: a slot in the map and in the queue, both at their emptiest,
/// and the text's header.
const KEY_OVERHEAD_BYTES: usize = 160;
/// Most keys that one step forgets, so that no publisher waits for a clean-up. More than one an append, so that the
/// clean-up always gains on the appends.
const FORGOTTEN_PER_STEP: usize = 64;

/// The keys of one stream.
#[derive(Debug)]
pub(crate) struct KeyWindow {
    limits: KeyLimits,
    remembered: SplitMap<Key, Remembered>,
    /// Every key in the order in which its time is over. One that was remembered anew is there twice for a while.
    ending: VecDeque<(Moment, Key)>,
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    seq: u64,
    until: Moment,
}

impl KeyWindow {
    pub(crate) fn new(limits: KeyLimits) -> Self {
        Self { limits, remembered: SplitMap::default(), ending: VecDeque::new(), bytes: 0 }
    }

    /// Has this much memory for keys from now on, in bytes. None is forgotten for it.
    pub(crate) fn room_is(&mut self, max_bytes: usize) {
        self.limits.max_bytes = max_bytes;
    }

    /// The sequence of the message that was published with this key within the window.
    pub(crate) fn seq_of(&self, key: &Key, now: Moment) -> Option<u64> {
        self.remembered.get(key).filter(|remembered| remembered.until > now).map(|remembered| remembered.seq)
    }

    /// Whether another key can be remembered.
    ///
    /// # Errors
    /// There is no room. Holds the time until the oldest key is forgotten.
    pub(crate) fn check_room(&self, key: &Key, now: Moment) -> Result<(), Duration> {
        match self.ending.front() {
            Some((until, _)) if self.bytes + footprint(key) > self.limits.max_bytes => Err(until.since(now)),
            _ => Ok(()),
        }
    }

    /// Remembers a key for the window from now on. [`KeyWindow::check_room`] is asked first.
    pub(crate) fn remember(&mut self, key: Key, seq: u64, now: Moment) {
        self.remember_until(now.plus(self.limits.window), key, seq);
    }

    fn remember_until(&mut self, until: Moment, key: Key, seq: u64) {
        // Publishers read the clock before they take the lock, so a later one may bring an earlier time.
        let until = self.ending.back().map_or(until, |(latest, _)| until.max(*latest));
        self.bytes += footprint(&key);
        self.ending.push_back((until, key.clone()));
        self.remembered.insert(key, Remembered { seq, until });
    }

    /// Forgets some of the keys whose time is over; true if there may be more of them.
    pub(crate) fn forget(&mut self, now: Moment) -> bool {
        if self.ending.is_empty() {
            return false;
        }
        for _ in 0..FORGOTTEN_PER_STEP {
            let Some((until, key)) = self.ending.pop_front_if(|(until, _)| *until <= now) else { break };
            self.bytes -= footprint(&key);
            if self.remembered.get(&key).is_some_and(|remembered| remembered.until == until) {
                self.remembered.remove(&key);
            }
        }
        if self.ending.is_empty() {
            // What a burst took is given back.
            *self = Self::new(self.limits);
        }
        self.ending.front().is_some_and(|(until, _)| *until <= now)
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
