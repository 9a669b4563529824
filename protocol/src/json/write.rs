//! Writing JSON: values, and objects field by field.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::codes::{ErrorCode, GapReason};
use crate::frame::MaxRate;
use crate::headers::Headers;
use crate::pattern::Pattern;
use crate::payload::{JsonText, Payload, PayloadKind};
use crate::position::{Epoch, Position, StreamName};
use crate::topic::Topic;

/// What can be written as JSON.
pub(super) trait Json {
    fn write(&self, out: &mut Vec<u8>);
}

/// An object, or the rest of one, that is being written.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next field.
    before: &'static [u8],
}

impl<'o> Object<'o> {
    /// Begins an object.
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self::rest(out)
    }

    /// Begins a frame.
    pub(super) fn frame(op: &str, out: &'o mut Vec<u8>) -> Self {
        let mut object = Self::begin(out);
        object.put("op", op);
        object
    }

    /// Goes on with an object that stands in `out` up to where its next field begins.
    pub(super) fn rest(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b"" }
    }

    /// Writes a field.
    pub(super) fn put(&mut self, name: &str, value: &(impl Json + ?Sized)) {
        value.write(self.field(name));
    }

    /// Writes a field if there is a value for it.
    pub(super) fn put_some(&mut self, name: &str, value: Option<&(impl Json + ?Sized)>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// Writes the name of a field; its value must follow.
    pub(super) fn field(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(self.before);
        self.before = b",";
        name.write(self.out);
        self.out.push(b':');
        self.out
    }

    /// Writes a payload, in the field that its kind has.
    pub(super) fn payload(&mut self, payload: &Payload<'_>) {
        match payload.kind() {
            PayloadKind::Json => self.field("data").extend_from_slice(payload.as_bytes()),
            PayloadKind::Text => self.put("text", payload.as_text().unwrap_or_default()),
            PayloadKind::Bytes => self.put("data_b64", &STANDARD.encode(payload.as_bytes())),
        }
    }

    /// Ends the object.
    pub(super) fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes a list; `write` writes each element.
pub(super) fn list<T>(elements: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(element, out);
    }
    out.push(b']');
}

/// Writes what serde or `format!` can write. Neither fails on the types here, nor does a `Vec` on taking bytes.
macro_rules! json_by {
    ($($type:ty: |$value:ident, $out:ident| $write:expr;)*) => {
        $(impl Json for $type {
            fn write(&self, $out: &mut Vec<u8>) {
                let $value = self;
                let written = $write;
                debug_assert!(written.is_ok());
            }
        })*
    };
}

json_by! {
    str: |value, out| serde_json::to_writer(out, value);
    String: |value, out| serde_json::to_writer(out, value);
    u32: |value, out| serde_json::to_writer(out, value);
    u64: |value, out| serde_json::to_writer(out, value);
    bool: |value, out| serde_json::to_writer(out, value);
    // Not by serde, which writes `5.0`: readers by eye expect `5`.
    MaxRate: |value, out| write!(out, "{}", value.per_second());
}

/// Writes names and words as strings.
macro_rules! json_by_text {
    ($($type:ty),*) => {
        $(impl Json for $type {
            fn write(&self, out: &mut Vec<u8>) {
                self.as_str().write(out);
            }
        })*
    };
}

json_by_text!(Topic, Pattern, StreamName, Epoch, ErrorCode, GapReason);

impl Json for JsonText<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

impl Json for Position {
    fn write(&self, out: &mut Vec<u8>) {
        let mut streams = Object::begin(out);
        for (stream, place) in &self.0 {
            let mut fields = Object::begin(streams.field(stream.as_str()));
            fields.put("epoch", &place.epoch);
            fields.put("seq", &place.seq);
            fields.end();
        }
        streams.end();
    }
}

impl Json for Headers {
    fn write(&self, out: &mut Vec<u8>) {
        let mut fields = Object::begin(out);
        for (name, value) in self.iter() {
            fields.put(name, value);
        }
        fields.end();
    }
}
