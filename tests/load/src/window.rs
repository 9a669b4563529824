//! The measured window: what was counted at its two ends, and the figures that come of it.

use std::time::{Duration, Instant};

use crate::error::LoadError;
use crate::order::Faults;
use crate::procfs::{CpuTime, cpu_time};
use crate::samples::{Figure, Subject};
use crate::server::Server;
use crate::stats::Spread;

/// Server CPU for each delivery.
pub const COST: &str = "CPU/delivery";
/// Deliveries a second.
pub const RATE: &str = "deliveries";
/// The generator's share of a CPU.
pub const GENERATOR_CPU: &str = "generator CPU";
/// The share of time for which others had the CPUs.
const KEPT_OFF_CPU: &str = "kept off CPU";
/// The share of that time from which on the machine was not quiet, in percent.
const DISTURBED: f64 = 10.0;

/// What has been counted up to a moment.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Instant,
    deliveries: u64,
    server: CpuTime,
    generator: CpuTime,
}

impl Mark {
    /// Reads the CPU time of both sides, now that so many deliveries were counted.
    ///
    /// # Errors
    /// The server has ended.
    pub fn now(server: &Server, deliveries: u64) -> Result<Self, LoadError> {
        let (server, generator) = (cpu_time(server.pid())?, cpu_time(std::process::id())?);
        Ok(Self { server, generator, deliveries, at: Instant::now() })
    }

    /// Deliveries a second since `before`.
    #[expect(clippy::cast_precision_loss, reason = "far fewer deliveries than 2^52")]
    pub fn rate_since(&self, before: &Self) -> f64 {
        (self.deliveries - before.deliveries) as f64 / self.seconds_since(before)
    }

    /// The server's CPU time since `before`.
    pub fn server_time_since(&self, before: &Self) -> Duration {
        self.server.since(before.server).used
    }

    /// The server's CPU time since `before`, for each of `things`, in microseconds.
    pub fn cost_since(&self, before: &Self, things: f64) -> f64 {
        1e6 * self.server_time_since(before).as_secs_f64() / things
    }

    /// The time since `before`, in seconds.
    pub fn seconds_since(&self, before: &Self) -> f64 {
        (self.at - before.at).as_secs_f64()
    }

    /// The figures of the window that began with `before`: cost first.
    pub fn figures_since(&self, before: &Self) -> Vec<Figure> {
        let rate = self.rate_since(before);
        let mut figures = vec![
            Figure::new(COST, "µs", self.cost_since(before, rate * self.seconds_since(before))),
            Figure::new(RATE, "1000/s", rate / 1e3),
        ];
        figures.extend(self.shares_since(before));
        figures
    }

    /// Who had how much of the CPUs since `before`.
    pub fn shares_since(&self, before: &Self) -> [Figure; 3] {
        let share = |time: Duration| 100.0 * time.as_secs_f64() / self.seconds_since(before);
        let server = self.server.since(before.server);
        let generator = self.generator.since(before.generator);
        [
            Figure::new("server CPU", "%", share(server.used)),
            Figure::new(GENERATOR_CPU, "%", share(generator.used)),
            Figure::new(KEPT_OFF_CPU, "%", share(server.waited + generator.waited)),
        ]
    }
}

/// What went wrong with deliveries, as figures.
#[expect(clippy::cast_precision_loss, reason = "far fewer deliveries than 2^52")]
pub fn fault_figures(faults: Faults) -> Vec<Figure> {
    let Faults { lost, duplicates, disordered } = faults;
    [("lost", lost), ("duplicate", duplicates), ("disordered", disordered)]
        .map(|(name, count)| Figure::new(name, Figure::FAULTS, count as f64))
        .to_vec()
}

/// Says so if other programs disturbed the samples: neither a rate nor a bound can be judged then. Peers are left out:
/// some have several threads, which keep each other off the one CPU that they are given.
pub fn disturbance(subjects: &[Subject]) -> Option<String> {
    let judged = subjects.iter().filter(|subject| subject.is_floor() || subject.is_ours());
    let shares = judged.filter_map(|subject| Spread::of(&subject.series(KEPT_OFF_CPU)));
    let share = shares.map(|spread| spread.median).fold(0.0, f64::max);
    let text = || {
        format!("**Disturbed**: server and generator were kept off their CPUs ({share:.0} %). Measure again.")
    };
    (share > DISTURBED).then(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_others_use_is_told_of() {
        let subject = |kept_off| {
            let samples = vec![vec![Figure::new(KEPT_OFF_CPU, "%", kept_off)]];
            [Subject { name: "floor", samples }]
        };
        assert!(disturbance(&subject(50.0)).is_some_and(|text| text.contains("50 %")));
        assert_eq!(disturbance(&subject(1.0)), None);
    }
}
