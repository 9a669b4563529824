//! The promises: what the built broker does, as its users, operators and enemies see it. One file a group.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test says what is wrong"
)]

mod admission;
mod auth;
mod banner;
mod check;
mod cli;
mod cli_bench;
mod cli_reconnect;
mod conversation;
mod delivery;
mod delivery_metrics;
mod drain;
mod ephemeral;
mod errors;
mod floods;
mod framing;
mod half_messages;
mod handshake;
mod history;
mod http_publishing;
mod http_reading;
mod http_sessions;
mod latest;
mod mailbox;
mod metrics;
mod openapi;
mod operation;
mod peers;
mod presence;
mod publishing;
mod rates;
mod readme;
mod ready;
mod reconnect;
mod release;
mod reload;
mod replay;
mod restarts;
mod resume;
mod retention;
mod sharding;
mod shares;
mod silence;
mod slow_readers;
mod sse;
mod system;
mod tls;
mod top;
mod tracing;
