//! A census: how many connections, handshakes or requests each of many keys has (addresses, subjects), and no more than
//! one may have.

use std::collections::HashMap;
use std::hash::Hash;

use crate::sync::Mutex;

/// Counts by key. A key with none takes no memory.
#[derive(Debug)]
pub(crate) struct Census<K> {
    counts: Mutex<HashMap<K, usize>>,
}

impl<K> Default for Census<K> {
    fn default() -> Self {
        Self { counts: Mutex::default() }
    }
}

impl<K: Eq + Hash> Census<K> {
    /// Counts one more for a key, unless it has `most`; true if it is counted. Each one counted has to
    /// [leave](Census::leave).
    #[must_use]
    pub(crate) fn enter(&self, key: K, most: usize) -> bool {
        let mut counts = self.counts.lock();
        let count = counts.entry(key).or_default();
        let fits = *count < most;
        *count += usize::from(fits);
        fits
    }

    /// Counts what was counted for one key, if any, for another from now on. False if that has `most` already; then all
    /// stays as it is.
    #[must_use]
    pub(crate) fn count_for(&self, counted: &mut Option<K>, key: K, most: usize) -> bool
    where
        K: Clone,
    {
        if counted.as_ref() == Some(&key) {
            return true;
        }
        let enters = self.enter(key.clone(), most);
        if enters && let Some(before) = counted.replace(key) {
            self.leave(&before);
        }
        enters
    }

    /// Takes one back.
    pub(crate) fn leave(&self, key: &K) {
        self.leave_all(key, 1);
    }

    /// Takes so many back.
    pub(crate) fn leave_all(&self, key: &K, many: usize) {
        let mut counts = self.counts.lock();
        if let Some(count) = counts.get_mut(key) {
            *count = count.saturating_sub(many);
            if *count == 0 {
                counts.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_as_many_as_it_may_and_room_again_when_one_leaves() {
        let census = Census::default();
        assert_eq!([census.enter("a", 2), census.enter("a", 2), census.enter("a", 2)], [true, true, false]);
        assert!(census.enter("b", 2));
        census.leave(&"a");
        assert_eq!([census.enter("a", 2), census.enter("a", 2)], [true, false]);
    }

    #[test]
    fn a_key_with_none_is_forgotten() {
        let census = Census::default();
        assert!(census.enter("a", 1));
        census.leave(&"a");
        census.leave(&"a");
        assert!(census.counts.lock().is_empty());
    }
}
