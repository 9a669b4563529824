//! Requests that the broker answers by `id`, and all answers.

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::{History, HistoryPage, Presence, PresencePage, Publish, Published, Subscribed};

/// A request whose answer names its `id`; the session chooses that.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// Publishes with an acknowledgement.
    Publish(Publish<'static>),
    /// Asks for retained messages.
    History(History),
    /// Asks who is there.
    Presence(Presence),
}

/// An answer to a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Published(Published),
    Subscribed(Subscribed),
    History(HistoryPage<'static>),
    Presence(PresencePage<'static>),
    Pong,
}

impl Call {
    /// The request in a word, for people.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Publish(_) => "publish",
            Self::History(_) => "history",
            Self::Presence(_) => "presence",
        }
    }

    /// Whether it may be sent again though the broker may have dealt with it: a question, or a message with a key.
    pub(super) fn is_repeatable(&self) -> bool {
        match self {
            Self::Publish(publish) => publish.key.is_some(),
            Self::History(_) | Self::Presence(_) => true,
        }
    }

    pub(super) fn into_frame(self, id: u64) -> ClientFrame<'static> {
        match self {
            Self::Publish(publish) => ClientFrame::Publish(Publish { id: Some(id), ..publish }),
            Self::History(history) => ClientFrame::History(History { id, ..history }),
            Self::Presence(presence) => ClientFrame::Presence(Presence { id, ..presence }),
        }
    }
}
