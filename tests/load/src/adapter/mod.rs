//! How each server is started and spoken to: one file a server.

pub mod fanfare;
pub mod fanfare_http;
pub mod floor;
pub mod mqtt;
pub mod nats;
pub mod script;
pub mod socket_io;
pub mod topic_script;

use fanfare_protocol::{Encoding, Position};

use crate::content::Content;
use crate::error::LoadError;
use crate::frame::Opcode;
use crate::launch::Launch;

/// A server that can be measured.
///
/// Frames are appended to `out` as a client sends them: whole WebSocket frames, masked.
pub trait Adapter: Sync {
    /// Names the subject in tables: `floor`, `fanfare-msgpack`.
    fn name(&self) -> &'static str;

    /// Whose server it is.
    fn kind(&self) -> Kind;

    /// What starts the server on a free loopback port.
    ///
    /// # Errors
    /// It is not installed, or its files can't be written.
    fn launch(&self) -> Result<Launch, LoadError>;

    /// The WebSocket subprotocol to ask for.
    fn subprotocol(&self) -> Option<&'static str> {
        None
    }

    /// How its frames hold messages.
    fn content(&self) -> Content {
        Content::Message
    }

    /// Connections that are opened at once where their time does not matter: several only if the server lets each wait.
    fn connect_at_once(&self) -> u32 {
        1
    }

    /// Writes what a new connection sends before anything else, if it has to wait for the [`Verdict::Welcome`] then.
    fn greet(&self, _out: &mut Vec<u8>) {}

    /// Writes what a new connection sends in order to hear `topic`.
    ///
    /// # Errors
    /// The topic is none for this server.
    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError>;

    /// Writes what a new connection sends before it publishes, without waiting for an answer.
    fn introduce_publisher(&self, _out: &mut Vec<u8>) {}

    /// Writes an unacknowledged publish.
    ///
    /// # Errors
    /// The topic is none for this server.
    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError>;

    /// Says what a message means that carries no numbered payload. One cut from a stream comes as
    /// [`Opcode::Binary`].
    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict;

    /// Writes what subscribes a connection to one more topic, its `index`th: 2, 3 ….
    ///
    /// # Errors
    /// The topic is none for this server.
    fn subscribe_more(&self, index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError>;

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

    /// How publishes are sent that are acknowledged, if there is such a thing.
    fn publishing(&self) -> Option<Publishing> {
        None
    }

    /// Whether a message that is lost or comes twice fails the run. Of peers, which may lose messages by design, faults
    /// are counted instead.
    fn delivers_all(&self) -> bool {
        self.kind() != Kind::Peer
    }
}

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the others are compared with.
    Floor,
    /// Fanfare.
    Ours,
    /// Somebody else's.
    Peer,
}

/// How publishes are sent that are acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishing {
    /// As WebSocket frames with an `id`.
    Frames(Encoding),
    /// As requests over HTTP.
    Requests,
    /// As lines of one request over HTTP.
    Lines,
}

/// A payload with its topic before it, for servers that have no form of their own: the topic's length in one byte, the
/// topic, the payload.
///
/// # Errors
/// The topic is too long for that.
pub fn addressed(topic: &str, payload: &[u8]) -> Result<Vec<u8>, LoadError> {
    let length = u8::try_from(topic.len());
    let length = length.map_err(|_| LoadError::Protocol(format!("{topic} has more than 255 bytes")))?;
    Ok([&[length], topic.as_bytes(), payload].concat())
}

/// What a message means that carries no numbered payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The greeting is answered.
    Welcome,
    /// From here on the connection hears its topic.
    Subscribed,
    /// Nothing that matters here.
    Harmless,
    /// The sample is void, and why.
    Fault(String),
}

impl Verdict {
    /// Turns a fault into an error.
    ///
    /// # Errors
    /// The fault.
    pub fn check(self) -> Result<(), LoadError> {
        match self {
            Self::Fault(fault) => Err(LoadError::Protocol(fault)),
            Self::Welcome | Self::Subscribed | Self::Harmless => Ok(()),
        }
    }
}
