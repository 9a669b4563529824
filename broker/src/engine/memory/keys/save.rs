//! Keys over a restart: by the time of day, since the monotonic clock ends with the process.

use std::time::Duration;

use super::{Ending, KeyWindow};
use crate::clock::Now;
use crate::engine::memory::saved::SavedKey;
use crate::engine::settings::KeyLimits;
use crate::fault::{Fault, planted};

impl KeyWindow {
    /// What is remembered, in the order in which it is forgotten.
    pub(in crate::engine::memory) fn save(&self, now: Now) -> Vec<SavedKey> {
        let remembered = |Ending { until, key, .. }: &Ending| {
            let known =
                self.remembered.get(key).filter(|known| known.until == *until && *until > now.moment)?;
            let left_ms = until.since(now.moment).as_nanos().div_ceil(1_000_000);
            let left_ms = u64::try_from(left_ms).unwrap_or(u64::MAX);
            Some(SavedKey { key: key.clone(), seq: known.seq, until_ms: now.wall_ms.saturating_add(left_ms) })
        };
        self.ending.iter().filter_map(remembered).collect()
    }

    /// Remembers what an earlier run did, even if that is more than there is room for now: then no other key is taken
    /// until some are forgotten. Whose they were is not known any more, and so they count in no share.
    pub(in crate::engine::memory) fn restore(limits: KeyLimits, keys: Vec<SavedKey>, now: Now) -> Self {
        let mut window = Self::new(limits);
        for SavedKey { key, seq, until_ms } in keys {
            let left = Duration::from_millis(until_ms.saturating_sub(now.wall_ms));
            // The time of day may have been set back meanwhile.
            let left = left.min(limits.window);
            if !left.is_zero() && !planted(Fault::RestartForgetsKeys) {
                window.remember_until(now.moment.plus(left), key, None, seq);
            }
        }
        window
    }
}
