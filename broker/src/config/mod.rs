//! Configuration: from what an operator wrote (file, environment, flags) to what the broker needs.
//!
//! Written and resolved configuration are different types. `written` keeps what stands in the file and where;
//! `resolved` is complete, checked and free of text. Every fault is reported at once, with its place and remedy.

mod bounds;
mod doors;
mod fault;
mod reader;
mod resolved;
mod streams;
mod suggest;
pub mod units;
mod written;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Faults, Place};
pub use resolved::{Config, DEFAULT_LISTEN, Overrides};
