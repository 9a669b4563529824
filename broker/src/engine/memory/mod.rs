//! The memory engine: orders and retains messages in this process.

mod data_dir;
mod keys;
mod log;
mod retained;
mod saved;
mod split_map;
mod stream;
mod topics;

#[cfg(test)]
mod tests;

use fanfare_protocol::Topic;

pub use data_dir::DataDirError;
pub(crate) use data_dir::{DataDir, LastRun, Run};
pub(crate) use saved::{SavedStream, Written};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use saved::{read as read_saved, write as write_saved};
pub(crate) use split_map::PARTS as TOPIC_PARTS;
pub(crate) use stream::{Fill, Stream};

/// What each part of a stream is counted with, in bytes.
#[cfg(test)]
pub(crate) mod prices {
    pub(crate) use super::log::SLOT_BYTES;
    pub(crate) use super::topics::{SEQ_BYTES, SEQS_BYTES, TOPIC_OVERHEAD_BYTES};
}

use crate::clock::Now;
use crate::engine::message::StreamIndex;
use crate::engine::settings::{KeyLimits, StreamConfig};

/// The streams of this broker. A topic is in at most one.
#[derive(Debug)]
pub(crate) struct MemoryEngine {
    streams: Vec<Stream>,
}

impl MemoryEngine {
    /// An engine with these streams, each as it was saved; those that were not are empty, with a new epoch.
    ///
    /// # Errors
    /// The operating system gives no random numbers to make epochs of.
    pub(crate) fn new(
        streams: &[StreamConfig],
        keys: KeyLimits,
        mut saved: Vec<SavedStream>,
        now: Now,
    ) -> Result<Self, getrandom::Error> {
        let numbered = (0u16..).map(StreamIndex).zip(streams);
        let streams =
            numbered.map(|(index, config)| match saved.iter().position(|saved| saved.name == config.name) {
                Some(at) => Ok(Stream::restore(index, config, keys, saved.swap_remove(at), now)),
                None => Stream::new(index, config, keys),
            });
        Ok(Self { streams: streams.collect::<Result<_, _>>()? })
    }

    /// Whether each stream can be given what of this may change while the broker runs.
    ///
    /// # Errors
    /// One is to hold other topics as well: what it holds now would be retained by limits that were meant for others.
    pub(crate) fn check_retune(&self, configs: &[StreamConfig]) -> Result<(), String> {
        let torn = |stream: &&Stream| configs.iter().any(|config| stream.is_torn_by(config));
        self.streams.iter().find(torn).map_or(Ok(()), |stream| {
            Err(format!(
                "stream \"{}\" is to hold other topics, which needs a restart, and to retain them by other limits, which \
                 would hit those that it holds now; restart, or change its limits alone",
                stream.name()
            ))
        })
    }

    /// Gives each stream the limits that may change while the broker runs.
    pub(crate) fn retune(&self, configs: &[StreamConfig], keys: KeyLimits) {
        for stream in &self.streams {
            if let Some(config) = configs.iter().find(|config| config.name == *stream.name()) {
                stream.retune(config, keys);
            }
        }
    }

    /// The stream that a topic is in; none for an ephemeral topic.
    pub(crate) fn stream_of(&self, topic: &Topic) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.holds(topic))
    }

    pub(crate) fn stream(&self, index: StreamIndex) -> Option<&Stream> {
        self.streams.get(usize::from(index.0))
    }

    /// All streams, in the order of their index.
    pub(crate) fn streams(&self) -> &[Stream] {
        &self.streams
    }
}
