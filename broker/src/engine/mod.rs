//! The engine: what orders, retains and hands out messages. It knows nothing of sessions or sockets.

mod append;
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod read;
mod route;
mod settings;

pub(crate) use append::{Conditions, Refused};
pub use memory::DataDirError;
pub(crate) use memory::{
    DataDir, Fill, LastRun, MemoryEngine, Run, SavedStream, Stream, TOPIC_PARTS, Written,
};
pub(crate) use message::{Draft, Message, SessionId, StreamIndex};
pub(crate) use route::Route;
pub(crate) use settings::KeyLimits;
pub use settings::StreamConfig;

pub(crate) use read::{BackwardPlace, Batch, Begin, Cursor, Lost, ReadBudget, StartAt};
