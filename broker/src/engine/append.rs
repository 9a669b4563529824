//! Appending: what a publisher asks of its stream beside the message, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::Publish;

use crate::fault::{Fault, planted};
use crate::whose::Whose;

/// Under which conditions a message is appended. The key is checked first.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// If the stream remembers this key, the message is a repeat and not appended again.
    pub(crate) key: Option<Key>,
    /// Whose the key is; nobody's counts in no share.
    pub(crate) by: Option<Whose>,
    /// The topic's last retained sequence must be this one; 0: none is retained.
    pub(crate) expect: Option<u64>,
}

impl Conditions {
    /// Those of a publish.
    pub(crate) fn of(publish: &Publish<'_>) -> Self {
        let key = publish.key.as_deref().map(|key| Key::new(&publish.topic, key));
        Self { key, by: None, expect: publish.expect }
    }

    /// The same, of this publisher.
    pub(crate) fn by(self, by: Option<Whose>) -> Self {
        Self { by, ..self }
    }

    /// Whether there is none, so that any topic will do.
    pub(crate) fn is_empty(&self) -> bool {
        self.key.is_none() && self.expect.is_none()
    }
}

/// A publisher's key together with its topic: the same key on two topics is two keys. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Arc<str>);

impl Key {
    pub(crate) fn new(topic: &Topic, key: &str) -> Self {
        let topic = if planted(Fault::KeyUnscoped) { "" } else { topic.as_str() };
        // No topic holds a control character, so the first NUL is where the key begins.
        Self(Arc::from(format!("{topic}\0{key}")))
    }

    /// The key as [`Key::as_str`] gave it to an earlier run; none if that is impossible.
    pub(crate) fn from_saved(text: &str) -> Option<Self> {
        text.contains('\0').then(|| Self(Arc::from(text)))
    }

    /// Topic, NUL and the publisher's key.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What came of an append that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    /// The message's sequence; of a repeat that of the first.
    pub(crate) seq: u64,
    /// Whether it repeats an earlier publish and was not appended again.
    pub(crate) duplicate: bool,
}

/// Why a message was not appended. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The topic's last retained sequence is another than was expected.
    Conflict {
        /// The actual one; 0: none is retained.
        last: u64,
    },
    /// The broker is stopping, and what it saves for the next start is settled.
    Stopping,
    /// The key would not be remembered: there is no room for it until the oldest is forgotten.
    KeysFull {
        /// Time until then.
        retry_after: Duration,
        /// Whether it is the publisher's share that is full, and others go on.
        own: bool,
    },
}
