//! Bytes that nobody should send: they are refused with a reason, and never with a panic.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod seeds;
mod strategies;

use fanfare_protocol::{DecodeError, Encoding, ErrorCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use strategies::{client_frame, server_frame};

/// Decodes as everything; whatever is accepted must also be written and read again.
fn try_all(bytes: &[u8]) -> Result<(), TestCaseError> {
    for encoding in Encoding::ALL {
        let mut again = Vec::new();
        match encoding.decode_client(bytes) {
            Ok(frame) => {
                encoding.encode_client(&frame, &mut again);
                prop_assert_eq!(encoding.decode_client(&again), Ok(frame));
            }
            Err(error) => says_why(&error)?,
        }
        again.clear();
        match encoding.decode_server(bytes) {
            Ok(None) => {}
            Ok(Some(frame)) => {
                encoding.encode_server(&frame, &mut again);
                prop_assert_eq!(encoding.decode_server(&again), Ok(Some(frame)));
            }
            Err(error) => says_why(&error)?,
        }
    }
    Ok(())
}

fn says_why(error: &DecodeError) -> Result<(), TestCaseError> {
    let codes = [ErrorCode::InvalidFrame, ErrorCode::UnknownOp, ErrorCode::InvalidTopic];
    prop_assert!(codes.contains(&error.code), "{error:?}");
    prop_assert!(!error.message.is_empty() && error.message.len() < 1_000, "{error:?}");
    Ok(())
}

/// One change to a frame.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        2 => any::<Index>().prop_map(Change::Remove),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let len = bytes.len();
        match change {
            _ if len == 0 => break,
            Change::Set(at, byte) => bytes[at.index(len)] = *byte,
            Change::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Change::Remove(at) => drop(bytes.remove(at.index(len))),
            Change::Cut(at) => bytes.truncate(at.index(len)),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(seeds::cases(2_000))]

    #[test]
    fn any_bytes_are_answered_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        try_all(&bytes)?;
    }

    #[test]
    fn bytes_that_begin_like_a_frame_are_answered_without_a_panic(
        len in 0x91_u8..=0x97, op in 0_u8..32, rest in vec(any::<u8>(), 0..60),
    ) {
        try_all(&[&[len, op][..], &rest].concat())?;
    }

    #[test]
    fn a_spoiled_frame_of_a_client_is_answered_without_a_panic(
        frame in client_frame(), changes in vec(change(), 1..4),
    ) {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encoding.encode_client(&frame, &mut bytes);
            try_all(&changed(bytes, &changes))?;
        }
    }

    #[test]
    fn a_spoiled_frame_of_a_broker_is_answered_without_a_panic(
        frame in server_frame(), changes in vec(change(), 1..4),
    ) {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encoding.encode_server(&frame, &mut bytes);
            try_all(&changed(bytes, &changes))?;
        }
    }
}

const DEEP: usize = 1_000_000;

#[test]
fn deep_json_costs_no_stack() {
    let open = "[".repeat(DEEP);
    for field in ["data", "text", "id", "headers", "from", "new"] {
        let cut = format!(r#"{{"op":"publish","topic":"a","{field}":{open}"#);
        assert!(Encoding::Json.decode_client(cut.as_bytes()).is_err());
    }
    let closed = format!(r#"{{"op":"publish","topic":"a","data":{open}{}}}"#, "]".repeat(DEEP));
    assert!(Encoding::Json.decode_client(closed.as_bytes()).is_ok());
    let position = format!(
        r#"{{"op":"live","sub":7,"position":{{"a":{}1{}}}}}"#,
        r#"{"b":"#.repeat(DEEP),
        "}".repeat(DEEP)
    );
    assert!(Encoding::Json.decode_server(position.as_bytes()).is_err());
}

#[test]
fn deep_messagepack_costs_no_stack() {
    let ping_with = |inside: Vec<u8>| [&[0x92, 8, 0x81, 9][..], &inside].concat();
    let deep = [vec![0x91; DEEP], vec![0xc0]].concat();
    assert!(Encoding::MsgPack.decode_client(&ping_with(deep)).is_ok());
    assert!(Encoding::MsgPack.decode_client(&ping_with(vec![0x91; DEEP])).is_err());
    assert!(Encoding::MsgPack.decode_client(&vec![0x91; DEEP]).is_err());
}
