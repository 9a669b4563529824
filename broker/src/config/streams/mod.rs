//! Streams of the configuration: `[[stream]]`.

mod resolved;
mod written;

pub(super) use resolved::{resolve_patterns, resolve_streams};
pub(super) use written::{KEYS, WrittenStream, read_streams};
