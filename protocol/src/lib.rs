//! The wire of Fanfare: what client and broker say to each other, and nothing about how it travels.
//!
//! There is no socket here, no clock and no runtime. The parts, from the ground:
//!
//! - [`limits`]: every bound of the wire, with its unit;
//! - [`topic`], [`pattern`]: names, and which names a subscription meets;
//! - [`position`]: where a subscription stands in its streams;
//! - [`codes`]: errors and closes, sorted by what the peer should do;
//! - [`payload`], [`headers`]: what a message carries;
//! - [`frame`]: every frame of both directions as a type;
//! - [`encoding`]: the same frames as JSON or MessagePack;
//! - [`body`]: what all deliveries of one message share, written in two steps.

mod assemble;
pub mod codes;
pub mod encoding;
mod fault;
pub mod frame;
pub mod headers;
mod json;
pub mod limits;
mod msgpack;
mod op;
pub mod pattern;
pub mod payload;
pub mod position;
mod read;
pub mod topic;

pub use codes::{CloseCode, ErrorCode, GapReason};
pub use encoding::{DecodeError, Encoding, FieldError};
pub use frame::{ClientFrame, ServerFrame};
pub use headers::Headers;
pub use json::PositionError;
pub use msgpack::body;
pub use pattern::Pattern;
pub use payload::{Payload, PayloadKind};
pub use position::{Epoch, Position, StreamName, StreamPosition};
pub use topic::Topic;
