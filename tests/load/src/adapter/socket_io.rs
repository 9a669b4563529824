//! Socket.IO with a room for each topic: `peers/socketio.mjs`.
//!
//! A packet with bytes in it is two frames: text that says where the bytes belong, then the bytes.

use super::script::Folder;
use super::{Adapter, Kind, Verdict};
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::Launch;

/// Socket.IO.
#[derive(Debug)]
pub struct SocketIo {
    folder: Folder,
}

impl SocketIo {
    /// As installed here.
    pub fn new(folder: Folder) -> Self {
        Self { folder }
    }
}

impl Adapter for SocketIo {
    fn name(&self) -> &'static str {
        "socket.io"
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        self.folder.on_node("socketio.mjs", "socket.io")
    }

    /// Enters the main namespace. Whoever says more before that is answered is put out.
    fn greet(&self, out: &mut Vec<u8>) {
        write_client(Opcode::Text, b"40", out);
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.subscribe_more(1, topic, out)
    }

    /// An event that is acknowledged by its number.
    fn subscribe_more(&self, index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        let packet = format!("42{index}[\"subscribe\",\"{}\"]", in_quotes(topic)?);
        write_client(Opcode::Text, packet.as_bytes(), out);
        Ok(())
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        let topic = in_quotes(topic)?;
        let packet = format!("451-[\"publish\",\"{topic}\",{{\"_placeholder\":true,\"num\":0}}]");
        write_client(Opcode::Text, packet.as_bytes(), out);
        write_client(Opcode::Binary, payload, out);
        Ok(())
    }

    /// By the numbers at its front: those of Engine.IO and, in its messages (4), of Socket.IO.
    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        match (opcode, message) {
            // What the connection is called; a heartbeat; the text before a message's bytes.
            (Opcode::Text, [b'0' | b'2', ..] | [b'4', b'5', ..]) => Verdict::Harmless,
            (Opcode::Text, [b'4', b'0', ..]) => Verdict::Welcome,
            (Opcode::Text, [b'4', b'3', ..]) => Verdict::Subscribed,
            _ => Verdict::Fault(format!("{opcode:?}: {}", String::from_utf8_lossy(message))),
        }
    }
}

/// A topic that stands for itself between the quotes of JSON.
fn in_quotes(topic: &str) -> Result<&str, LoadError> {
    let escaped = |c: char| c.is_control() || c == '"' || c == '\\';
    if topic.contains(escaped) {
        return Err(LoadError::Protocol(format!("{topic:?} would have to be escaped")));
    }
    Ok(topic)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::frame::{FrameError, append_masked, cut};

    fn socket_io() -> SocketIo {
        SocketIo::new(Folder::new(PathBuf::from("/nowhere")))
    }

    #[test]
    fn a_publish_is_text_with_a_place_for_bytes_and_then_the_bytes() {
        let (mut out, mut frames) = (Vec::new(), Vec::new());
        socket_io().publish("load.a", b"\x00\xff", &mut out).expect("a good topic");
        cut(&out, |header, payload| {
            let mut plain = Vec::new();
            append_masked(payload, header.mask.expect("a client masks"), &mut plain);
            frames.push((header.opcode, plain));
            Ok::<(), FrameError>(())
        })
        .expect("these are frames");
        let text = br#"451-["publish","load.a",{"_placeholder":true,"num":0}]"#.to_vec();
        assert_eq!(frames, [(Opcode::Text, text), (Opcode::Binary, b"\x00\xff".to_vec())]);
    }

    #[test]
    fn a_topic_with_a_quote_is_refused() {
        assert!(socket_io().subscribe("a\"b", &mut Vec::new()).is_err());
    }

    #[test]
    fn packets_are_judged_by_their_numbers() {
        for (text, expected) in [
            ("0{\"sid\":\"x\"}", Verdict::Harmless),
            ("40{\"sid\":\"y\"}", Verdict::Welcome),
            ("430[]", Verdict::Subscribed),
            ("451-[\"message\",\"load.a\",{\"_placeholder\":true,\"num\":0}]", Verdict::Harmless),
        ] {
            assert_eq!(socket_io().judge(Opcode::Text, text.as_bytes()), expected, "{text}");
        }
        for text in ["41", "44{\"message\":\"no\"}", "1", ""] {
            assert!(matches!(socket_io().judge(Opcode::Text, text.as_bytes()), Verdict::Fault(_)), "{text}");
        }
    }
}
