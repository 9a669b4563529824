//! Keys that nobody else has, for messages that the client may send again.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::random::unique;

/// The keys of one client.
#[derive(Debug)]
pub(crate) struct Keys {
    client: [u64; 2],
    last: AtomicU64,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { client: [unique(), unique()], last: AtomicU64::new(0) }
    }

    /// A key that nobody else has.
    pub(crate) fn next(&self) -> String {
        let [high, low] = self.client;
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{high:016x}{low:016x}-{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_are_the_same() {
        let (one, other) = (Keys::new(), Keys::new());
        let keys = [one.next(), one.next(), other.next(), other.next()];
        for (number, key) in keys.iter().enumerate() {
            assert!(!keys[number + 1..].contains(key), "{keys:?}");
        }
    }
}
