//! A message's body as it goes out: the MessagePack one is the message's own, a JSON one is made for who waits for it.
//!
//! So retained messages hold one body, whoever reads them, and a stream's memory does not depend on its readers.

use std::sync::Arc;

use fanfare_protocol::Encoding;

use crate::engine::Message;

/// A body that waits in a queue, shared by all that wait for it.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// The message's storage.
    MsgPack(Arc<Message>),
    /// Made for the sessions of one shard, and freed when the last has it.
    Json(Arc<JsonBody>),
}

/// A message in JSON.
#[derive(Debug)]
pub(crate) struct JsonBody {
    message: Arc<Message>,
    bytes: Box<[u8]>,
}

impl JsonBody {
    pub(super) fn of(message: &Arc<Message>) -> Self {
        Self { message: Arc::clone(message), bytes: message.encode_json() }
    }

    /// The memory that it takes beside its message, in bytes.
    pub(super) fn footprint(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }
}

impl Body {
    /// The body for sessions that speak this encoding.
    pub(crate) fn of(message: &Arc<Message>, encoding: Encoding) -> Self {
        match encoding {
            Encoding::MsgPack => Self::MsgPack(Arc::clone(message)),
            Encoding::Json => Self::Json(Arc::new(JsonBody::of(message))),
        }
    }

    /// The memory that it keeps for as long as it waits, in bytes: a message is kept whole, also when its stream has let
    /// go of it.
    pub(super) fn footprint(&self) -> usize {
        match self {
            Self::MsgPack(message) => message.footprint(),
            Self::Json(body) => body.message.footprint() + body.footprint(),
        }
    }

    /// Whether both are the same, in memory once.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::MsgPack(message), Self::MsgPack(other)) => Arc::ptr_eq(message, other),
            (Self::Json(body), Self::Json(other)) => Arc::ptr_eq(body, other),
            _ => false,
        }
    }

    /// The part of a `message` frame that all subscriptions share.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::MsgPack(message) => message.msgpack(),
            Self::Json(body) => &body.bytes,
        }
    }

    pub(crate) fn message(&self) -> &Message {
        match self {
            Self::MsgPack(message) => message,
            Self::Json(body) => &body.message,
        }
    }
}
