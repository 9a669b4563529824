//! Fanfare published to over HTTP: by requests on connections that stay open, or by lines of one request without end.

use std::path::PathBuf;

use fanfare_protocol::Encoding;

use super::fanfare::Fanfare;
use super::{Adapter, Kind, Publishing, Verdict};
use crate::error::LoadError;
use crate::frame::Opcode;
use crate::launch::Launch;

/// The Fanfare broker, for publishers without a WebSocket.
#[derive(Debug)]
pub struct FanfareHttp {
    fanfare: Fanfare,
    name: &'static str,
    publishing: Publishing,
}

impl FanfareHttp {
    /// One request a message, or an array of those that are published at once.
    pub fn requests(program: PathBuf) -> Self {
        Self::new(program, "fanfare-http", Publishing::Requests)
    }

    /// A line a message, in one request a connection.
    pub fn lines(program: PathBuf) -> Self {
        Self::new(program, "fanfare-lines", Publishing::Lines)
    }

    fn new(program: PathBuf, name: &'static str, publishing: Publishing) -> Self {
        Self { fanfare: Fanfare::new(program, Encoding::Json), name, publishing }
    }
}

impl Adapter for FanfareHttp {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Ours
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        self.fanfare.launch()
    }

    fn subprotocol(&self) -> Option<&'static str> {
        self.fanfare.subprotocol()
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.fanfare.subscribe(topic, out)
    }

    fn subscribe_more(&self, index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.fanfare.subscribe_more(index, topic, out)
    }

    fn publish(&self, _topic: &str, _payload: &[u8], _out: &mut Vec<u8>) -> Result<(), LoadError> {
        Err(LoadError::Unsupported("publishing without an answer over HTTP"))
    }

    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        self.fanfare.judge(opcode, message)
    }

    fn publishing(&self) -> Option<Publishing> {
        Some(self.publishing)
    }
}
