//! 1 topic, 1,000 subscribers, and the next message only when all have the last.

use super::{Bound, Row};
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::fanout::{self, Workload};
use crate::plan::Plan;
use crate::samples::{Figure, Subject};

/// What a delivery costs when nothing waits together.
#[derive(Debug)]
pub struct OneInFlight;

impl Row for OneInFlight {
    fn name(&self) -> &'static str {
        "one-in-flight"
    }

    fn title(&self) -> &'static str {
        "1 topic, 1,000 subscribers, 128 B, one message in flight"
    }

    fn bound(&self) -> Bound {
        Bound::TimesFloor(1.1)
    }

    fn remark(&self, subjects: &[Subject]) -> Option<String> {
        fanout::disturbance(subjects)
    }

    fn sample(&self, adapter: &dyn Adapter, plan: &Plan) -> Result<Vec<Figure>, LoadError> {
        fanout::sample(adapter, Workload { subscribers: 1000, in_flight: 1 }, plan)
    }
}
