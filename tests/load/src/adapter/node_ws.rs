//! A broker as one writes it in an afternoon with Node's package `ws`: `peers/ws.mjs`.

use super::script::{self, Folder};
use super::{Adapter, Kind, Verdict};
use crate::error::LoadError;
use crate::frame::Opcode;
use crate::launch::Launch;

/// The naive broker.
#[derive(Debug)]
pub struct NodeWs {
    folder: Folder,
}

impl NodeWs {
    /// As installed here.
    pub fn new(folder: Folder) -> Self {
        Self { folder }
    }
}

impl Adapter for NodeWs {
    fn name(&self) -> &'static str {
        "ws"
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        self.folder.on_node("ws.mjs", "ws")
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        script::subscribe(topic, out);
        Ok(())
    }

    fn subscribe_more(&self, _index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.subscribe(topic, out)
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        script::publish(topic, payload, out)
    }

    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        script::judge(opcode, message)
    }
}
