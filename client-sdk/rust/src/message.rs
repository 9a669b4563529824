//! A message, as a subscriber or a history sees it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fanfare_protocol::{Headers, Payload, PayloadKind, Topic, frame};
use serde::de::DeserializeOwned;

/// A message that was published. Owns its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(frame::Message<'static>);

impl Message {
    /// Where it was published.
    pub fn topic(&self) -> &Topic {
        &self.0.topic
    }

    /// What was published, with its kind.
    pub fn payload(&self) -> &Payload<'static> {
        &self.0.payload
    }

    /// The payload's kind, as its publisher chose it.
    pub fn kind(&self) -> PayloadKind {
        self.0.payload.kind()
    }

    /// The payload's bytes, whatever its kind: JSON text, UTF-8 text, or bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.payload.as_bytes()
    }

    /// The text of a text or JSON payload; none if its publisher sent bytes.
    pub fn text(&self) -> Option<&str> {
        self.0.payload.as_text()
    }

    /// Reads the payload as JSON into a type of yours.
    ///
    /// # Errors
    /// The payload is not JSON, or not of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(self.bytes())
    }

    /// When the broker took it, in milliseconds since 1970.
    pub fn time_ms(&self) -> u64 {
        self.0.time_ms
    }

    /// When the broker took it, by the broker's clock.
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.time_ms)
    }

    /// Its number in its stream, from 1; none for an ephemeral message.
    pub fn seq(&self) -> Option<u64> {
        self.0.sequenced.as_ref().map(|place| place.seq)
    }

    /// The number of the message before it on the same topic, where known.
    pub fn prev(&self) -> Option<u64> {
        self.0.sequenced.as_ref().and_then(|place| place.prev)
    }

    /// Its stream; none for an ephemeral message.
    pub fn stream(&self) -> Option<&str> {
        self.0.sequenced.as_ref().map(|place| place.stream.as_str())
    }

    /// Who published it, where the stream says so.
    pub fn by(&self) -> Option<&str> {
        self.0.by.as_deref()
    }

    /// Short facts beside the payload.
    pub fn headers(&self) -> Option<&Headers> {
        self.0.headers.as_ref()
    }

    /// The message as it stands on the wire.
    pub fn as_frame(&self) -> &frame::Message<'static> {
        &self.0
    }

    /// What it counts for in a buffer, beside its own size: bytes of topic, payload and headers.
    pub(crate) fn content_bytes(&self) -> usize {
        let headers = self.0.headers.iter().flat_map(Headers::iter);
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        self.0.topic.as_str().len() + self.bytes().len() + headers
    }
}

impl From<frame::Message<'_>> for Message {
    fn from(message: frame::Message<'_>) -> Self {
        Self(frame::Message {
            topic: message.topic,
            payload: message.payload.into_owned(),
            time_ms: message.time_ms,
            sequenced: message.sequenced,
            by: message.by.map(|by| by.into_owned().into()),
            headers: message.headers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: Payload<'static>) -> Message {
        Message(frame::Message {
            topic: Topic::new("orders.eu").unwrap(),
            payload,
            time_ms: 1_500,
            sequenced: None,
            by: None,
            headers: None,
        })
    }

    #[test]
    fn a_json_payload_reads_as_a_type_and_as_text() {
        let message = message(Payload::json("[1, 2]").unwrap());
        assert_eq!(message.json::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(message.text(), Some("[1, 2]"));
    }

    #[test]
    fn bytes_are_no_text() {
        let message = message(Payload::bytes(b"hi".to_vec()));
        assert_eq!((message.text(), message.bytes()), (None, &b"hi"[..]));
        assert_eq!(message.time(), UNIX_EPOCH + Duration::from_millis(1_500));
    }
}
