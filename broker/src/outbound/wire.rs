//! The wire of a session: what its frames look like on its connection.

use fanfare_protocol::Encoding;

use crate::metrics::EVENTS;

/// How a session's frames go over its connection. Flat, for it is compared at every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// A WebSocket message each, in JSON.
    Json,
    /// A WebSocket message each, in MessagePack.
    MsgPack,
    /// Server-sent events: a few lines of text each.
    Events,
}

impl Wire {
    /// What the bodies of messages are written in.
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::MsgPack => Encoding::MsgPack,
            Self::Json | Self::Events => Encoding::Json,
        }
    }

    /// The encoding of WebSocket messages; none where frames are events.
    pub(crate) fn websocket(self) -> Option<Encoding> {
        match self {
            Self::Json => Some(Encoding::Json),
            Self::MsgPack => Some(Encoding::MsgPack),
            Self::Events => None,
        }
    }

    /// A word for logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        self.websocket().map_or(EVENTS, Encoding::as_str)
    }
}

impl From<Encoding> for Wire {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Json,
            Encoding::MsgPack => Self::MsgPack,
        }
    }
}
