//! The rows that are one fan-out each: a table of workloads.

use super::{Axis, Bound, Row};
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::fanout;
use crate::plan::Plan;
use crate::samples::{Figure, Sample, Subject};
use crate::stats::Spread;
use crate::window;
use crate::workload::{Pace, Workload};

/// How many times the floor's rate the generator is to take.
const HEADROOM: f64 = 1.2;
/// Time to connect a thousand subscribers, in seconds: for estimates.
const SECONDS_PER_THOUSAND: f64 = 0.15;

/// A row whose samples are one fan-out each.
#[derive(Clone, Copy)]
pub struct FanoutRow {
    name: &'static str,
    title: &'static str,
    bound: Bound,
    axis: Axis,
    with_json: bool,
    is_fitted: bool,
    pairs_max: u16,
    /// What is compared.
    by: By,
    /// The work at a point of the axis.
    workload: fn(u32) -> Workload,
}

/// What a row compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Server CPU for each delivery.
    Delivery,
    /// Server CPU for each message with all its deliveries.
    Message,
}

const PLAIN: FanoutRow = FanoutRow {
    name: "",
    title: "",
    bound: Bound::None,
    axis: Axis::ONE_POINT,
    with_json: false,
    is_fitted: false,
    pairs_max: u16::MAX,
    by: By::Delivery,
    workload: |_| Workload::one_topic(1000, Pace::InFlight(64)),
};

/// A row that has a figure to reach.
const fn figure(
    name: &'static str,
    title: &'static str,
    times_floor: f64,
    workload: fn(u32) -> Workload,
) -> FanoutRow {
    FanoutRow { name, title, bound: Bound::TimesFloor(times_floor), workload, ..PLAIN }
}

/// A row that shows how cost grows: three samples of each point are enough for a curve.
const fn curve(
    name: &'static str,
    title: &'static str,
    label: &'static str,
    points: &'static [u32],
    workload: fn(u32) -> Workload,
) -> FanoutRow {
    FanoutRow { name, title, axis: Axis { label, points }, pairs_max: 3, workload, ..PLAIN }
}

const fn fitted(row: FanoutRow) -> FanoutRow {
    FanoutRow { is_fitted: true, ..row }
}

const fn by_message(row: FanoutRow) -> FanoutRow {
    FanoutRow { by: By::Message, ..row }
}

const fn with_json(row: FanoutRow) -> FanoutRow {
    FanoutRow { with_json: true, ..row }
}

const ONE: Pace = Pace::InFlight(1);
const MANY: Pace = Pace::InFlight(64);

/// The rows for which figures are set.
pub const FIGURES: [FanoutRow; 5] = [
    with_json(figure("paced", "1 topic, 1,000 subscribers, 128 B, 100 messages/s", 1.1, |_| {
        Workload::one_topic(1000, Pace::PerSecond(100))
    })),
    with_json(figure("saturated", "1 topic, 1,000 subscribers, 128 B, 64 messages in flight", 1.5, |_| {
        Workload::one_topic(1000, MANY)
    })),
    with_json(figure(
        "one-in-flight",
        "1 topic, 1,000 subscribers, 128 B, one message in flight",
        1.1,
        |_| Workload::one_topic(1000, ONE),
    )),
    figure("many-topics", "1,000 topics with 1 subscriber each, 128 B, 256 messages in flight", 1.15, |_| {
        Workload { topics: 1000, ..Workload::one_topic(1000, Pace::InFlight(256)) }
    }),
    figure("large-payload", "1 topic, 1,000 subscribers, 16 KiB, 20 messages/s", 1.1, |_| Workload {
        payload_bytes: 16 << 10,
        ..Workload::one_topic(1000, Pace::PerSecond(20))
    }),
];

/// Fan-outs at the edges.
pub const EDGES: [FanoutRow; 4] = [
    FanoutRow {
        name: "10k-subscribers",
        title: "1 topic, 10,000 subscribers, 128 B, 64 messages in flight",
        workload: |_| Workload::one_topic(10_000, MANY),
        ..PLAIN
    },
    FanoutRow {
        name: "100k-topics",
        title: "100,000 topics on 1,000 connections, 128 B, 256 messages in flight",
        workload: |_| Workload { topics: 100_000, ..Workload::one_topic(1000, Pace::InFlight(256)) },
        ..PLAIN
    },
    FanoutRow {
        name: "patterns",
        title: "1 topic, 1,000 subscribers with 50 different wildcard patterns, 128 B, 64 messages in flight",
        workload: |_| Workload { patterns: 50, ..Workload::one_topic(1000, MANY) },
        ..PLAIN
    },
    curve(
        "window",
        "1 topic, 1,000 subscribers, 128 B, by messages in flight",
        "messages in flight",
        &[1, 2, 4, 8, 16, 32, 64],
        |window| Workload::one_topic(1000, Pace::InFlight(window)),
    ),
];

