//! Tracing in the configuration: `[tracing]`.

mod resolved;
#[cfg(test)]
mod tests;
mod written;

pub(super) use resolved::resolve_tracing;
pub(super) use written::{KEYS, WrittenTracing, read_tracing};
