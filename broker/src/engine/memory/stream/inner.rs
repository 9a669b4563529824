//! What a stream's lock protects, and the conditions of an append.

use fanfare_protocol::Topic;

use crate::clock::Moment;
use crate::engine::append::{Conditions, Refused};
use crate::engine::memory::keys::KeyWindow;
use crate::engine::memory::retained::Retained;
use crate::engine::settings::{KeyLimits, StreamConfig};

/// What a stream's lock protects.
#[derive(Debug)]
pub(super) struct Inner {
    /// How much is retained; a reload may change it.
    pub(super) rules: StreamConfig,
    pub(super) retained: Retained,
    pub(super) keys: KeyWindow,
    /// Nothing is appended any more.
    pub(super) closed: bool,
}

impl Inner {
    pub(super) fn new(config: &StreamConfig, retained: Retained, keys: KeyWindow) -> Self {
        Self { rules: config.clone(), retained, keys, closed: false }
    }

    /// Whether these are other limits of age or bytes than those in force.
    pub(super) fn is_retuned_by(&self, config: &StreamConfig) -> bool {
        (self.rules.max_age, self.rules.max_bytes) != (config.max_age, config.max_bytes)
    }

    /// Retains by other limits of age and bytes from now on; what is too much goes with the next appends and sweeps.
    pub(super) fn retune(&mut self, config: &StreamConfig, keys: KeyLimits) {
        self.rules.max_age = config.max_age;
        self.rules.max_bytes = config.max_bytes;
        self.keys.room_is(keys);
    }

    /// Whether the conditions of an append hold; for a repeat, the sequence of the first.
    ///
    /// # Errors
    /// One of them does not, or nothing is appended any more.
    pub(super) fn check(
        &mut self,
        topic: &Topic,
        conditions: &Conditions,
        now: Moment,
    ) -> Result<Option<u64>, Refused> {
        if self.closed {
            return Err(Refused::Stopping);
        }
        if let Some(key) = &conditions.key {
            self.keys.forget(now);
            if let Some(seq) = self.keys.seq_of(key, now) {
                return Ok(Some(seq));
            }
        }
        if let Some(expect) = conditions.expect {
            let last = self.retained.last_of(topic);
            if last != expect {
                return Err(Refused::Conflict { last });
            }
        }
        if let Some(key) = &conditions.key {
            self.keys.check_room(key, conditions.by.as_ref(), now)?;
        }
        Ok(None)
    }
}
