//! The wire, for tests: every frame in its JSON form, whatever the encoding of the session.

use fanfare_protocol::Encoding;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// A client's frame, given in the JSON form, in this encoding.
pub(crate) fn to_wire(encoding: Encoding, frame: &Value) -> Message {
    let json = frame.to_string();
    if encoding == Encoding::Json {
        return Message::text(json);
    }
    let read = Encoding::Json.decode_client(json.as_bytes());
    let frame = read.unwrap_or_else(|error| panic!("{json} is no frame: {error}"));
    let mut bytes = Vec::new();
    encoding.encode_client(&frame, &mut bytes);
    Message::binary(bytes)
}

/// The bytes of a broker's frame in the JSON form. The WebSocket type must be that of the encoding.
pub(crate) fn to_json(encoding: Encoding, message: &Message) -> Vec<u8> {
    match (encoding, message) {
        (Encoding::Json, Message::Text(text)) => text.as_bytes().to_vec(),
        (Encoding::MsgPack, Message::Binary(bytes)) => {
            let frame = encoding.decode_server(bytes).expect("a frame of the broker can be read");
            let mut json = Vec::new();
            Encoding::Json.encode_server(&frame.expect("the broker knows no newer ops"), &mut json);
            json
        }
        (encoding, other) => panic!("{encoding:?} sessions get no such frame: {other:?}"),
    }
}
