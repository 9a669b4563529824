//! Random frames: everything that the types can say, in both directions.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod client;
pub(crate) mod parts;
mod server;

pub(crate) use client::client_frame;
pub(crate) use server::server_frame;
