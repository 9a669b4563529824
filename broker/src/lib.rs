//! Fanfare: a real-time publish/subscribe broker over WebSocket.
//!
//! The parts, from the ground; imports point only downwards:
//!
//! - `version`, `clock`, `sync`, `notice`, `census`, `durable`, `journal`, `limits`, `metrics`: what was built; time, locks,
//!   lines in the log, how many each one has, files that must not be lost, bounds and counts;
//! - `engine`: orders and retains messages;
//! - `auth`, `index`, `outbound`: who may, who wants, what waits for a socket;
//! - `hub`: publish, subscribe, catch up, history, one file a deed;
//! - `session`: which frames are legal now, as a pure state machine;
//! - `net`: sockets, handshakes, and the internal HTTP port;
//! - [`config`]: what the operator wrote, and what it means;
//! - [`server`]: puts all of it together, and is the only place that does;
//! - [`cli`]: the command line; beside it `micro`, microbenchmarks that only a build with that feature has.

mod auth;
mod census;
pub mod cli;
pub mod clock;
pub mod config;
mod durable;
mod engine;
mod fault;
mod hub;
mod index;
mod journal;
pub mod limits;
mod metrics;
#[cfg(any(test, feature = "micro"))]
#[doc(hidden)]
pub mod micro;
mod net;
mod notice;
mod outbound;
pub mod server;
mod session;
mod sync;
mod version;

pub use auth::{
    Algorithms, ApiKeyHash, ApiKeySettings, AuthSettings, Ignored, IssuerSettings, JwksError, Key, KeyError,
    KeyKind, KeySet, KeySource, PemError, Rights, Template, TemplateError, Unusable,
};
pub use engine::{DataDirError, StreamConfig};
pub use hub::{HubError, MAX_SHARDS, MemberBy, PresenceConfig};
pub use net::{Names, Proxies, TlsError, TlsFault, TlsFiles};
pub use version::{REVISION, VERSION};
