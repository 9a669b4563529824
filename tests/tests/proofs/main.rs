//! Promises that take many sessions and a release build to prove. `./tests/run` runs them one by one; each says what it
//! found in a table, which stays in `target/reports/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test says what is wrong"
)]

mod events;
mod flow;
mod jitter;
mod resuming;
mod stalled_readers;
mod stalled_topics;
mod tls;
mod topics;
