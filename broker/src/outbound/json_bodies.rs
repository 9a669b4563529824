//! JSON bodies made lately, so that sessions that catch up on the same messages share them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use fanfare_protocol::Encoding;

use super::body::{Body, JsonBody};
use crate::engine::{Message, StreamIndex};

/// What a shard keeps of them, in bytes. Many sessions that resume at once take turns and stay within that of one
/// another; a MessagePack body is its message's own and needs no keeping.
const KEPT_BYTES: usize = 1024 * 1024;

/// A message's place among all streams.
type Key = (StreamIndex, u64);

/// The newest bodies, by their message's place.
#[derive(Debug, Default)]
pub(crate) struct JsonBodies {
    bodies: HashMap<Key, Arc<JsonBody>>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl JsonBodies {
    /// The body of a message that a session of this encoding reads; the one that another was given if it is kept.
    pub(crate) fn body(&mut self, message: &Arc<Message>, encoding: Encoding) -> Body {
        let key = message.place().map(|place| (place.index, place.seq));
        let Some(key) = key.filter(|_| encoding == Encoding::Json) else {
            return Body::of(message, encoding);
        };
        if let Some(body) = self.bodies.get(&key) {
            return Body::Json(Arc::clone(body));
        }
        let body = Arc::new(JsonBody::of(message));
        self.keep(key, Arc::clone(&body));
        Body::Json(body)
    }

    /// Lets go of all of them.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn keep(&mut self, key: Key, body: Arc<JsonBody>) {
        self.bytes += body.footprint();
        self.order.push_back(key);
        self.bodies.insert(key, body);
        while self.bytes > KEPT_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            let body = self.bodies.remove(&oldest);
            self.bytes -= body.map_or(0, |body| body.footprint());
        }
    }
}
