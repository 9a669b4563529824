//! Sources: the addresses that key sets are fetched from, and what is known of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::metrics::Counter;
use crate::sync::Mutex;

/// Every address of a key set. There are never more than issuers.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    by_url: Mutex<BTreeMap<String, Arc<Source>>>,
    /// Told when another address is there, or one is gone.
    pub(crate) changed: Notify,
}

/// One address.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) url: String,
    /// How often the set is fetched.
    pub(crate) refresh: Duration,
    /// Told when a token names a key that is not in the set.
    pub(crate) wanted: Notify,
    /// When it was last fetched, in milliseconds since 1970; 0: never.
    pub(crate) fetched_ms: Counter,
    /// Fetches that failed.
    pub(crate) failures: Counter,
    /// Keys of the set that can be used.
    pub(crate) keys: Counter,
}

impl Sources {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Source>> {
        self.by_url.lock().values().cloned().collect()
    }

    /// Asks for the set to be fetched soon.
    pub(super) fn want(&self, url: &str) {
        if let Some(source) = self.by_url.lock().get(url) {
            source.wanted.notify_one();
        }
    }

    /// Goes on with these. What is known of one that was there with the same interval stays.
    pub(super) fn list(&self, sources: impl Iterator<Item = (String, Duration)>) {
        let mut by_url = self.by_url.lock();
        let mut before = std::mem::take(&mut *by_url);
        for (url, refresh) in sources {
            let known = before.remove(&url).filter(|source| source.refresh == refresh);
            let source = known.unwrap_or_else(|| Arc::new(Source::new(url.clone(), refresh)));
            by_url.insert(url, source);
        }
        drop(by_url);
        self.changed.notify_one();
    }
}

impl Source {
    fn new(url: String, refresh: Duration) -> Self {
        Self {
            url,
            refresh,
            wanted: Notify::new(),
            fetched_ms: Counter::default(),
            failures: Counter::default(),
            keys: Counter::default(),
        }
    }
}
