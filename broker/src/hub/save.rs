//! The end of publishing, and what outlives it.

use super::shared::Hub;
use crate::clock::Now;
use crate::engine::SavedStream;

impl Hub {
    /// Lets no stream take a message from now on, so that what is saved later holds all that was ever acknowledged.
    pub(crate) fn stop_publishing(&self) {
        for stream in self.engine.streams() {
            stream.close();
        }
    }

    /// All that outlives a planned restart. Publishing has been stopped.
    pub(crate) fn save(&self, now: Now) -> Vec<SavedStream> {
        self.engine.streams().iter().map(|stream| stream.save(now)).collect()
    }
}
