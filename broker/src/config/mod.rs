//! Configuration: from what an operator wrote (file, environment, flags) to what the broker needs.
//!
//! Written and resolved configuration are different types. `written` keeps what stands in the file and where;
//! `resolved` is complete, checked and free of text. Every fault is reported at once, with its place and remedy.
//!
//! `table` names every setting once. From it come the environment variables and `--set` (`layers`), what `fanfare check
//! --print` shows and a reload compares (`listing`), and the example file and the reference page (`reference`).

mod auth;
mod bounds;
mod doors;
mod fault;
mod files;
mod layers;
mod listing;
mod presence;
mod reader;
mod reference;
mod resolved;
mod streams;
mod suggest;
mod table;
mod times;
mod tracing;
pub mod units;
mod written;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Faults, Place};
pub use files::Files;
pub use layers::Overrides;
pub use listing::{Change, Listing};
pub use reference::{example_file, reference_page};
pub use resolved::{Config, DEFAULT_LISTEN, DEFAULT_LOG_LEVEL, Loaded, LogFormat, Source};
pub use table::Name;
