//! A caller: who asks, by whatever way they came, and what they may do.

use fanfare_protocol::Topic;
use fanfare_protocol::frame::{History, Publish, Subscribe};

use super::permit::Permitted;

/// A request that its caller may not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// Only the broker publishes to its own topics.
    #[error("topics that begin with `$` are the broker's own; publish to another")]
    InternalTopic,
}

/// Who asks. Everyone is anonymous, and may do everything but speak for the broker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller;

#[allow(clippy::unused_self, reason = "what is permitted is the caller's to know")]
#[allow(clippy::unnecessary_wraps, reason = "a caller may be denied anything")]
impl Caller {
    /// May this be published?
    pub(crate) fn publish<'a>(&self, publish: Publish<'a>) -> Result<Permitted<Publish<'a>>, Denied> {
        if publish.topic.is_internal() {
            return Err(Denied::InternalTopic);
        }
        Ok(Permitted::new(publish))
    }

    /// May this be subscribed to?
    pub(crate) fn subscribe(&self, subscribe: Subscribe) -> Result<Permitted<Subscribe>, Denied> {
        Ok(Permitted::new(subscribe))
    }

    /// May they do what an administrator does? `request` is what they ask for.
    pub(crate) fn administer<T>(&self, request: T) -> Result<Permitted<T>, Denied> {
        Ok(Permitted::new(request))
    }

    /// May this be read?
    pub(crate) fn history(&self, history: History) -> Result<Permitted<History>, Denied> {
        Ok(Permitted::new(history))
    }

    /// May it be asked who is present on this topic?
    pub(crate) fn presence(&self, topic: Topic) -> Result<Permitted<Topic>, Denied> {
        Ok(Permitted::new(topic))
    }
}
