//! Peers that are a script and speak the words of `script.rs`: Bun's server, and a broker over Node's package `ws`.

use super::script::{self, Folder};
use super::{Adapter, Kind, Verdict};
use crate::error::LoadError;
use crate::frame::Opcode;
use crate::launch::Launch;

/// A script that keeps topics.
#[derive(Debug)]
pub struct TopicScript {
    name: &'static str,
    folder: Folder,
    launch: fn(&Folder) -> Result<Launch, LoadError>,
}

impl TopicScript {
    /// Bun's server, which keeps topics and publishes by itself (inside, it is uWebSockets): `peers/bun.mjs`.
    pub fn bun(folder: Folder) -> Self {
        Self { name: "bun", folder, launch: |folder| folder.on_bun("bun.mjs") }
    }

    /// A broker as one writes it in an afternoon with Node's package `ws`: `peers/ws.mjs`.
    pub fn ws(folder: Folder) -> Self {
        Self { name: "ws", folder, launch: |folder| folder.on_node("ws.mjs", "ws") }
    }
}

impl Adapter for TopicScript {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        (self.launch)(&self.folder)
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
