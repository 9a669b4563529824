//! Random parts of frames.

use std::borrow::Cow;

use fanfare_protocol::frame::{Message, Sequenced};
use fanfare_protocol::limits::{MAX_REQUEST_ID, MAX_SEQ, MAX_TIME_MS};
use fanfare_protocol::{Epoch, Headers, Pattern, Payload, Position, StreamName, StreamPosition, Topic};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// A value that is there half of the time.
pub(crate) fn maybe<S: Strategy>(value: S) -> impl Strategy<Value = Option<S::Value>> {
    option::of(value)
}

/// Numbers up to a bound, often at its ends.
fn number(first: u64, last: u64) -> impl Strategy<Value = u64> {
    prop_oneof![4 => first..=last, 4 => first..=last.min(70_000), 1 => Just(first), 1 => Just(last)]
}

pub(super) fn id() -> impl Strategy<Value = u64> {
    number(0, MAX_REQUEST_ID)
}

pub(super) fn millis() -> impl Strategy<Value = u64> {
    number(0, MAX_TIME_MS)
}

pub(super) fn seq() -> impl Strategy<Value = u64> {
    number(0, MAX_SEQ)
}

pub(super) fn message_seq() -> impl Strategy<Value = u64> {
    number(1, MAX_SEQ)
}

/// Any text: control characters, quotes and all of Unicode.
pub(super) fn text() -> impl Strategy<Value = Cow<'static, str>> {
    any::<String>().prop_map(Cow::Owned)
}

/// Text of a size that may have a bound in bytes.
pub(super) fn short_text() -> impl Strategy<Value = Cow<'static, str>> {
    "\\PC{1,32}".prop_map(Cow::Owned)
}

fn segment() -> impl Strategy<Value = String> {
    let letter = prop::sample::select(vec!['a', 'b', 'Z', '7', '$', '"', '\\', '/', '-', 'é', '世', '🎺']);
    vec(letter, 1..5).prop_map(String::from_iter)
}

pub(super) fn topic() -> impl Strategy<Value = Topic> {
    vec(segment(), 1..=12).prop_map(|segments| Topic::new(&segments.join(".")).unwrap())
}

pub(super) fn pattern() -> impl Strategy<Value = Pattern> {
    let segment = prop_oneof![2 => segment(), 1 => Just("*".to_owned())];
    let tail = prop_oneof![3 => Just(""), 1 => Just(".>")];
    (vec(segment, 1..=11), tail)
        .prop_map(|(segments, tail)| Pattern::new(&(segments.join(".") + tail)).unwrap())
}

pub(super) fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
        ]
    });
    let written =
        |(value, spaced): (Value, bool)| if spaced { format!("{value:#}") } else { value.to_string() };
    (value, any::<bool>()).prop_map(written)
}

pub(super) fn payload() -> impl Strategy<Value = Payload<'static>> {
    prop_oneof![
        json().prop_map(|json| Payload::json(&json).unwrap().into_owned()),
        text().prop_map(Payload::text),
        vec(any::<u8>(), 0..600).prop_map(Payload::bytes),
    ]
}

pub(crate) fn headers() -> impl Strategy<Value = Headers> {
    btree_map("[A-Za-z0-9_-]{1,8}", "\\PC{0,16}", 0..20).prop_map(|headers| Headers::new(headers).unwrap())
}

pub(super) fn stream() -> impl Strategy<Value = StreamName> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|name| StreamName::new(&name).unwrap())
}

pub(super) fn epoch() -> impl Strategy<Value = Epoch> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|epoch| Epoch::new(&epoch).unwrap())
}

fn place() -> impl Strategy<Value = StreamPosition> {
    (epoch(), seq()).prop_map(|(epoch, seq)| StreamPosition { epoch, seq })
}

pub(super) fn position() -> impl Strategy<Value = Position> {
    prop_oneof![
        9 => btree_map(stream(), place(), 0..4).prop_map(Position::from_iter),
        1 => btree_map(stream(), place(), 60..=64).prop_map(Position::from_iter),
    ]
}

fn sequenced() -> impl Strategy<Value = Sequenced> {
    (stream(), message_seq(), maybe(seq())).prop_map(|(stream, seq, prev)| Sequenced { stream, seq, prev })
}

pub(crate) fn message() -> impl Strategy<Value = Message<'static>> {
    (topic(), payload(), millis(), maybe(sequenced()), maybe(text()), maybe(headers())).prop_map(
        |(topic, payload, time_ms, sequenced, by, headers)| Message {
            topic,
            payload,
            time_ms,
            sequenced,
            by,
            headers,
        },
    )
}
