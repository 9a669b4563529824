//! Streams as administrators see them: settings and fill.

use fanfare_protocol::{Epoch, Pattern};

use super::shared::Hub;
use crate::auth::Permitted;
use crate::engine::{Fill, Stream, StreamConfig};

/// What one stream takes in a position beside its name and epoch, at most, in bytes: a sequence, and what separates.
const PLACE_BYTES: usize = 19;

/// A stream, for people.
#[derive(Debug)]
pub(crate) struct StreamView {
    pub(crate) config: StreamConfig,
    pub(crate) epoch: Epoch,
    pub(crate) fill: Fill,
}

impl Hub {
    /// The most bytes that the position of a subscription to this pattern takes as text.
    pub(crate) fn position_bytes(&self, pattern: &Pattern) -> usize {
        let met = self.engine.streams().iter().filter(|stream| stream.meets(pattern));
        met.map(|stream| stream.name().as_str().len() + stream.epoch().as_str().len() + PLACE_BYTES).sum()
    }

    /// All streams, in the order of their configuration; or that with this name alone.
    pub(crate) fn streams(&self, named: Permitted<Option<&str>>) -> Vec<StreamView> {
        let named = named.into_inner();
        let wanted = |stream: &&Stream| named.is_none_or(|name| stream.name().as_str() == name);
        self.engine.streams().iter().filter(wanted).map(view).collect()
    }
}

fn view(stream: &Stream) -> StreamView {
    StreamView { config: stream.config().clone(), epoch: stream.epoch().clone(), fill: stream.fill() }
}
