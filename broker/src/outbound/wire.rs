//! The wire of a session: what its frames look like on its connection.

use fanfare_protocol::Encoding;

use crate::metrics::EVENTS;

/// How a session's frames go over its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// A WebSocket message each, in this encoding.
    WebSocket(Encoding),
    /// Server-sent events: a few lines of text each.
    Events,
}

impl Wire {
    /// What the bodies of messages are written in.
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::WebSocket(encoding) => encoding,
            Self::Events => Encoding::Json,
        }
    }

    /// A word for logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket(encoding) => encoding.as_str(),
            Self::Events => EVENTS,
        }
    }
}

impl From<Encoding> for Wire {
    fn from(encoding: Encoding) -> Self {
        Self::WebSocket(encoding)
    }
}
