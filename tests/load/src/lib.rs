//! Load generator for brokers: the same work for a server that does nothing else (the floor) and for Fanfare.
//!
//! The parts, from the ground:
//!
//! - [`error`], [`samples`], [`stats`]: what can go wrong; figures; medians, spreads and ratios;
//! - [`frame`], [`handshake`]: as much of WebSocket as a load generator needs;
//! - [`payload`], [`order`], [`in_flight`]: numbered payloads, the check that each comes once and in order,
//!   and which of them all subscribers have;
//! - [`poller`], [`procfs`], [`server`]: epoll, CPU time and memory of a process, the server as a pinned child;
//! - [`adapter`]: how each server is started and spoken to, one file a server; [`plan`]: how samples are taken;
//! - [`connection`], [`subscribers`], [`publisher`]: the client side;
//! - [`fanout`], [`rows`]: what is measured, one file a row;
//! - [`report`], [`progress`]: what people see and what is kept;
//! - [`catalogue`]: which subjects and rows there are.

pub mod adapter;
pub mod catalogue;
pub mod connection;
pub mod error;
pub mod fanout;
pub mod frame;
pub mod handshake;
pub mod in_flight;
pub mod order;
pub mod payload;
pub mod plan;
pub mod poller;
pub mod procfs;
pub mod progress;
pub mod publisher;
pub mod report;
pub mod rows;
pub mod samples;
pub mod server;
pub mod stats;
pub mod subscribers;
