//! The memory engine: orders and retains messages in this process.

mod keys;
mod log;
mod retained;
mod stream;
mod topics;

#[cfg(test)]
mod tests;

use fanfare_protocol::Topic;

pub(crate) use stream::Stream;

use crate::engine::message::StreamIndex;
use crate::engine::settings::{KeyLimits, StreamConfig};

/// The streams of this broker. A topic is in at most one.
#[derive(Debug)]
pub(crate) struct MemoryEngine {
    streams: Vec<Stream>,
}

impl MemoryEngine {
    /// An engine with these streams, all empty, each with a new epoch.
    ///
    /// # Errors
    /// The operating system gives no random numbers to make epochs of.
    pub(crate) fn new(streams: &[StreamConfig], keys: KeyLimits) -> Result<Self, getrandom::Error> {
        let numbered = (0u16..).zip(streams);
        let streams = numbered.map(|(index, config)| Stream::new(StreamIndex(index), config, keys));
        Ok(Self { streams: streams.collect::<Result<_, _>>()? })
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
