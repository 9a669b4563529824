//! The network: sockets in, frames out. All I/O with clients happens here, each session on the thread of its shard.

mod admission;
mod alarm;
mod arrival;
mod connection;
mod deeds;
mod door;
mod expiries;
mod flush;
pub(crate) mod handshake;
pub(crate) mod http;
mod io;
mod jwks;
mod listener;
mod sessions;
mod shard;
mod transport;
mod websocket;

pub(crate) use door::Door;
pub(crate) use jwks::{fetch_key_sets, fetch_once};
pub(crate) use listener::{Listener, bind};
pub(crate) use shard::{ShardHandle, spawn};
