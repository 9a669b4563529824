//! The MessagePack frames are plain MessagePack: a reader that knows nothing of Fanfare takes them apart.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;

use fanfare_protocol::frame::{Message, Sequenced, ServerFrame};
use fanfare_protocol::{Encoding, Payload, StreamName, Topic, body};
use serde::Deserialize;
use serde_bytes::Bytes;

/// What the options of a message may hold.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Field<'a> {
    Number(u64),
    Text(&'a str),
}

type Tuple<'a> = (u8, u32, &'a str, u8, &'a Bytes, u64, BTreeMap<u8, Field<'a>>);

#[test]
fn a_message_is_a_tuple_with_a_map_at_its_end() {
    let message = Message {
        topic: Topic::new("orders.eu").unwrap(),
        payload: Payload::bytes(vec![7; 300]),
        time_ms: 1_763_800_000_000,
        sequenced: Some(Sequenced { stream: StreamName::new("recent").unwrap(), seq: 42, prev: None }),
        by: Some("alice".into()),
        headers: None,
    };
    let mut bytes = Vec::new();
    Encoding::MsgPack.encode_server(&ServerFrame::Message { sub: 7, message }, &mut bytes);

    let (op, sub, topic, kind, payload, time, options): Tuple<'_> = rmp_serde::from_slice(&bytes).unwrap();
    assert_eq!((op, sub, topic, kind, time), (19, 7, "orders.eu", 2, 1_763_800_000_000));
    assert_eq!(payload, Bytes::new(&[7; 300]));
    let expected = [(1, Field::Text("recent")), (2, Field::Number(42)), (4, Field::Text("alice"))];
    assert_eq!(options, BTreeMap::from(expected));
}

#[test]
fn payloads_of_all_lengths_are_written_in_their_shortest_form() {
    for len in [0, 1, 255, 256, 65_535, 65_536] {
        let payload = vec![7; len];
        let mut body = Vec::new();
        body::start(&Topic::new("a").unwrap(), &Payload::bytes(&payload[..]), &mut body);
        let expected = rmp_serde::to_vec(Bytes::new(&payload)).unwrap();
        assert_eq!(body.strip_prefix(b"\xa1a\x02"), Some(&expected[..]), "{len}");
    }
}
