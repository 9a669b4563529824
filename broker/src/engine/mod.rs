//! The engine: what orders, retains and hands out messages. It knows nothing of sessions or sockets.

mod json_body;
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod read;
mod settings;

pub(crate) use json_body::Ledger;
pub(crate) use memory::{MemoryEngine, Stream};
pub(crate) use message::{Draft, Message, SessionId, StreamIndex};
pub use settings::StreamConfig;

pub(crate) use read::{Cursor, Lost, ReadBudget, StartAt};
