//! The engine: what orders, retains and hands out messages. It knows nothing of sessions or sockets.

pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod read;
mod settings;

pub(crate) use memory::{MemoryEngine, Stream};
pub(crate) use message::{Draft, Message, SessionId, StreamIndex};
pub use settings::StreamConfig;

pub(crate) use read::{Begin, Cursor, Lost, ReadBudget, StartAt};
