//! Peers that are a short script on a runtime: where `tests/load/run` puts them, and the words that those share whose
//! library has none of its own.
//!
//! Text subscribes to the topic that it is, and is said back. Bytes are an [`addressed`] payload, passed on as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Verdict, addressed};
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::{Launch, find_program, require};

const MODULES: &str = "npm install in a copy of tests/load/peers";

/// The folder with a copy of `tests/load/peers` and the modules installed in it.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path. Nothing is looked for yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Starts a script on Node, which needs a module.
    pub(super) fn on_node(&self, script: &str, module: &'static str) -> Result<Launch, LoadError> {
        let node = find_program("node").unwrap_or_default();
        require("Node", &node, "apt-get install nodejs npm")?;
        require(module, &self.0.join("node_modules").join(module).join("package.json"), MODULES)?;
        self.start(&node, module, script)
    }

    /// Starts a script on the Bun of the modules.
    pub(super) fn on_bun(&self, script: &str) -> Result<Launch, LoadError> {
        let bun = self.0.join("node_modules/bun/bin/bun.exe");
        require("bun", &bun, MODULES)?;
        self.start(&bun, "bun", script)
    }

    fn start(&self, runtime: &Path, peer: &'static str, script: &str) -> Result<Launch, LoadError> {
        let script = self.0.join(script);
        require(peer, &script, MODULES)?;
        let mut command = Command::new(runtime);
        command.arg(script);
        Ok(Launch::of(command))
    }
}

/// Writes a subscription.
pub(super) fn subscribe(topic: &str, out: &mut Vec<u8>) {
    write_client(Opcode::Text, topic.as_bytes(), out);
}

/// Writes a publish.
pub(super) fn publish(topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
    write_client(Opcode::Binary, &addressed(topic, payload)?, out);
    Ok(())
}

/// Text is nothing but a subscription said back.
pub(super) fn judge(opcode: Opcode, message: &[u8]) -> Verdict {
    match opcode {
        Opcode::Text => Verdict::Subscribed,
        Opcode::Ping | Opcode::Pong => Verdict::Harmless,
        _ => Verdict::Fault(format!("{opcode:?}: {}", String::from_utf8_lossy(message))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{FrameError, append_masked, cut};
    use crate::payload::{Layout, numbered};

    #[test]
    fn a_publish_holds_topic_and_payload_and_is_read_where_it_is_delivered() {
        let mut frame = Vec::new();
        publish("load.a", &numbered(7), &mut frame).expect("a good topic");
        let used = cut(&frame, |header, payload| {
            let mut plain = Vec::new();
            append_masked(payload, header.mask.expect("a client masks"), &mut plain);
            assert!(plain.starts_with(b"\x06load.a"));
            let layout = Layout::learn(&plain).expect("there is a payload");
            assert_eq!(layout.number(&plain), Some(7));
            Ok::<(), FrameError>(())
        });
        assert_eq!(used, Ok(frame.len()));
    }

    #[test]
    fn a_topic_too_long_for_its_length_is_refused() {
        assert!(publish(&"t".repeat(256), b"", &mut Vec::new()).is_err());
    }

    #[test]
    fn bytes_without_payload_are_a_fault() {
        assert_eq!(judge(Opcode::Text, b"load.a"), Verdict::Subscribed);
        assert!(matches!(judge(Opcode::Binary, b"\x06load.a"), Verdict::Fault(_)));
        assert!(matches!(judge(Opcode::Close, b"\x03\xe8"), Verdict::Fault(_)));
    }

    #[test]
    fn what_is_not_installed_is_an_error_that_says_so() {
        let folder = Folder::new(PathBuf::from("/nowhere"));
        let error = folder.on_bun("bun.mjs").expect_err("there is nothing");
        assert!(matches!(error, LoadError::NotInstalled { peer: "bun", .. }), "{error}");
    }
}
