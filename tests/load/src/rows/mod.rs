//! What is measured: one file a row, or a table of rows of one kind.

pub mod fanouts;
pub mod http_publish;
pub mod idle_memory;
pub mod jitter;
pub mod resume_storm;
pub mod slow_readers;
pub mod storm;

use crate::adapter::{Adapter, Publishing};
use crate::error::LoadError;
use crate::plan::Plan;
use crate::samples::{Sample, Subject};

/// Time that a server takes to start, and its clients to connect, in seconds: for estimates.
const SET_UP_SECONDS: f64 = 0.5;

/// One kind of work that all subjects are given.
pub trait Row {
    /// Names the row on the command line: `saturated`.
    fn name(&self) -> &'static str;

    /// Says what the work is.
    fn title(&self) -> String;

    /// What Fanfare's first figure is to reach.
    fn bound(&self) -> Bound {
        Bound::None
    }

    /// What is varied within the row.
    fn axis(&self) -> Axis {
        Axis::ONE_POINT
    }

    /// Whether a straight line is fitted through the points.
    fn is_fitted(&self) -> bool {
        false
    }

    /// Whether Fanfare's JSON is measured too, unasked.
    fn with_json(&self) -> bool {
        false
    }

    /// Samples beyond which more tell nothing.
    fn pairs_max(&self) -> u16 {
        u16::MAX
    }

    /// Says whether the row makes sense for a server. Most have nothing to do with HTTP.
    fn suits(&self, adapter: &dyn Adapter) -> bool {
        !matches!(adapter.publishing(), Some(Publishing::Requests | Publishing::Lines))
    }

    /// Says what else the samples of a point tell, if anything.
    fn remark(&self, _subjects: &[Subject]) -> Option<String> {
        None
    }

    /// About how long a sample takes, in seconds.
    fn seconds(&self, plan: &Plan) -> f64 {
        SET_UP_SECONDS + (plan.warm_up + plan.window).as_secs_f64()
    }

    /// Measures one subject once, with a fresh process. The first figure is what subjects are compared by.
    ///
    /// # Errors
    /// The sample is void, and why.
    fn sample(&self, point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError>;
}

/// What the first figure is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Nobody has set anything.
    None,
    /// At most so many times the floor's.
    TimesFloor(f64),
    /// At most so much, in the figure's unit.
    AtMost(f64),
    /// At least so much, in the figure's unit.
    AtLeast(f64),
}

/// What a row varies, and the points at which it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// What is varied, with its unit: `payload, B`.
    pub label: &'static str,
    /// The points.
    pub points: &'static [u32],
}

impl Axis {
    /// Nothing is varied.
    pub const ONE_POINT: Self = Self { label: "", points: &[0] };

    /// Whether anything is varied.
    pub fn varies(&self) -> bool {
        self.points.len() > 1
    }
}
