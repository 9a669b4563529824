//! Load generator for brokers: the same work for a server that does nothing else (the floor) and for Fanfare.
//!
//! The parts, from the ground:
//!
//! - [`error`], [`samples`], [`stats`]: what can go wrong; figures; medians, spreads and ratios;
//! - [`frame`], [`content`], [`handshake`], [`http`]: as much of WebSocket and HTTP as a load generator needs, and streams
//!   inside frames;
//! - [`payload`], [`order`], [`account`], [`acks`]: numbered payloads, the check that each comes once and in order, the
//!   same by Fanfare's own sequences and gaps, and that each publish is acknowledged;
//! - [`schedule`], [`latency`], [`in_flight`]: when messages are due, how late they come, which of them all have;
//! - [`poller`], [`procfs`]: epoll; CPU time and memory of a process;
//! - [`listens`], [`launch`], [`server`]: where a server listens, what it takes to start it, the server as a pinned child;
//! - [`adapter`]: how each server is started and spoken to, one file a server; [`plan`]: how samples are taken;
//! - [`connection`], [`opening`], [`crowd`], [`subscribers`], [`follower`], [`publisher`], [`publishing`], [`desk`]: the
//!   client side;
//! - [`workload`], [`window`], [`fanout`]: what is asked of a server, what is measured of it, the loop that does both;
//! - [`rows`]: what is measured, one file a row or a kind of rows;
//! - [`tasks`], [`raw`], [`progress`], [`run`]: which samples, those that there are, where the run stands, the run;
//! - [`fit`], [`plot`], [`report`], [`drawing`], [`sizing`], [`results`]: what people read of it;
//! - [`catalogue`]: which subjects and rows there are.

pub mod account;
pub mod acks;
pub mod adapter;
pub mod catalogue;
pub mod connection;
pub mod content;
pub mod crowd;
pub mod desk;
pub mod drawing;
pub mod error;
pub mod fanout;
pub mod fit;
pub mod follower;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod in_flight;
pub mod latency;
pub mod launch;
pub mod listens;
pub mod opening;
pub mod order;
pub mod payload;
pub mod plan;
pub mod plot;
pub mod poller;
pub mod procfs;
pub mod progress;
pub mod publisher;
pub mod publishing;
pub mod raw;
pub mod report;
pub mod results;
pub mod rows;
pub mod run;
pub mod samples;
pub mod schedule;
pub mod server;
pub mod sizing;
pub mod stats;
pub mod subscribers;
pub mod tasks;
pub mod window;
pub mod workload;
