//! Runs the test vectors that all SDKs share: `tests/vectors/` at the top of the repository says what they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use fanfare_protocol::topic::NameError;
use fanfare_protocol::{DecodeError, Encoding, Pattern, Topic};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Client,
    Broker,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Json,
    MsgPack,
}

#[derive(Deserialize)]
struct FrameVector {
    name: String,
    direction: Direction,
    canonical: bool,
    json: Option<Box<RawValue>>,
    json_text: Option<String>,
    msgpack: String,
}

impl FrameVector {
    fn json(&self) -> &str {
        match (&self.json, &self.json_text) {
            (Some(json), None) => json.get(),
            (None, Some(text)) => text,
            _ => panic!("{}: needs just one of `json` and `json_text`", self.name),
        }
    }
}

#[derive(Deserialize)]
struct InvalidVector {
    name: String,
    direction: Direction,
    encoding: Written,
    input: String,
    code: String,
    mentions: Option<String>,
    id: Option<u64>,
    sub: Option<u32>,
}

#[derive(Deserialize)]
struct IgnoredVector {
    name: String,
    encoding: Written,
    input: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Verdict {
    Valid(bool),
    Breaks(String),
}

#[derive(Deserialize)]
struct NameVector {
    name: String,
    topic: Verdict,
    pattern: Verdict,
}

#[derive(Deserialize)]
struct MatchVector {
    pattern: String,
    topic: String,
    matches: bool,
}

#[derive(Deserialize)]
struct OverlapVector {
    a: String,
    b: String,
    overlap: bool,
}

fn load<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = format!("{}/../tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let vectors: Vec<T> = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert!(!vectors.is_empty());
    vectors
}

fn input(encoding: Written, input: &str) -> (Encoding, Vec<u8>) {
    match encoding {
        Written::Json => (Encoding::Json, input.as_bytes().to_vec()),
        Written::MsgPack => (Encoding::MsgPack, hex::read(input)),
    }
}

#[test]
fn both_encodings_of_a_frame_say_the_same() {
    for vector in load::<FrameVector>("frames.json") {
        let (name, json, msgpack) = (&vector.name, vector.json().as_bytes(), hex::read(&vector.msgpack));
        match vector.direction {
            Direction::Client => {
                let json = Encoding::Json.decode_client(json).unwrap_or_else(|e| panic!("{name}: {e}"));
                let msgpack =
                    Encoding::MsgPack.decode_client(&msgpack).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(json, msgpack, "{name}");
            }
            Direction::Broker => {
                let json = Encoding::Json.decode_server(json).unwrap_or_else(|e| panic!("{name}: {e}"));
                let msgpack =
                    Encoding::MsgPack.decode_server(&msgpack).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert!(json.is_some(), "{name}");
                assert_eq!(json, msgpack, "{name}");
            }
        }
    }
}

/// Reads a frame and writes it again.
fn rewritten(direction: Direction, encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match direction {
        Direction::Client => {
            let frame = encoding.decode_client(bytes).unwrap();
            encoding.encode_client(&frame, &mut out);
        }
        Direction::Broker => {
            let frame = encoding.decode_server(bytes).unwrap().unwrap();
            encoding.encode_server(&frame, &mut out);
        }
    }
    out
}

#[test]
fn a_canonical_frame_is_written_byte_for_byte() {
    for vector in load::<FrameVector>("frames.json").iter().filter(|vector| vector.canonical) {
        let json = rewritten(vector.direction, Encoding::Json, vector.json().as_bytes());
        assert_eq!(String::from_utf8(json).unwrap(), vector.json(), "{}", vector.name);
        let msgpack = rewritten(vector.direction, Encoding::MsgPack, &hex::read(&vector.msgpack));
        assert_eq!(hex::write(&msgpack), vector.msgpack, "{}", vector.name);
    }
}

#[test]
fn a_frame_that_is_not_canonical_is_written_otherwise() {
    for vector in load::<FrameVector>("frames.json").iter().filter(|vector| !vector.canonical) {
        let json = rewritten(vector.direction, Encoding::Json, vector.json().as_bytes());
        let msgpack = rewritten(vector.direction, Encoding::MsgPack, &hex::read(&vector.msgpack));
        let same = json == vector.json().as_bytes() && hex::write(&msgpack) == vector.msgpack;
        assert!(!same, "{}: is canonical", vector.name);
    }
}

fn decode_error(direction: Direction, encoding: Encoding, bytes: &[u8]) -> Option<DecodeError> {
    match direction {
        Direction::Client => encoding.decode_client(bytes).err(),
        Direction::Broker => encoding.decode_server(bytes).err(),
    }
}

#[test]
fn an_invalid_frame_is_refused_with_code_message_and_echo() {
    for vector in load::<InvalidVector>("invalid_frames.json") {
        let (name, (encoding, bytes)) = (&vector.name, input(vector.encoding, &vector.input));
        let error = decode_error(vector.direction, encoding, &bytes);
        let error = error.unwrap_or_else(|| panic!("{encoding:?}: {name}: was accepted"));
        let said = format!("{encoding:?}: {name}: {error:?}");
        assert_eq!(error.code.as_str(), vector.code, "{said}");
        assert_eq!((error.id, error.sub), (vector.id, vector.sub), "{said}");
        let mentions = vector.mentions.as_deref().unwrap_or_default();
        assert!(error.message.contains(mentions), "{said}");
    }
}

#[test]
fn a_client_ignores_unknown_ops() {
    for vector in load::<IgnoredVector>("ignored_frames.json") {
        let (encoding, bytes) = input(vector.encoding, &vector.input);
        assert_eq!(encoding.decode_server(&bytes), Ok(None), "{}", vector.name);
    }
}

fn rule(error: &NameError) -> &'static str {
    match error {
        NameError::Empty => "empty",
        NameError::TooLong(_) => "too_long",
        NameError::TooManySegments => "too_many_segments",
        NameError::EmptySegment => "empty_segment",
        NameError::Character(_) => "character",
        NameError::MixedWildcard => "mixed_wildcard",
        NameError::TailNotLast => "tail_not_last",
    }
}

