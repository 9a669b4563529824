//! The MessagePack encoding: compact binary frames for programs.
//!
//! A frame is an array: op code, `sub` or `id` where the op has one, the required fields in a fixed order, and a map
//! of optional fields with integer keys that is always there. `WIRE.md` shows every frame; [`layout`] holds the
//! numbers.

pub mod body;
mod decode_client;
mod decode_records;
mod decode_server;
mod encode_client;
mod encode_server;
mod layout;
mod reader;
mod skip;
mod structure;
mod write;

pub(crate) use decode_client::decode_client;
pub(crate) use decode_server::decode_server;
pub(crate) use encode_client::encode_client;
pub(crate) use encode_server::{encode_server, history_of_bodies, message_body, message_prefix};
