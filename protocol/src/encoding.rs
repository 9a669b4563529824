//! The two encodings, behind one choice: JSON to read by eye, MessagePack for programs.

pub use crate::fault::{DecodeError, FieldError};
use crate::frame::{Gap, Message, Publish};
use crate::position::Position;
use crate::{ClientFrame, ServerFrame, json, msgpack};

/// How the frames of a session are written.
///
/// ```
/// use fanfare_protocol::{ClientFrame, Encoding};
///
/// let frame = Encoding::Json.decode_client(br#"{"op":"unsubscribe","sub":7}"#)?;
/// assert_eq!(frame, ClientFrame::Unsubscribe { sub: 7 });
///
/// let mut bytes = Vec::new();
/// Encoding::MsgPack.encode_client(&frame, &mut bytes);
/// assert_eq!(bytes, [0x93, 3, 7, 0x80]);
/// # Ok::<(), fanfare_protocol::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `fanfare.v1.json`: text frames, by hand and for debugging.
    Json,
    /// `fanfare.v1.msgpack`: binary frames, for SDKs.
    MsgPack,
}

impl Encoding {
    /// Both, in the order that a broker prefers.
    pub const ALL: &'static [Self] = &[Self::MsgPack, Self::Json];

    /// The WebSocket subprotocol that stands for it.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "fanfare.v1.json",
            Self::MsgPack => "fanfare.v1.msgpack",
        }
    }

    /// A word for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MsgPack => "msgpack",
        }
    }

    /// Reads a frame from a client.
    ///
    /// # Errors
    /// Says what to answer; the session lives on.
    pub fn decode_client(self, bytes: &[u8]) -> Result<ClientFrame<'_>, DecodeError> {
        match self {
            Self::Json => json::decode_client(bytes),
            Self::MsgPack => msgpack::decode_client(bytes),
        }
    }

    /// Reads a frame from a broker; `None` is an op of a later version, to be ignored.
    ///
    /// # Errors
    /// Says what is wrong with the frame.
    pub fn decode_server(self, bytes: &[u8]) -> Result<Option<ServerFrame<'_>>, DecodeError> {
        match self {
            Self::Json => json::decode_server(bytes),
            Self::MsgPack => msgpack::decode_server(bytes),
        }
    }

    /// Appends a client's frame to `out`.
    pub fn encode_client(self, frame: &ClientFrame<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => json::encode_client(frame, out),
            Self::MsgPack => msgpack::encode_client(frame, out),
        }
    }

    /// Appends a broker's frame to `out`.
    pub fn encode_server(self, frame: &ServerFrame<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => json::encode_server(frame, out),
            Self::MsgPack => msgpack::encode_server(frame, out),
        }
    }

    /// Appends the few bytes of a `message` frame that differ per subscription; the body follows them.
    pub fn message_prefix(self, sub: u32, out: &mut Vec<u8>) {
        match self {
            Self::Json => json::message_prefix(sub, out),
            Self::MsgPack => msgpack::message_prefix(sub, out),
        }
    }

    /// Appends the part of a `message` frame that all subscriptions share; the prefix stands before it.
    pub fn message_body(self, message: &Message<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => json::message_body(message, out),
            Self::MsgPack => msgpack::message_body(message, out),
        }
    }

    /// Appends a `history` frame whose messages are bodies made by [`Encoding::message_body`].
    pub fn history_of_bodies(
        self,
        id: u64,
        bodies: &[&[u8]],
        gaps: &[Gap],
        position: &Position,
        more: bool,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Json => json::history_of_bodies(id, bodies, gaps, position, more, out),
            Self::MsgPack => msgpack::history_of_bodies(id, bodies, gaps, position, more, out),
        }
    }
}

/// Reads a message to publish from a JSON object with the fields of a `publish` frame, `op` apart.
///
/// # Errors
/// Says what is wrong, and with which field.
pub fn publish_from_json(object: &[u8]) -> Result<Publish<'_>, FieldError> {
    Ok(json::decode_publish("the message", object)?)
}

/// Appends what a broker's frame says beside `op` and `sub`, as a JSON object; returns the op. That is what a server-sent
/// event holds, whose name is the op and which is of one subscription. An answer to a request is an empty object.
pub fn event_to_json(frame: &ServerFrame<'_>, out: &mut Vec<u8>) -> &'static str {
    json::encode_event(frame, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use crate::frame::Subscribed;

    #[test]
    fn an_event_says_what_its_frame_does_beside_op_and_sub() {
        let position: Position = r#"{"recent":{"epoch":"9f2c","seq":41}}"#.parse().unwrap();
        let subscribed = Subscribed {
            sub: 1,
            pattern: None,
            position: position.clone(),
            recovered: Some(true),
            live: true,
            ephemeral: false,
        };
        for (frame, op, says) in [
            (
                ServerFrame::Subscribed(subscribed),
                "subscribed",
                r#"{"position":{"recent":{"epoch":"9f2c","seq":41}},"recovered":true,"live":true}"#,
            ),
            (
                ServerFrame::Live { sub: 1, position },
                "live",
                r#"{"position":{"recent":{"epoch":"9f2c","seq":41}}}"#,
            ),
            (ServerFrame::Behind { sub: 1 }, "behind", "{}"),
            (
                ServerFrame::Goaway { reason: "drain".into(), reconnect_after_ms: 7 },
                "goaway",
                r#"{"reason":"drain","reconnect_after_ms":7}"#,
            ),
        ] {
            let mut event = Vec::new();
            assert_eq!(event_to_json(&frame, &mut event), op);
            assert_eq!(String::from_utf8(event).unwrap(), says);
        }
    }

    #[test]
    fn a_message_is_read_without_an_op() -> Result<(), FieldError> {
        let publish = publish_from_json(br#"{"topic":"a.b","data":{"n":1},"key":"k","expect":4}"#)?;
        assert_eq!((publish.topic.as_str(), publish.payload.as_bytes()), ("a.b", &br#"{"n":1}"#[..]));
        assert_eq!((publish.key.as_deref(), publish.expect), (Some("k"), Some(4)));
        Ok(())
    }

    #[test]
    fn an_error_names_its_field() {
        for (object, code, field) in [
            ("{\"topic\":\"a..b\",\"text\":\"\"}", ErrorCode::InvalidTopic, Some("topic")),
            ("{\"text\":\"\"}", ErrorCode::InvalidFrame, Some("topic")),
            ("{\"topic\":\"a\",\"text\":\"\",\"expect\":-1}", ErrorCode::InvalidFrame, Some("expect")),
            ("{\"topic\":\"a\"}", ErrorCode::InvalidFrame, None),
            ("[]", ErrorCode::InvalidFrame, None),
        ] {
            let error = publish_from_json(object.as_bytes()).unwrap_err();
            assert_eq!((error.code, error.field.as_deref()), (code, field), "{object}");
        }
    }
}