fn assert_verdict(what: &str, name: &str, found: Result<(), NameError>, expected: &Verdict) {
    match (found, expected) {
        (Ok(()), Verdict::Valid(true)) => {}
        (Err(error), Verdict::Breaks(broken)) => assert_eq!(rule(&error), broken, "{what} {name:?}"),
        (found, _) => panic!("{what} {name:?}: {found:?}"),
    }
}

#[test]
fn names_keep_to_the_rules() {
    for vector in load::<NameVector>("names.json") {
        assert_verdict("topic", &vector.name, Topic::new(&vector.name).map(drop), &vector.topic);
        assert_verdict("pattern", &vector.name, Pattern::new(&vector.name).map(drop), &vector.pattern);
    }
}

#[test]
fn patterns_match_as_listed() {
    for MatchVector { pattern, topic, matches } in load("matching.json") {
        let found = Pattern::new(&pattern).unwrap().matches(&Topic::new(&topic).unwrap());
        assert_eq!(found, matches, "{pattern} {topic}");
    }
}

#[test]
fn patterns_overlap_as_listed_in_both_orders() {
    for OverlapVector { a, b, overlap } in load("overlaps.json") {
        let (first, second) = (Pattern::new(&a).unwrap(), Pattern::new(&b).unwrap());
        assert_eq!(first.overlaps(&second), overlap, "{a} {b}");
        assert_eq!(second.overlaps(&first), overlap, "{b} {a}");
    }
}

/// Bytes as hexadecimal digits.
mod hex {
    use std::fmt::Write;

    /// Reads pairs of digits.
    pub(super) fn read(digits: &str) -> Vec<u8> {
        assert!(digits.len().is_multiple_of(2), "{digits}: odd number of digits");
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    }

    /// Writes pairs of digits.
    pub(super) fn write(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").unwrap();
            digits
        })
    }
}
