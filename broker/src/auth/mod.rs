//! Who may do what. What the hub takes is a [`Permitted`] request, and only this module makes one.

use fanfare_protocol::frame::{History, Publish, Subscribe};

/// A request that its session was allowed to make.
#[derive(Debug)]
pub(crate) struct Permitted<T>(T);

impl<T> Permitted<T> {
    /// The request itself.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

/// A request that its session may not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// Only the broker publishes to its own topics.
    #[error("topics that begin with `$` are the broker's own; publish to another")]
    InternalTopic,
}

/// Decides what sessions may do. Everyone is anonymous and may do everything but speak for the broker.
#[derive(Debug, Default)]
pub(crate) struct Authority;

impl Authority {
    #[allow(clippy::unused_self, reason = "permissions are the authority's to know")]
    pub(crate) fn publish<'a>(&self, publish: Publish<'a>) -> Result<Permitted<Publish<'a>>, Denied> {
        if publish.topic.is_internal() {
            return Err(Denied::InternalTopic);
        }
        Ok(Permitted(publish))
    }

    #[allow(clippy::unused_self, reason = "permissions are the authority's to know")]
    pub(crate) fn subscribe(&self, subscribe: Subscribe) -> Permitted<Subscribe> {
        Permitted(subscribe)
    }

    #[allow(clippy::unused_self, reason = "permissions are the authority's to know")]
    pub(crate) fn history(&self, history: History) -> Permitted<History> {
        Permitted(history)
    }
}
