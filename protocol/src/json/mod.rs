//! The JSON encoding: text frames to read by eye.
//!
//! Reading splits a frame into its known fields in one pass and then reads only those that its op needs, so that
//! an error can still echo `id` and `sub`. Nothing here recurses over what the peer sent.

mod decode_client;
mod decode_server;
mod encode_client;
mod encode_server;
mod fields;
mod position;
mod structure;
mod write;

pub(crate) use decode_client::{decode_client, decode_publish};
pub(crate) use decode_server::decode_server;
pub(crate) use encode_client::encode_client;
pub(crate) use encode_server::{
    encode_event, encode_server, history_of_bodies, message_body, message_prefix,
};
pub use position::PositionError;
