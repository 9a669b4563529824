//! What is measured: one file a row.

pub mod idle_memory;
pub mod one_in_flight;
pub mod saturated;

use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::plan::Plan;
use crate::samples::{Figure, Subject};

/// One kind of work that all subjects are given.
pub trait Row {
    /// Names the row on the command line: `saturated`.
    fn name(&self) -> &'static str;

    /// Says what the work is.
    fn title(&self) -> &'static str;

    /// What Fanfare's first figure is to reach.
    fn bound(&self) -> Bound;

    /// Says what else the samples tell, if anything.
    fn remark(&self, _subjects: &[Subject]) -> Option<String> {
        None
    }

    /// Measures one subject once, with a fresh process. The first figure is what subjects are compared by.
    ///
    /// # Errors
    /// The sample is void, and why.
    fn sample(&self, adapter: &dyn Adapter, plan: &Plan) -> Result<Vec<Figure>, LoadError>;
}

/// What a figure is to reach; less is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// At most so many times the floor's.
    TimesFloor(f64),
    /// At most so much, in the figure's unit.
    AtMost(f64),
}
