//! Payloads: what a message carries, and of which kind its publisher said it is.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The kind of a payload, chosen by its publisher and kept to every subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PayloadKind {
    /// Any JSON value, passed on verbatim (`data`).
    Json = 0,
    /// UTF-8 text (`text`).
    Text = 1,
    /// Bytes (`data_b64` in the JSON encoding).
    Bytes = 2,
}

impl PayloadKind {
    /// The kind with this number in the MessagePack encoding.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Json),
            1 => Some(Self::Text),
            2 => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// A payload whose bytes are known to be of its kind: JSON is well-formed, text is UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    kind: PayloadKind,
    bytes: Cow<'a, [u8]>,
}

/// The text of one JSON value, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText<'a>(Cow<'a, str>);

/// Bytes that are not what their kind promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The payload is said to be JSON and is not.
    #[error("the payload is not JSON: {0}")]
    NotJson(String),
    /// The payload is said to be text and is not UTF-8.
    #[error("the payload is not UTF-8 text; send it as bytes")]
    NotText,
}

impl<'a> JsonText<'a> {
    /// Takes JSON from its text, checked; white space around it is cut off.
    ///
    /// # Errors
    /// The text is not one JSON value.
    pub fn new(text: &'a str) -> Result<Self, PayloadError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| PayloadError::NotJson(e.to_string()))?;
        Ok(Self::from(raw))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same JSON, holding its text itself.
    pub fn into_owned(self) -> JsonText<'static> {
        JsonText(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> From<&'a RawValue> for JsonText<'a> {
    /// A part of a larger JSON text that has been read.
    fn from(raw: &'a RawValue) -> Self {
        Self(Cow::Borrowed(raw.get()))
    }
}

impl<'a> Payload<'a> {
    /// A JSON payload from its text, checked; white space around it is cut off.
    ///
    /// # Errors
    /// The text is not one JSON value.
    pub fn json(text: &'a str) -> Result<Self, PayloadError> {
        JsonText::new(text).map(Self::from)
    }

    /// A JSON payload from a part of a larger JSON text that has been read.
    pub fn raw_json(raw: &'a RawValue) -> Self {
        Self::from(JsonText::from(raw))
    }

    /// A text payload.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: PayloadKind::Text, bytes: into_bytes(text.into()) }
    }

    /// A payload of bytes.
    pub fn bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { kind: PayloadKind::Bytes, bytes: bytes.into() }
    }

    /// A payload of the kind that its sender names, checked.
    ///
    /// # Errors
    /// The bytes are not JSON, or not UTF-8, though the kind says so.
    pub fn of_kind(kind: PayloadKind, bytes: &'a [u8]) -> Result<Self, PayloadError> {
        let text = || std::str::from_utf8(bytes).map_err(|_| PayloadError::NotText);
        match kind {
            PayloadKind::Json => Self::json(text()?),
            PayloadKind::Text => Ok(Self::text(text()?)),
            PayloadKind::Bytes => Ok(Self::bytes(bytes)),
        }
    }

    /// The kind.
    pub fn kind(&self) -> PayloadKind {
        self.kind
    }

    /// The bytes: JSON text, UTF-8 text, or whatever the publisher sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text of a JSON or text payload.
    pub fn as_text(&self) -> Option<&str> {
        match self.kind {
            PayloadKind::Json | PayloadKind::Text => std::str::from_utf8(&self.bytes).ok(),
            PayloadKind::Bytes => None,
        }
    }

    /// The same payload, holding its bytes itself.
    pub fn into_owned(self) -> Payload<'static> {
        Payload { kind: self.kind, bytes: Cow::Owned(self.bytes.into_owned()) }
    }

    /// The bytes, without a copy if the payload holds them itself.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes.into_owned()
    }
}

impl<'a> From<JsonText<'a>> for Payload<'a> {
    fn from(json: JsonText<'a>) -> Self {
        Self { kind: PayloadKind::Json, bytes: into_bytes(json.0) }
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Payload, PayloadError, PayloadKind};

    #[test]
    fn json_is_kept_verbatim_without_the_white_space_around_it() -> Result<(), PayloadError> {
        let payload = Payload::json(" \n{ \"n\" : 1.0 }\t")?;
        assert_eq!(payload.as_bytes(), b"{ \"n\" : 1.0 }");
        Ok(())
    }

    #[test]
    fn bytes_must_be_what_their_kind_promises() {
        assert!(matches!(Payload::of_kind(PayloadKind::Json, b"{"), Err(PayloadError::NotJson(_))));
        assert!(matches!(Payload::of_kind(PayloadKind::Json, b"1 2"), Err(PayloadError::NotJson(_))));
        assert_eq!(Payload::of_kind(PayloadKind::Text, b"\xff"), Err(PayloadError::NotText));
        assert_eq!(Payload::of_kind(PayloadKind::Bytes, b"\xff"), Ok(Payload::bytes(&b"\xff"[..])));
    }

    #[test]
    fn only_json_and_text_read_as_text() {
        assert_eq!(Payload::text("hi").as_text(), Some("hi"));
        assert_eq!(Payload::bytes(&b"hi"[..]).as_text(), None);
    }
}
