//! What several cases are made of: payloads, messages, and a broker of one shard without sockets.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Encoding, Pattern, Payload, StreamName, Topic};

use crate::clock::{Moment, Now};
use crate::engine::{Draft, KeyLimits, MemoryEngine, Message, SessionId, StreamConfig};
use crate::hub::Hub;
use crate::limits::{Limits, LiveLimits};
use crate::metrics::Metrics;

/// The sizes of payloads that are measured, with their names, in bytes.
pub(super) const PAYLOADS: [(&str, usize); 2] = [("128B", 128), ("16KiB", 16 * 1024)];
/// Of most cases, in bytes.
pub(super) const SMALL_PAYLOAD: usize = PAYLOADS[0].1;
/// The topic of a case that needs just one.
pub(super) const TOPIC: &str = "orders.eu.42";
/// Who publishes.
pub(super) const PUBLISHER: SessionId = SessionId(u64::MAX);
/// A stream that keeps whatever a case appends, in bytes.
pub(super) const ROOMY: u64 = 1 << 30;

/// A payload as a program would send it in this encoding: text in JSON, bytes in MessagePack.
pub(super) fn payload(encoding: Encoding, bytes: usize) -> Payload<'static> {
    let text: String = ('a'..='z').cycle().take(bytes).collect();
    match encoding {
        Encoding::Json => Payload::text(text),
        Encoding::MsgPack => Payload::bytes(text.into_bytes()),
    }
}

/// A publish that asks for no answer.
pub(super) fn publish(topic: Topic, payload: Payload<'static>) -> Publish<'static> {
    Publish { id: None, topic, payload, key: None, expect: None, echo: true, headers: None }
}

/// Ephemeral messages with payloads of so many bytes.
pub(super) fn messages(count: usize, bytes: usize) -> Result<Vec<Arc<Message>>, Box<dyn Error>> {
    let topic = Topic::new(TOPIC)?;
    let message = || {
        let publish = publish(topic.clone(), payload(Encoding::MsgPack, bytes));
        Arc::new(Draft::new(publish, PUBLISHER, Moment::default()).seal(topic.clone(), None, 0))
    };
    Ok((0..count).map(|_| message()).collect())
}

/// An engine with one stream over all topics, of so many bytes.
pub(super) fn engine(max_bytes: u64) -> Result<MemoryEngine, Box<dyn Error>> {
    let stream = StreamConfig {
        name: StreamName::new("recent")?,
        patterns: vec![Pattern::new(">")?],
        max_age: Duration::from_mins(2),
        max_bytes,
        max_messages_per_topic: None,
    };
    let keys = KeyLimits::from(&Limits::default());
    Ok(MemoryEngine::new(&[stream], keys, Vec::new(), Now::default())?)
}

/// A hub with one shard.
pub(super) fn hub() -> Result<Arc<Hub>, Box<dyn Error>> {
    let metrics = Arc::new(Metrics::new(1, &[]));
    Ok(Arc::new(Hub::new(engine(ROOMY)?, 1, Arc::new(LiveLimits::new(&Limits::default())), metrics)?))
}
