//! The hash of a topic: computed once where the topic is made, keyed by a secret of the process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

/// Clients choose topics; without a secret they could choose such as meet in one place of every map.
static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);

pub(super) fn of(text: &str) -> u64 {
    SECRET.hash_one(text)
}

/// A hasher for maps keyed by topics, and by nothing else: it takes the hash that a [`Topic`](super::Topic) carries as it
/// is. Other keys would meet in few places.
///
/// ```
/// use std::collections::HashMap;
/// use std::hash::BuildHasherDefault;
/// use fanfare_protocol::topic::{Topic, TopicHasher};
///
/// let mut counts: HashMap<Topic, u32, BuildHasherDefault<TopicHasher>> = HashMap::default();
/// *counts.entry(Topic::new("orders.eu")?).or_default() += 1;
/// assert_eq!(counts.get(&Topic::new("orders.eu")?), Some(&1));
/// # Ok::<(), fanfare_protocol::topic::NameError>(())
/// ```
#[derive(Debug, Default)]
pub struct TopicHasher(u64);

impl Hasher for TopicHasher {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// A topic never comes here.
    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= SECRET.hash_one(bytes);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
