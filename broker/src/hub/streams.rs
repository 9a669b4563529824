//! Streams as administrators see them: settings and fill.

use fanfare_protocol::Epoch;

use super::shared::Hub;
use crate::auth::Permitted;
use crate::engine::{Fill, Stream, StreamConfig};

/// A stream, for people.
#[derive(Debug)]
pub(crate) struct StreamView {
    pub(crate) config: StreamConfig,
    pub(crate) epoch: Epoch,
    pub(crate) fill: Fill,
}

impl Hub {
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