/// How cost grows: what sizing needs.
pub const SIZING: [FanoutRow; 4] = [
    fitted(by_message(curve(
        "by-subscribers",
        "1 topic, 128 B, one message in flight, by subscribers",
        "subscribers",
        &[1, 10, 100, 1000, 10_000],
        |subscribers| Workload::one_topic(subscribers, ONE),
    ))),
    fitted(curve(
        "by-topics",
        "1,000 connections, 128 B, 256 messages in flight, by topics",
        "topics",
        &[1000, 10_000, 50_000, 100_000],
        |topics| Workload { topics, ..Workload::one_topic(1000, Pace::InFlight(256)) },
    )),
    fitted(by_message(curve(
        "by-patterns",
        "1 topic, 500 subscribers, 128 B, one message in flight, by different wildcard patterns",
        "patterns",
        &[1, 10, 50, 200, 500],
        |patterns| Workload { patterns, ..Workload::one_topic(500, ONE) },
    ))),
    fitted(curve(
        "by-payload",
        "1 topic, 1,000 subscribers, one message in flight, by bytes of payload",
        "payload, B",
        &[128, 1024, 4096, 16_384, 65_536],
        |bytes| Workload { payload_bytes: bytes as usize, ..Workload::one_topic(1000, ONE) },
    )),
];

impl Row for FanoutRow {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> String {
        self.title.to_owned()
    }

    fn bound(&self) -> Bound {
        self.bound
    }

    fn axis(&self) -> Axis {
        self.axis
    }

    fn is_fitted(&self) -> bool {
        self.is_fitted
    }

    fn with_json(&self) -> bool {
        self.with_json
    }

    fn pairs_max(&self) -> u16 {
        self.pairs_max
    }

    /// Says how much faster than the floor the generator could go under saturation. Were it close, it would be the
    /// generator that was measured.
    fn remark(&self, subjects: &[Subject]) -> Option<String> {
        let saturated = !self.axis.varies() && (self.workload)(0).pace == MANY;
        headroom(subjects.iter().find(|subject| saturated && subject.is_floor())?)
    }

    fn seconds(&self, plan: &Plan) -> f64 {
        // Points with many subscribers are few; the middle one stands for all.
        let point = self.axis.points[self.axis.points.len() / 2];
        let subscribers = f64::from((self.workload)(point).subscribers);
        let connect = SECONDS_PER_THOUSAND * subscribers / 1e3;
        super::SET_UP_SECONDS + connect + (plan.warm_up + plan.window).as_secs_f64()
    }

    fn sample(&self, point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let workload = (self.workload)(point);
        let mut figures = fanout::sample(adapter, &workload, plan)?;
        if self.by == By::Message {
            let cost = figures.iter().find(|figure| figure.name == window::COST).map_or(0.0, |f| f.value);
            figures.insert(0, Figure::new("CPU/message", "µs", cost * f64::from(workload.copies())));
        }
        Ok(figures)
    }
}

fn headroom(floor: &Subject) -> Option<String> {
    let times = 100.0 / Spread::of(&floor.series(window::GENERATOR_CPU))?.median;
    let verdict = if times < HEADROOM { ", which is **too little**" } else { "" };
    Some(format!("The generator could take {times:.2} times the floor's rate{verdict}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(generator_cpu: f64, expected: &str) {
        let sample = vec![Figure::new(window::GENERATOR_CPU, "%", generator_cpu)];
        let floor = Subject { name: "floor", samples: vec![sample] };
        let remark = FIGURES[1].remark(&[floor]).unwrap_or_default();
        assert!(remark.contains(expected), "{remark}");
    }

    #[test]
    fn a_generator_near_its_own_limit_is_told_of() {
        check(80.0, "1.25 times");
        check(95.0, "too little");
    }

    #[test]
    fn topics_and_subscribers_share_out_evenly_in_every_row() {
        for row in FIGURES.iter().chain(&EDGES).chain(&SIZING) {
            for &point in row.axis.points {
                let workload = (row.workload)(point);
                assert_eq!(workload.subscribers % workload.groups(), 0, "{}", row.name);
                assert_eq!(workload.topics % workload.groups(), 0, "{}", row.name);
            }
        }
    }
}
