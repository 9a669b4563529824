//! 1 topic, 1,000 subscribers, as fast as it goes with 64 messages in flight.

use super::{Bound, Row};
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::fanout::{self, Workload};
use crate::plan::Plan;
use crate::samples::{Figure, Subject};
use crate::stats::Spread;

/// How many times the floor's rate the generator is to take.
const HEADROOM: f64 = 1.2;

/// What a delivery costs when many wait together.
#[derive(Debug)]
pub struct Saturated;

impl Row for Saturated {
    fn name(&self) -> &'static str {
        "saturated"
    }

    fn title(&self) -> &'static str {
        "1 topic, 1,000 subscribers, 128 B, 64 messages in flight"
    }

    fn bound(&self) -> Bound {
        Bound::TimesFloor(1.5)
    }

    /// Says how much faster than the floor the generator could go. Were it close, it would be the generator that was
    /// measured.
    fn remark(&self, subjects: &[Subject]) -> Option<String> {
        fanout::disturbance(subjects)
            .or_else(|| headroom(subjects.iter().find(|subject| subject.is_floor())?))
    }

    fn sample(&self, adapter: &dyn Adapter, plan: &Plan) -> Result<Vec<Figure>, LoadError> {
        fanout::sample(adapter, Workload { subscribers: 1000, in_flight: 64 }, plan)
    }
}

fn headroom(floor: &Subject) -> Option<String> {
    let times = 100.0 / Spread::of(&floor.series(fanout::GENERATOR_CPU))?.median;
    let verdict = if times < HEADROOM { ", which is **too little**" } else { "" };
    Some(format!("The generator could take {times:.2} times the floor's rate{verdict}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(generator_cpu: f64, kept_off_cpu: f64, expected: &str) {
        let figure = |value| Figure { name: "", unit: "", value };
        let sample = [0.1, 9000.0, 98.0, generator_cpu, kept_off_cpu].map(figure).to_vec();
        let floor = Subject { name: "floor", samples: vec![sample] };
        let remark = Saturated.remark(&[floor]).unwrap_or_default();
        assert!(remark.contains(expected), "{remark}");
    }

    #[test]
    fn a_generator_near_its_own_limit_is_told_of() {
        check(80.0, 1.0, "1.25 times");
        check(95.0, 1.0, "too little");
    }

    #[test]
    fn a_machine_that_others_use_is_told_of() {
        check(40.0, 50.0, "Disturbed");
    }
}
