//! Frames: no bytes are more than an error with its reason, and what is read is what is written.

use fanfare_protocol::{ClientFrame, DecodeError, Encoding, ErrorCode, ServerFrame};

use super::Outcome;

/// The codes that a frame can be refused with before anybody looks at what it asks for.
const CODES: [ErrorCode; 3] = [ErrorCode::InvalidFrame, ErrorCode::UnknownOp, ErrorCode::InvalidTopic];
/// The longest text of an error, in bytes.
const MESSAGE_MAX_BYTES: usize = 1_000;

pub(super) fn json(input: &[u8]) -> Outcome {
    both_ways(Encoding::Json, input)
}

pub(super) fn msgpack(input: &[u8]) -> Outcome {
    both_ways(Encoding::MsgPack, input)
}

/// Reads it as a client's frame and as a broker's.
fn both_ways(encoding: Encoding, input: &[u8]) -> Outcome {
    let client = encoding.decode_client(input);
    match &client {
        Ok(frame) => client_comes_back(frame),
        Err(error) => says_why(error),
    }
    let server = encoding.decode_server(input);
    match &server {
        Ok(Some(frame)) => server_comes_back(frame),
        Ok(None) => {}
        Err(error) => says_why(error),
    }
    if client.is_ok() { Outcome::Taken } else { Outcome::of(&server) }
}

fn client_comes_back(frame: &ClientFrame<'_>) {
    for encoding in Encoding::ALL {
        let mut bytes = Vec::new();
        encoding.encode_client(frame, &mut bytes);
        let again = encoding.decode_client(&bytes);
        assert_eq!(again.as_ref(), Ok(frame), "written as {}: {}", encoding.as_str(), bytes.escape_ascii());
    }
}

fn server_comes_back(frame: &ServerFrame<'_>) {
    for encoding in Encoding::ALL {
        let mut bytes = Vec::new();
        encoding.encode_server(frame, &mut bytes);
        let again = encoding.decode_server(&bytes);
        let written = bytes.escape_ascii();
        assert_eq!(again.as_ref(), Ok(&Some(frame.clone())), "written as {}: {written}", encoding.as_str());
    }
}

fn says_why(error: &DecodeError) {
    assert!(CODES.contains(&error.code), "an error of another kind: {error:?}");
    let length = error.message.len();
    assert!(length > 0 && length < MESSAGE_MAX_BYTES, "{length} bytes of reason: {error:?}");
}
