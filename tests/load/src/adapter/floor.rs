//! The floor: our own server that does nothing but read publishes and write them to their topic's subscribers.
//!
//! Its words are binary frames. `0`, then a topic: subscribe me; the same frame is the answer. The length of a topic,
//! the topic, a message: publish this.

use std::path::PathBuf;
use std::process::Command;

use fanfare_protocol::frame::{Message, Sequenced, ServerFrame};
use fanfare_protocol::{Encoding, Payload, StreamName, Topic};

use super::{Adapter, Kind, Verdict, addressed};
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::Launch;
use crate::samples::FLOOR;

/// What a subscription begins with: no topic is so short.
pub const SUBSCRIBE: u8 = 0;
/// The argument with which the floor writes each message by itself.
pub const DIRECT: &str = "--direct";

/// The floor server.
#[derive(Debug)]
pub struct Floor {
    program: PathBuf,
    direct: bool,
}

impl Floor {
    /// The floor as this program: what comes at once goes out in one write a subscriber.
    pub fn coalescing(program: PathBuf) -> Self {
        Self { program, direct: false }
    }

    /// The floor as this program, with one write for each message and subscriber.
    pub fn direct(program: PathBuf) -> Self {
        Self { program, direct: true }
    }
}

impl Adapter for Floor {
    fn name(&self) -> &'static str {
        if self.direct { "floor-direct" } else { FLOOR }
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        let mut command = Command::new(&self.program);
        if self.direct {
            command.arg(DIRECT);
        }
        Ok(Launch::of(command))
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        write_client(Opcode::Binary, &[&[SUBSCRIBE], topic.as_bytes()].concat(), out);
        Ok(())
    }

    fn subscribe_more(&self, _index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.subscribe(topic, out)
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        let message = as_fanfare_delivers(topic, payload)?;
        write_client(Opcode::Binary, &addressed(topic, &message)?, out);
        Ok(())
    }

    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        match (opcode, message.first()) {
            (Opcode::Binary, Some(&SUBSCRIBE)) => Verdict::Subscribed,
            _ => Verdict::Fault(format!("{opcode:?} of {} bytes", message.len())),
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
