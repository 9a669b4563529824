//! Traces: of a few messages it is told how long their way through the broker took, for OpenTelemetry. Pure but for random
//! numbers: spans go into a bounded queue, and somebody else sends them. Nothing here ever waits.
//!
//! A message is traced if its `traceparent` says so, or, where it has none, by chance. It then carries its context to the
//! shards, each of which tells of its delivery. `broker/TRACING.md` says what spans tell.

mod chance;
mod context;
mod pace;
mod span;
mod tracer;

pub(crate) use context::{TRACEPARENT, TraceContext};
pub(crate) use span::{Span, What};
pub(crate) use tracer::Tracer;
