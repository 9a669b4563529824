//! Fanfare: a real-time publish/subscribe broker over WebSocket.
//!
//! The parts, from the ground; imports point only downwards:
//!
//! - `clock`, `sync`, `limits`, `metrics`: time, locks, bounds and counts;
//! - `engine`: orders and retains messages;
//! - `auth`, `index`, `outbound`: who may, who wants, what waits for a socket;
//! - `hub`: publish, subscribe, catch up, history, one file a deed;
//! - `session`: which frames are legal now, as a pure state machine;
//! - `net`: sockets, handshakes, and the internal HTTP port;
//! - [`config`]: what the operator wrote, and what it means;
//! - [`server`]: puts all of it together, and is the only place that does;
//! - [`cli`]: the command line.

mod auth;
pub mod cli;
pub mod clock;
pub mod config;
mod engine;
mod hub;
mod index;
pub mod limits;
mod metrics;
mod net;
mod outbound;
pub mod server;
mod session;
mod sync;

pub use engine::StreamConfig;
pub use hub::{HubError, MAX_SHARDS};

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision that this build was made from, where the builder said so in `FANFARE_REVISION`.
pub const REVISION: &str = match option_env!("FANFARE_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};
