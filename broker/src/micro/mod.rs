//! Microbenchmarks of the hot path: what `tests/micro/run` counts the instructions of. In no build but that one and
//! the tests.
//!
//! A case prepares what it needs, does its work in sections that are measured, and checks that the work was done.

mod codec;
mod fan_out;
mod index;
mod meter;
mod parts;
mod publish;
mod queue;
mod stream;
#[cfg(test)]
mod tests;

use std::error::Error;

pub use meter::{Case, Meter};

/// What went wrong: a case that can't be prepared, or that did not do its work.
pub type Outcome = Result<(), Box<dyn Error>>;

/// How much a run does.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Patterns in the topic index.
    pub patterns: u32,
    /// Subscribers of a message that is fanned out, and outbound queues.
    pub subscribers: u32,
    /// Pieces of work of all other cases; a multiple of 64.
    pub pieces: u32,
}

impl Size {
    /// What is measured.
    pub const FULL: Self = Self { patterns: 1_000_000, subscribers: 1_000, pieces: 1_024 };
    /// Enough to see that every case does its work.
    pub const SMALL: Self = Self { patterns: 400, subscribers: 3, pieces: 64 };
}

/// Cases that are measured in one process, in this order.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What all its cases' names begin with.
    pub name: &'static str,
    run: fn(&mut Meter, Size) -> Outcome,
}

impl Group {
    /// Runs its cases, and says which they were.
    ///
    /// # Errors
    /// A case can't be prepared, or did not do its work.
    pub fn run(&self, size: Size) -> Result<Vec<Case>, Box<dyn Error>> {
        let mut meter = Meter::default();
        (self.run)(&mut meter, size)?;
        Ok(meter.into_cases())
    }
}

/// All groups, a message's way.
pub const GROUPS: [Group; 6] = [
    Group { name: "codec", run: codec::cases },
    Group { name: "publish", run: publish::cases },
    Group { name: "stream", run: stream::cases },
    Group { name: "index", run: index::cases },
    Group { name: "fan-out", run: fan_out::cases },
    Group { name: "queue", run: queue::cases },
];
