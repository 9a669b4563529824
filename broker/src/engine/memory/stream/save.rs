//! A stream over a planned restart: closed, saved, and gone on with.

use super::inner::Inner;
use super::{KeyWindow, Now, Retained, Stream, StreamIndex};
use crate::engine::memory::saved::SavedStream;
use crate::engine::settings::{KeyLimits, StreamConfig};
use crate::sync::Mutex;

impl Stream {
    /// Lets nothing be appended from now on: what is saved later has all that was ever acknowledged.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
    }

    /// All of the stream that outlives a restart. Shares the memory of the messages.
    pub(crate) fn save(&self, now: Now) -> SavedStream {
        let inner = self.inner.lock();
        SavedStream {
            name: self.config.name.clone(),
            patterns: self.config.patterns.clone(),
            epoch: self.epoch.clone(),
            marks: inner.retained.marks(),
            topics: inner.retained.save_topics(),
            messages: inner.retained.save_messages(),
            keys: inner.keys.save(now),
        }
    }

    /// Goes on with a saved stream in the same epoch, under the limits of the present configuration.
    pub(crate) fn restore(
        index: StreamIndex,
        config: &StreamConfig,
        keys: KeyLimits,
        mut saved: SavedStream,
        now: Now,
    ) -> Self {
        let epoch = saved.epoch.clone();
        let keys = KeyWindow::restore(keys, std::mem::take(&mut saved.keys), now);
        let inner = Inner::new(config, Retained::restore(saved, config), keys);
        let stream = Self { index, epoch, config: config.clone(), inner: Mutex::new(inner) };
        stream.sweep(now);
        stream
    }
}
