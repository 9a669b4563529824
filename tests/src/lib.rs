//! The harness: runs the built broker on free ports, and speaks to it as its users and its enemies do.
//!
//! - [`Broker`]: a broker of one's own for each test, gone with the test;
//! - [`Client`]: a plain client for both encodings, written in the JSON form of the wire;
//! - [`EventStream`]: a plain client of server-sent events;
//! - [`Raw`]: a socket for bytes that no client would send;
//! - [`Proxy`]: a connection to a broker that can be cut or made mute;
//! - [`Witness`]: a healthy subscriber that must miss nothing, whatever happens beside it;
//! - [`crowd`]: light subscribers by the hundred, which check what they hear;
//! - [`Metrics`]: what Prometheus would read;
//! - [`Report`]: what a long test found out, for people;
//! - [`collector`]: takes spans, as those of OpenTelemetry do;
//! - [`tls`]: an authority for certificates, and bare TLS connections;
//! - [`http`], [`within`], [`eventually`]: small help.
//!
//! Nothing here uses the SDK: what the broker promises must hold for clients that nobody here wrote. Promises of the SDK
//! itself bring it along.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_errors_doc,
    clippy::needless_pass_by_value,
    reason = "a panic is how a test says what is wrong, and values are written in place"
)]

mod binary;
mod broker;
mod client;
pub mod collector;
pub mod crowd;
mod event_stream;
pub mod files;
pub mod http;
mod metrics;
mod proxy;
mod raw;
mod report;
mod resources;
mod setup;
mod shape;
pub mod tls;
mod wait;
mod wire;
mod witness;

pub use binary::{binary, workspace};
pub use broker::{Broker, command};
pub use client::Client;
pub use event_stream::{Event, EventStream};
pub use metrics::{Family, Metrics};
pub use proxy::Proxy;
pub use raw::{Raw, RawReader, RawWriter, WsFrame, handshake, masked, proxied};
pub use report::{Report, mib};
pub use setup::Setup;
pub use shape::{assert_shape, has_shape};
pub use wait::{DEADLINE, eventually, within};
pub use witness::Witness;
