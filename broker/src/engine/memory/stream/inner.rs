//! What a stream's lock protects, and the conditions of an append.

use fanfare_protocol::Topic;

use crate::clock::Moment;
use crate::engine::append::{Conditions, Refused};
use crate::engine::memory::keys::KeyWindow;
use crate::engine::memory::retained::Retained;

/// What a stream's lock protects.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) retained: Retained,
    pub(super) keys: KeyWindow,
    /// Nothing is appended any more.
    pub(super) closed: bool,
}

impl Inner {
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
            self.keys.check_room(key, now).map_err(|retry_after| Refused::KeysFull { retry_after })?;
        }
        Ok(None)
    }
}
