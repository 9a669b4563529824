//! What holds for every frame, tried on random ones. A failure prints the frame and the seed to try it again with.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod seeds;
mod strategies;

use fanfare_protocol::frame::{Message, ServerFrame};
use fanfare_protocol::{Encoding, body};
use proptest::prelude::*;
use strategies::parts::{headers, maybe, message};
use strategies::{client_frame, server_frame};

fn body_of(encoding: Encoding, message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encoding.message_body(message, &mut out);
    out
}

proptest! {
    #![proptest_config(seeds::cases(256))]

    #[test]
    fn a_clients_frame_comes_back_from_both_encodings(frame in client_frame()) {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encoding.encode_client(&frame, &mut bytes);
            prop_assert_eq!(encoding.decode_client(&bytes), Ok(frame.clone()));
        }
    }

    #[test]
    fn a_brokers_frame_comes_back_from_both_encodings(frame in server_frame()) {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encoding.encode_server(&frame, &mut bytes);
            prop_assert_eq!(encoding.decode_server(&bytes), Ok(Some(frame.clone())));
        }
    }

    #[test]
    fn encoding_appends_and_keeps_what_stands_before(client in client_frame(), broker in server_frame()) {
        for encoding in Encoding::ALL {
            let (mut alone, mut after) = (Vec::new(), b"before".to_vec());
            encoding.encode_client(&client, &mut alone);
            encoding.encode_server(&broker, &mut alone);
            encoding.encode_client(&client, &mut after);
            encoding.encode_server(&broker, &mut after);
            prop_assert_eq!(after.strip_prefix(b"before"), Some(&alone[..]));
        }
    }

    #[test]
    fn prefix_and_body_make_the_message_frame(sub in any::<u32>(), message in message()) {
        for encoding in Encoding::ALL {
            let (mut parts, mut whole) = (Vec::new(), Vec::new());
            encoding.message_prefix(sub, &mut parts);
            encoding.message_body(&message, &mut parts);
            encoding.encode_server(&ServerFrame::Message { sub, message: message.clone() }, &mut whole);
            prop_assert_eq!(parts, whole);
        }
    }

    #[test]
    fn a_history_of_bodies_is_the_history_of_their_messages(frame in server_frame()) {
        if let ServerFrame::History { id, page } = &frame {
            for encoding in Encoding::ALL {
                let bodies: Vec<_> = page.messages.iter().map(|message| body_of(*encoding, message)).collect();
                let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
                let (mut parts, mut whole) = (Vec::new(), Vec::new());
                encoding.history_of_bodies(*id, &bodies, &page.gaps, &page.position, page.more, &mut parts);
                encoding.encode_server(&frame, &mut whole);
                prop_assert_eq!(parts, whole);
            }
        }
    }

    #[test]
    fn a_body_in_two_steps_is_the_body_at_once(message in message()) {
        let mut steps = b"before".to_vec();
        let payload = body::start(&message.topic, &message.payload, &mut steps);
        prop_assert_eq!(&steps[payload], message.payload.as_bytes());
        let place = message.sequenced.as_ref().map(|at| (&at.stream, at.seq, at.prev));
        body::finish(message.time_ms, place, message.by.as_deref(), message.headers.as_ref(), &mut steps);
        let at_once = body_of(Encoding::MsgPack, &message);
        prop_assert_eq!(steps.strip_prefix(b"before"), Some(&at_once[..]));
    }

    #[test]
    fn finishing_a_body_keeps_to_its_bound(message in message(), by in maybe("\\PC{0,300}"), headers in maybe(headers())) {
        let mut out = Vec::new();
        let place = message.sequenced.as_ref().map(|at| (&at.stream, at.seq, at.prev));
        body::finish(message.time_ms, place, by.as_deref(), headers.as_ref(), &mut out);
        prop_assert!(out.len() <= body::max_finish_bytes(by.as_deref(), headers.as_ref()));
    }
}
