//! Values with an inner structure: trailing maps, payloads, positions, headers, `from`, lists.

use std::collections::BTreeMap;

use rmp::Marker;

use crate::assemble;
use crate::fault::Fault;
use crate::frame::ReplayFrom;
use crate::headers::Headers;
use crate::msgpack::layout::{PLACE_LEN, from};
use crate::msgpack::reader::Reader;
use crate::payload::{Payload, PayloadKind};
use crate::position::{Position, StreamPosition};
use crate::read::{self, HEADERS_FORM, Name, Source, Whole};

/// What a field's reader says of a key: whether it read the value.
pub(super) type Known = Result<bool, Fault>;

/// Begins a frame: its op code and the number of its elements, op included.
pub(super) fn open(r: &mut Reader<'_>) -> Result<(u64, usize), Fault> {
    let len = r.array("frame")?;
    if len == 0 {
        return Err(Fault::invalid("the frame is an empty array; it must begin with an op code"));
    }
    Ok((r.whole("op", Whole::ANY)?, len))
}

/// Checks the number of elements of a frame.
pub(super) fn shape(op: &str, expected: usize, found: usize) -> Result<(), Fault> {
    if expected == found {
        return Ok(());
    }
    let message =
        format!("`{op}` has {expected} elements, not {found}; optional fields go into the map at its end");
    Err(Fault::invalid(message))
}

/// Reads the map of optional fields at the end of a frame.
pub(super) fn options<'a>(
    r: &mut Reader<'a>,
    field: impl FnMut(u64, &mut Reader<'a>) -> Known,
) -> Result<(), Fault> {
    fields(r, "options", field)
}

/// Ends a frame that has no optional field yet: the map is there and all in it is skipped.
pub(super) fn without_options<T>(frame: T, r: &mut Reader<'_>) -> Result<T, Fault> {
    options(r, |_, _| Ok(false))?;
    Ok(frame)
}

/// Reads a map with integer keys. `field` reads the value of a key that it knows; others are skipped, keys of other
/// types too.
fn fields<'a>(
    r: &mut Reader<'a>,
    map: Name,
    mut field: impl FnMut(u64, &mut Reader<'a>) -> Known,
) -> Result<(), Fault> {
    let mut seen: u64 = 0;
    for _ in 0..r.map(map)? {
        let Some(key) = key(r, map)? else {
            r.skip(map)?;
            continue;
        };
        // Every known key is below 64.
        let bit = u32::try_from(key).ok().and_then(|key| 1_u64.checked_shl(key)).unwrap_or(0);
        if !field(key, r)? {
            r.skip(map)?;
        } else if seen & bit != 0 {
            return Err(Fault::invalid(format!("`{map}` has key {key} twice")));
        }
        seen |= bit;
    }
    Ok(())
}

/// The next key if it is a whole number; else it is skipped.
fn key(r: &mut Reader<'_>, map: Name) -> Result<Option<u64>, Fault> {
    let mut ahead = *r;
    if let Ok(key) = ahead.whole(map, Whole::ANY) {
        *r = ahead;
        return Ok(Some(key));
    }
    r.skip(map)?;
    Ok(None)
}

/// Checks the number of elements of an array in a frame.
pub(super) fn array_of(r: &mut Reader<'_>, field: Name, len: usize) -> Result<(), Fault> {
    match r.array(field)? {
        found if found == len => Ok(()),
        found => Err(Fault::wrong(field, format_args!("an array of {len}"), format_args!("of {found}"))),
    }
}

/// Kind and bytes of a payload; JSON and text may come as `str`.
pub(super) fn payload<'a>(r: &mut Reader<'a>) -> Result<Payload<'a>, Fault> {
    let number = r.whole("kind", Whole::ANY)?;
    let kind = u8::try_from(number).ok().and_then(PayloadKind::from_number);
    let kind = kind.ok_or_else(|| Fault::wrong("kind", "0 (JSON), 1 (text) or 2 (bytes)", number))?;
    let bytes = r.bytes("payload", kind != PayloadKind::Bytes)?;
    Payload::of_kind(kind, bytes).map_err(|e| Fault::invalid(e.to_string()))
}

/// `{stream: [epoch, seq]}`
pub(super) fn position(field: Name, r: &mut Reader<'_>) -> Result<Position, Fault> {
    let mut position = Position::default();
    for _ in 0..r.map(field)? {
        let stream = read::stream(field, &mut *r)?;
        array_of(r, field, PLACE_LEN)?;
        let place = StreamPosition { epoch: read::epoch("epoch", &mut *r)?, seq: read::seq("seq", &mut *r)? };
        assemble::add_stream(field, &mut position, stream, place)?;
    }
    Ok(position)
}

/// `{name: value}`
pub(super) fn headers(field: Name, r: &mut Reader<'_>) -> Result<Headers, Fault> {
    let mut headers = BTreeMap::new();
    for _ in 0..r.map(field)? {
        let name = r.text(field, HEADERS_FORM)?;
        assemble::add_header(field, &mut headers, name, r.text(field, HEADERS_FORM)?)?;
    }
    assemble::headers(field, headers)
}

/// `"now"`, `"last"`, `"start"`, or a map with just one field.
pub(super) fn replay_from(field: Name, r: &mut Reader<'_>) -> Result<ReplayFrom, Fault> {
    if !matches!(r.peek(), Some(Marker::FixMap(_) | Marker::Map16 | Marker::Map32)) {
        return read::from_word(field, r);
    }
    let (mut after, mut time, mut last) = (None, None, None);
    fields(r, field, |key, r| {
        match key {
            from::POSITION => after = r.optional("position", position)?,
            from::TIME => time = r.optional("time", read::millis)?,
            from::LAST => last = r.optional("last", position)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    assemble::from_fields(field, after, time, last)
}

/// A list whose elements are read one by one.
pub(super) fn list<'a, T>(
    field: Name,
    r: &mut Reader<'a>,
    mut read: impl FnMut(Name, &mut Reader<'a>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    // Not `with_capacity`: the length is only a claim.
    let mut elements = Vec::new();
    for _ in 0..r.array(field)? {
        elements.push(read(field, r)?);
    }
    Ok(elements)
}
