//! Fanfare with its defaults and one shard, in one of its encodings.

use std::path::PathBuf;
use std::process::Command;

use fanfare_protocol::frame::{ClientFrame, Deliver, Hello, Publish, ReplayFrom, ServerFrame, Subscribe};
use fanfare_protocol::{Encoding, Pattern, Payload, PayloadKind, Position, Topic};

use super::{Adapter, Kind, Publishing, Verdict};
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::Launch;
use crate::listens::Listens;

/// The Fanfare broker.
#[derive(Debug)]
pub struct Fanfare {
    program: PathBuf,
    encoding: Encoding,
}

impl Fanfare {
    /// Fanfare as this program, spoken to in this encoding.
    pub fn new(program: PathBuf, encoding: Encoding) -> Self {
        Self { program, encoding }
    }

    fn write(&self, frame: &ClientFrame<'_>, out: &mut Vec<u8>) {
        let mut encoded = Vec::new();
        self.encoding.encode_client(frame, &mut encoded);
        let opcode = match self.encoding {
            Encoding::Json => Opcode::Text,
            Encoding::MsgPack => Opcode::Binary,
        };
        write_client(opcode, &encoded, out);
    }

    fn write_hello(&self, out: &mut Vec<u8>) {
        self.write(
            &ClientFrame::Hello(Hello { token: None, name: Some("fanfare-load".into()), resume: None }),
            out,
        );
    }

    fn write_subscribe(
        &self,
        sub: u32,
        topic: &str,
        from: ReplayFrom,
        out: &mut Vec<u8>,
    ) -> Result<(), LoadError> {
        let pattern = Pattern::new(topic).map_err(|error| LoadError::Protocol(error.to_string()))?;
        let subscribe = Subscribe { sub, pattern, from, deliver: Deliver::Every };
        self.write(&ClientFrame::Subscribe(subscribe), out);
        Ok(())
    }

    /// Bytes, as a program would publish them; in JSON text, which is what a program would use there.
    fn payload<'a>(&self, payload: &'a [u8]) -> Result<Payload<'a>, LoadError> {
        let kind = match self.encoding {
            Encoding::Json => PayloadKind::Text,
            Encoding::MsgPack => PayloadKind::Bytes,
        };
        Payload::of_kind(kind, payload).map_err(|error| LoadError::Protocol(error.to_string()))
    }
}

impl Adapter for Fanfare {
    fn name(&self) -> &'static str {
        match self.encoding {
            Encoding::Json => "fanfare-json",
            Encoding::MsgPack => "fanfare-msgpack",
        }
    }

    fn kind(&self) -> Kind {
        Kind::Ours
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--shards", "1"]);
        // All of the load comes from one address, and half of the open files are too few for it.
        command.args(["--set", "limits.max_connections_per_address=100000"]);
        Ok(Launch { listens: Listens::Logs, ..Launch::of(command) })
    }

    fn subprotocol(&self) -> Option<&'static str> {
        Some(self.encoding.subprotocol())
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.write_hello(out);
        self.subscribe_more(1, topic, out)
    }

    fn subscribe_more(&self, index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.write_subscribe(index, topic, ReplayFrom::Now, out)
    }

    fn resume(&self, topic: &str, from: &Position, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.write_hello(out);
        self.write_subscribe(1, topic, ReplayFrom::Position(from.clone()), out)
    }

    fn wildcards(&self) -> bool {
        true
    }

    fn fanfare(&self) -> Option<Encoding> {
        Some(self.encoding)
    }

    fn publishing(&self) -> Option<Publishing> {
        Some(Publishing::Frames(self.encoding))
    }

    fn introduce_publisher(&self, out: &mut Vec<u8>) {
        self.write_hello(out);
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        let topic = Topic::new(topic).map_err(|error| LoadError::Protocol(error.to_string()))?;
        let payload = self.payload(payload)?;
        let publish =
            Publish { id: None, topic, payload, key: None, expect: None, echo: true, headers: None };
        self.write(&ClientFrame::Publish(publish), out);
        Ok(())
    }

    fn judge(&self, opcode: Opcode, frame: &[u8]) -> Verdict {
        match opcode {
            Opcode::Text | Opcode::Binary => {}
            Opcode::Ping | Opcode::Pong => return Verdict::Harmless,
            Opcode::Close => return Verdict::Fault(format!("closed: {}", String::from_utf8_lossy(frame))),
        }
        match self.encoding.decode_server(frame) {
            Ok(Some(ServerFrame::Subscribed(_))) => Verdict::Subscribed,
            Ok(None | Some(ServerFrame::Welcome(_) | ServerFrame::Ping { .. } | ServerFrame::Pong)) => {
                Verdict::Harmless
            }
            Ok(Some(frame)) => Verdict::Fault(format!("{frame:?}")),
            Err(error) => Verdict::Fault(error.to_string()),
        }
    }
}
