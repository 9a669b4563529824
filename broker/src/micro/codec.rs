//! The codec: reading a publish, and writing the body that all deliveries of a message share; both encodings.

use std::hint::black_box;

use fanfare_protocol::frame::{Message, Sequenced};
use fanfare_protocol::{ClientFrame, Encoding, StreamName, Topic};

use super::meter::check;
use super::parts::{PAYLOADS, TOPIC, payload, publish};
use super::{Meter, Outcome, Size};

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    for encoding in Encoding::ALL {
        for (name, bytes) in PAYLOADS {
            decode(meter, size, *encoding, bytes)?;
            meter.end(format!("decode-publish-{}-{name}", encoding.as_str()), size.pieces, "frame");
            encode(meter, size, *encoding, bytes)?;
            meter.end(format!("encode-body-{}-{name}", encoding.as_str()), size.pieces, "body");
        }
    }
    Ok(())
}

fn decode(meter: &mut Meter, size: Size, encoding: Encoding, bytes: usize) -> Outcome {
    let sent = ClientFrame::Publish(publish(Topic::new(TOPIC)?, payload(encoding, bytes)));
    let mut frame = Vec::new();
    encoding.encode_client(&sent, &mut frame);
    meter.measure(|| {
        for _ in 0..size.pieces {
            drop(black_box(encoding.decode_client(black_box(&frame))));
        }
    });
    check("the frame is read as it was sent", encoding.decode_client(&frame)? == sent, true)
}

fn encode(meter: &mut Meter, size: Size, encoding: Encoding, bytes: usize) -> Outcome {
    let message = Message {
        topic: Topic::new(TOPIC)?,
        payload: payload(encoding, bytes),
        time_ms: 1_763_800_000_000,
        sequenced: Some(Sequenced { stream: StreamName::new("recent")?, seq: 41_000, prev: Some(40_999) }),
        by: None,
        headers: None,
    };
    let mut body = Vec::new();
    // Once unmeasured, so that there is room.
    encoding.message_body(&message, &mut body);
    meter.measure(|| {
        for _ in 0..size.pieces {
            body.clear();
            encoding.message_body(black_box(&message), &mut body);
            black_box(&body);
        }
    });
    check("a body with its payload", body.len() > bytes, true)
}
