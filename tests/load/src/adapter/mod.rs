//! How each server is started and spoken to: one file a server.

pub mod fanfare;
pub mod floor;

use std::process::Command;

use fanfare_protocol::{Encoding, Position};

use crate::error::LoadError;
use crate::frame::Opcode;
use crate::samples::FLOOR;

/// A server that can be measured.
///
/// Frames are appended to `out` as a client sends them: whole WebSocket frames, masked.
pub trait Adapter {
    /// Names the subject in tables: `floor`, `fanfare-msgpack`.
    fn name(&self) -> &'static str;

    /// Starts the server on a free loopback port. It is to print its `ws://` URL on standard output.
    fn command(&self) -> Command;

    /// The WebSocket subprotocol to ask for.
    fn subprotocol(&self) -> Option<&'static str>;

    /// Writes what a new connection sends in order to hear `topic`.
    ///
    /// # Errors
    /// The topic is none for this server.
    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError>;

    /// Writes what a new connection sends before it publishes.
    fn introduce_publisher(&self, out: &mut Vec<u8>);

    /// Writes an unacknowledged publish.
    ///
    /// # Errors
    /// The topic is none for this server.
    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError>;

    /// Says what a frame means that carries no numbered payload.
    fn judge(&self, opcode: Opcode, frame: &[u8]) -> Verdict;

    /// Writes what subscribes a connection to one more topic, its `index`th: 2, 3 ….
    ///
    /// # Errors
    /// The topic is none for this server, or a connection can't have several.
    fn subscribe_more(&self, _index: u32, _topic: &str, _out: &mut Vec<u8>) -> Result<(), LoadError> {
        Err(LoadError::Unsupported("several topics on one connection"))
    }

    /// Writes what a new connection sends in order to hear all of `topic` that comes after a position.
    ///
    /// # Errors
    /// The topic is none for this server, or sessions can't resume.
    fn resume(&self, _topic: &str, _from: &Position, _out: &mut Vec<u8>) -> Result<(), LoadError> {
        Err(LoadError::Unsupported("resuming"))
    }

    /// Whether `*` for a segment and `>` for the rest may stand in what is subscribed to.
    fn wildcards(&self) -> bool {
        false
    }

    /// The encoding, if the server is Fanfare: then sessions can resume, and gaps are told.
    fn fanfare(&self) -> Option<Encoding> {
        None
    }

    /// Whether a message that is lost or comes twice fails the run. Of peers, which may lose messages by design, faults
    /// are counted instead.
    fn delivers_all(&self) -> bool {
        self.name() == FLOOR || self.fanfare().is_some()
    }
}

/// What a frame means that carries no numbered payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// From here on the connection hears its topic.
    Subscribed,
    /// Nothing that matters here.
    Harmless,
    /// The sample is void, and why.
    Fault(String),
}
