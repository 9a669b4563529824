//! Fanfare: a real-time publish/subscribe broker over WebSocket.
//!
//! The parts, from the ground; imports point only downwards (`house`, a test, holds them to it):
//!
//! - `version`, `clock`, `sync`, `fault`, `notation`, `network`, `whose`, `census`, `durable`, `journal`, `notice`, `limits`,
//!   `metrics`, `trace`: what was built; time, locks, planted faults, positions as text, networks and who counts as one, how
//!   many each one has, files that must not be lost, lines in the log, bounds, counts and spans;
//! - `engine`: orders and retains messages;
//! - `auth`, `index`, `outbound`: who may, who wants, what waits for a socket;
//! - `hub`: publish, subscribe, catch up, history, one file a deed;
//! - `session`: which frames are legal now, as a pure state machine;
//! - `net`: sockets, handshakes, and the internal HTTP port;
//! - [`config`]: what the operator wrote, and what it means;
//! - [`server`]: puts all of it together, and is the only place that does;
//! - [`cli`]: the command line; beside it `micro`, microbenchmarks, and `fuzz`, fuzz targets, which only builds with the
//!   feature of that name have.

mod auth;
mod census;
pub mod cli;
pub mod clock;
pub mod config;
mod durable;
mod engine;
mod fault;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
#[cfg(test)]
mod house;
mod hub;
mod index;
mod journal;
pub mod limits;
mod metrics;
#[cfg(any(test, feature = "micro"))]
#[doc(hidden)]
pub mod micro;
mod net;
mod network;
mod notation;
mod notice;
mod outbound;
pub mod server;
mod session;
mod sync;
mod trace;
mod version;
mod whose;

pub use auth::{
    Algorithms, ApiKeyHash, ApiKeySettings, AuthSettings, Ignored, IssuerSettings, JwksError, Key, KeyError,
    KeyKind, KeySet, KeySource, PemError, Rights, Template, TemplateError, Unusable,
};
pub use engine::{DataDirError, StreamConfig};
pub use hub::{HubError, MAX_SHARDS, MemberBy, PresenceConfig};
pub use net::{Names, Proxies, TlsError, TlsFault, TlsFiles, TraceSettings};
pub use version::{BUILD, REVISION, VERSION};
