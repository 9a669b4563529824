//! JSON bodies made lately, so that sessions that catch up on the same messages share them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use fanfare_protocol::Encoding;

use super::body::{Delivery, JsonBody};
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
    /// A message on its way to a session of this encoding, with the body that another was given if it is kept.
    pub(crate) fn delivery<'a>(&mut self, message: &'a Arc<Message>, encoding: Encoding) -> Delivery<'a> {
        let key =
            message.place().filter(|_| encoding == Encoding::Json).map(|place| (place.index, place.seq));
        let Some(key) = key else { return Delivery::new(message) };
        if let Some(body) = self.bodies.get(&key) {
            return Delivery::with_json(message, Arc::clone(body));
        }
        let body = Arc::new(JsonBody::of(message));
        self.keep(key, Arc::clone(&body));
        Delivery::with_json(message, body)
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
