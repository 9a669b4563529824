//! The floor: our own server that does nothing but read publishes and write them to all subscribers.

use std::path::PathBuf;
use std::process::Command;

use fanfare_protocol::frame::{Message, Sequenced, ServerFrame};
use fanfare_protocol::{Encoding, Payload, StreamName, Topic};

use super::{Adapter, Verdict};
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::samples::FLOOR;

/// What a subscriber says first; the floor says it back.
pub const SUBSCRIBER: &[u8] = b"S";
/// What a publisher says first.
pub const PUBLISHER: &[u8] = b"P";

/// The floor server.
#[derive(Debug)]
pub struct Floor {
    program: PathBuf,
}

impl Floor {
    /// The floor as this program.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Adapter for Floor {
    fn name(&self) -> &'static str {
        FLOOR
    }

    fn command(&self) -> Command {
        Command::new(&self.program)
    }

    fn subprotocol(&self) -> Option<&'static str> {
        None
    }

    fn subscribe(&self, _topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        write_client(Opcode::Binary, SUBSCRIBER, out);
        Ok(())
    }

    fn introduce_publisher(&self, out: &mut Vec<u8>) {
        write_client(Opcode::Binary, PUBLISHER, out);
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        write_client(Opcode::Binary, &as_fanfare_delivers(topic, payload)?, out);
        Ok(())
    }

    fn judge(&self, opcode: Opcode, frame: &[u8]) -> Verdict {
        match opcode {
            Opcode::Binary if frame == SUBSCRIBER => Verdict::Subscribed,
            _ => Verdict::Fault(format!("{opcode:?} of {} bytes", frame.len())),
        }
    }
}

/// Fanfare's own `MessagePack` frame for a message: the floor passes it on as it is, so a delivery is the same bytes
/// for both.
fn as_fanfare_delivers(topic: &str, payload: &[u8]) -> Result<Vec<u8>, LoadError> {
    let invalid = |name: &str| LoadError::Protocol(format!("{name} is no name"));
    let message = Message {
        topic: Topic::new(topic).map_err(|_| invalid(topic))?,
        payload: Payload::bytes(payload),
        time_ms: 1_763_800_000_000,
        sequenced: Some(Sequenced {
            stream: StreamName::new("recent").map_err(|_| invalid("recent"))?,
            seq: 20_000,
            prev: Some(19_999),
        }),
        by: None,
        headers: None,
    };
    let mut frame = Vec::new();
    Encoding::MsgPack.encode_server(&ServerFrame::Message { sub: 1, message }, &mut frame);
    Ok(frame)
}
