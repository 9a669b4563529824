//! The network: sockets in, frames out. All I/O with clients happens here, each session on the thread of its shard.

mod accept;
mod admission;
mod alarm;
mod arrival;
mod connection;
mod deeds;
mod door;
mod event_stream;
mod expiries;
mod files;
mod flush;
mod greeting;
mod halves;
pub(crate) mod handshake;
pub(crate) mod http;
mod io;
mod jwks;
mod listener;
mod look_after;
mod places;
mod refusals;
mod sessions;
mod shard;
mod spans;
mod tls;
mod transport;
mod turns;
mod websocket;

pub(crate) use accept::Acceptor;
pub(crate) use admission::Senders;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use admission::{FIXED_BYTES, client_of, source, total_len};
pub use admission::{Names, Proxies};
pub(crate) use door::Door;
pub(crate) use files::make_room;
pub(crate) use jwks::{fetch_key_sets, fetch_once};
pub(crate) use listener::{Listener, bind};
pub(crate) use shard::{ShardHandle, spawn};
pub(crate) use spans::Exporter;
pub use spans::TraceSettings;
pub(crate) use tls::Keeper;
pub use tls::{TlsError, TlsFault, TlsFiles};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use websocket::{Heard, by_parts, by_tungstenite};
