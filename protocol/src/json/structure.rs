//! Fields with an inner structure: payloads, positions, headers, `from`, lists.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::assemble;
use crate::fault::Fault;
use crate::frame::ReplayFrom;
use crate::headers::Headers;
use crate::json::fields::{Field, fields, object, wrong};
use crate::payload::Payload;
use crate::position::{Position, StreamName, StreamPosition};
use crate::read::{self, HEADERS_FORM, Name, Source};

/// Standard base64; some libraries leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The payload of a message: just one of `data` (any JSON, `null` too), `text` and `data_b64`.
pub(super) fn payload<'a>(
    data: Field<'a>,
    text: Field<'a>,
    data_b64: Field<'a>,
) -> Result<Payload<'a>, Fault> {
    let text = text.optional(read::text)?;
    let bytes = data_b64.optional(base64_bytes)?;
    match (data.verbatim(), text, bytes) {
        (Some(raw), None, None) => Ok(Payload::raw_json(raw)),
        (None, Some(text), None) => Ok(Payload::text(text)),
        (None, None, Some(bytes)) => Ok(Payload::bytes(bytes)),
        (None, None, None) => Err(Fault::invalid("the payload is missing; add `data`, `text` or `data_b64`")),
        _ => Err(Fault::invalid("there is more than one payload; keep one of `data`, `text` and `data_b64`")),
    }
}

fn base64_bytes(field: Name, raw: &RawValue) -> Result<Vec<u8>, Fault> {
    let text = raw.text(field, "a string of base64")?;
    BASE64.decode(&*text).map_err(|e| Fault::invalid(format!("`{field}` is not standard base64: {e}")))
}

fields! {
    /// The place in one stream.
    PlaceFields { epoch, seq, }
}

/// `{"recent":{"epoch":"9f2c","seq":41}}`
pub(super) fn position(field: Name, raw: &RawValue) -> Result<Position, Fault> {
    let mut position = Position::default();
    for (stream, place) in entries(field, raw)? {
        let stream = StreamName::new(&stream).map_err(|e| Fault::invalid(format!("`{field}`: {e}")))?;
        let fields: PlaceFields<'_> = object(&format!("each stream of `{field}`"), place.get())?;
        let place = StreamPosition {
            epoch: fields.epoch().required(read::epoch)?,
            seq: fields.seq().required(read::seq)?,
        };
        assemble::add_stream(field, &mut position, stream, place)?;
    }
    Ok(position)
}

/// `{"trace":"7"}`
pub(super) fn headers(field: Name, raw: &RawValue) -> Result<Headers, Fault> {
    let mut headers = BTreeMap::new();
    for (name, value) in entries(field, raw)? {
        assemble::add_header(field, &mut headers, name, value.text(field, HEADERS_FORM)?)?;
    }
    assemble::headers(field, headers)
}

fields! {
    /// Where to begin, when it is not one word.
    FromFields { position, time, last, }
}

/// `"now"`, `"last"`, `"start"`, `{"position":POS}`, `{"time":ms}` or `{"last":POS}`
pub(super) fn replay_from(field: Name, raw: &RawValue) -> Result<ReplayFrom, Fault> {
    match raw.get().as_bytes().first() {
        Some(b'"') => read::from_word(field, raw),
        Some(b'{') => {
            let fields: FromFields<'_> = object("`from`", raw.get())?;
            let position_field = fields.position().optional(position)?;
            let time = fields.time().optional(read::millis)?;
            let last = fields.last().optional(position)?;
            assemble::from_fields(field, position_field, time, last)
        }
        _ => Err(wrong(field, read::FROM_FORMS, raw)),
    }
}

/// A list whose elements are read one by one.
pub(super) fn list<'a, T>(
    read: impl Fn(Name, &'a RawValue) -> Result<T, Fault>,
) -> impl FnOnce(Name, &'a RawValue) -> Result<Vec<T>, Fault> {
    move |field, raw| {
        let elements: Vec<&RawValue> =
            serde_json::from_str(raw.get()).map_err(|_| wrong(field, "an array", raw))?;
        elements.into_iter().map(|element| read(field, element)).collect()
    }
}

/// Names and unread values of an object whose names are not known before.
fn entries(field: Name, raw: &RawValue) -> Result<Vec<(Cow<'_, str>, &RawValue)>, Fault> {
    if !raw.get().starts_with('{') {
        return Err(wrong(field, "an object", raw));
    }
    let entries = serde_json::Deserializer::from_str(raw.get()).deserialize_map(Entries);
    let entries = entries.map_err(|e| Fault::invalid(format!("`{field}` is not readable: {e}")))?;
    entries.into_iter().map(|(name, value)| Ok((read::text(field, name)?, value))).collect()
}

/// Collects the entries of an object in their order, repeated names too.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
