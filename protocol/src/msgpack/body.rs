//! The body of a `message` in MessagePack, in two steps: its start can be written before its sequence is known.
//!
//! The body is what all deliveries of a message share: everything after `sub`. [`start`] and [`finish`] together
//! write the same bytes as [`crate::Encoding::message_body`].

use std::ops::Range;

use crate::headers::Headers;
use crate::msgpack::layout::message;
use crate::msgpack::write::{Options, Pack, bin};
use crate::payload::Payload;
use crate::position::StreamName;
use crate::topic::Topic;

/// Most bytes that a string needs besides its own: marker and length.
const MAX_STRING_HEAD_BYTES: usize = 5;
/// Most bytes of [`finish`] without publisher and headers: time, map header, then stream, `seq` and `prev` with a key
/// of one byte each.
const MAX_PLACE_BYTES: usize =
    9 + 1 + (1 + MAX_STRING_HEAD_BYTES + crate::limits::MAX_STREAM_NAME_BYTES) + 2 * (1 + 9);

/// Appends topic, kind and payload; gives the place of the payload's bytes in `out`.
///
/// ```
/// use fanfare_protocol::{Payload, Topic, body};
///
/// let mut out = Vec::new();
/// let payload = body::start(&Topic::new("orders.eu")?, &Payload::text("hi"), &mut out);
/// assert_eq!(&out[payload], b"hi");
/// body::finish(1_763_800_000_000, None, None, None, &mut out);
/// # Ok::<(), fanfare_protocol::topic::NameError>(())
/// ```
pub fn start(topic: &Topic, payload: &Payload<'_>, out: &mut Vec<u8>) -> Range<usize> {
    topic.pack(out);
    (payload.kind() as u8).pack(out);
    let begin = bin(payload.as_bytes(), out);
    begin..out.len()
}

/// Appends time (milliseconds since 1970), place in a stream (name, `seq`, `prev`), publisher and headers.
pub fn finish(
    time_ms: u64,
    place: Option<(&StreamName, u64, Option<u64>)>,
    by: Option<&str>,
    headers: Option<&Headers>,
    out: &mut Vec<u8>,
) {
    time_ms.pack(out);
    let mut options = Options::begin(out);
    if let Some((stream, seq, prev)) = place {
        options.put(message::STREAM, stream);
        options.put(message::SEQ, &seq);
        options.put_some(message::PREV, prev.as_ref());
    }
    options.put_some(message::BY, by);
    options.put_some(message::HEADERS, headers);
}

/// Most bytes that [`finish`] appends with this publisher and these headers, whatever the time and the place.
pub fn max_finish_bytes(by: Option<&str>, headers: Option<&Headers>) -> usize {
    let string = |text: &str| MAX_STRING_HEAD_BYTES + text.len();
    let by = by.map_or(0, |by| 1 + string(by));
    let entries =
        |headers: &Headers| headers.iter().map(|(name, value)| string(name) + string(value)).sum::<usize>();
    let headers = headers.map_or(0, |headers| 1 + MAX_STRING_HEAD_BYTES + entries(headers));
    MAX_PLACE_BYTES + by + headers
}
