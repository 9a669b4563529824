//! What a run found out, and what is to be said about it.

use std::time::Duration;

use super::incoming::Troubles;
use super::latencies::Percentiles;
use super::order::Faults;
use super::plan::{Pace, Plan};

/// A thread that computes for more than this part of the time is too busy to be trusted.
const BUSY: f64 = 0.9;
/// A message that leaves this much after it was due is late.
pub(super) const LATE: Duration = Duration::from_millis(1);
/// So many late messages show in the percentiles.
const TOO_MANY_LATE: f64 = 0.01;
/// Of what was asked for, at least this part is to be sent.
const ENOUGH_SENT: f64 = 0.99;

/// What a run found out.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) plan: Plan,
    pub(super) server: String,
    /// How long was measured; nothing if the run ended in its warm-up.
    pub(super) measured: Duration,
    /// Whether the run was ended early.
    pub(super) interrupted: bool,
    /// What happened in the measured time.
    pub(super) window: Counts,
    /// What happened in all, warm-up included.
    pub(super) all: Counts,
    /// From when messages were due to their arrival.
    pub(super) latency: Option<Percentiles>,
    /// From nothing to a confirmed subscription.
    pub(super) connecting: Option<Percentiles>,
    /// The part of messages that were sent too late, from 0 to 1.
    pub(super) late: f64,
    pub(super) faults: Faults,
    pub(super) troubles: Troubles,
    /// The part of the time that the busiest thread computed, of those that receive.
    pub(super) receiving_cpu: Option<f64>,
    /// The same of the thread that publishes.
    pub(super) publishing_cpu: Option<f64>,
    pub(super) usage: Option<Usage>,
}

/// Messages sent, and delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) delivered: u64,
}

/// What the server used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// Processors kept busy, on average over the measured time.
    pub(super) cores: Option<f64>,
    /// Processor time of one delivery, in microseconds.
    pub(super) us_per_delivery: Option<f64>,
    /// Resident memory when all connections stood, in bytes.
    pub(super) resident_bytes: f64,
    /// Resident memory that came with the connections, in bytes a connection; none if the server had it already.
    pub(super) bytes_per_connection: Option<f64>,
}

impl Counts {
    /// What happened since `earlier`.
    pub(super) fn since(self, earlier: Self) -> Self {
        let (sent, delivered) = (self.sent - earlier.sent, self.delivered - earlier.delivered);
        Self { sent, delivered }
    }
}

impl Outcome {
    /// What was asked for, in messages a second; none if there was no schedule.
    pub(super) fn asked_per_second(&self) -> Option<f64> {
        match self.plan.pace {
            Pace::Rate(per_second) => Some(real(per_second)),
            Pace::InFlight(_) | Pace::Idle => None,
        }
    }

    /// So many in the measured time, as a rate.
    pub(super) fn per_second(&self, count: u64) -> f64 {
        if self.measured.is_zero() { 0.0 } else { real(count) / self.measured.as_secs_f64() }
    }

    /// What is wrong with the server, if anything is.
    pub(super) fn failure(&self) -> Option<String> {
        let (Faults { lost, repeated, swapped }, troubles) = (self.faults, &self.troubles);
        if self.faults.is_none() && troubles.is_none() {
            return None;
        }
        let counts = [
            (lost, "deliveries never came"),
            (repeated, "came again"),
            (swapped, "came after a later one"),
            (troubles.gaps, "gaps were told"),
            (troubles.errors, "errors were told"),
            (troubles.ended, "connections ended too early"),
        ];
        let told = counts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> =
            told.map(|(count, what)| format!("{} {what}", indicatif::HumanCount(*count))).collect();
        let words: String = troubles.words.iter().flat_map(|words| [": ", words]).collect();
        let next = "the server's log and metrics say more; a lighter load shows whether it is the load";
        Some(format!("{}{words}; {next}", told.join(", ")))
    }

    /// What a reader of the figures should know.
    pub(super) fn remarks(&self) -> Vec<String> {
        [self.busy(), self.behind_schedule(), self.fell_behind(), self.early_end()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn busy(&self) -> Option<String> {
        let busy = |cpu: Option<f64>| cpu.is_some_and(|cpu| cpu > BUSY);
        if busy(self.receiving_cpu) {
            let threads = self.plan.threads + 1;
            return Some(format!(
                "This bench was the bottleneck: a thread that receives had no time left, so the server can do more than \
                 the figures say. Give it --threads {threads}, or a machine of its own."
            ));
        }
        busy(self.publishing_cpu).then(|| {
            "This bench was the bottleneck: the thread that publishes had no time left, so the server can take more \
             than the figures say. Run several at once, or let fewer messages reach more connections."
                .to_owned()
        })
    }

    fn behind_schedule(&self) -> Option<String> {
        let asked = self.asked_per_second()? * self.measured.as_secs_f64();
        let sent = real(self.window.sent);
        if sent < asked * ENOUGH_SENT {
            return Some(format!(
                "Only {:.0} % of what was asked for was sent: the server took no more, or this machine had no time left. \
                 Latencies count from when messages were due.",
                100.0 * sent / asked
            ));
        }
        (self.late > TOO_MANY_LATE).then(|| {
            format!(
                "{:.1} % of the messages left more than {} ms after they were due: this bench fell behind its own \
                 schedule, for want of processor time on this machine, and the latencies include that.",
                100.0 * self.late,
                LATE.as_millis()
            )
        })
    }

    fn fell_behind(&self) -> Option<String> {
        let times = self.troubles.behind;
        (times > 0).then(|| {
            format!(
                "Subscriptions fell behind {} times and read from their stream: the load is more than was taken.",
                indicatif::HumanCount(times)
            )
        })
    }

    fn early_end(&self) -> Option<String> {
        let text = if self.measured.is_zero() {
            "It was ended in its warm-up, before anything was measured."
        } else {
            "It was ended early; the figures are those until then."
        };
        self.interrupted.then(|| text.to_owned())
    }
}

/// A count as a number to calculate with.
#[allow(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::plan::tests::plan;
    use super::*;

    pub(in crate::cli::bench) fn outcome() -> Outcome {
        let ms = Duration::from_millis;
        let percentiles = Percentiles { p50: ms(1), p90: ms(2), p99: ms(3), p99_9: ms(4), max: ms(5) };
        Outcome {
            plan: plan(),
            server: "ws://127.0.0.1:7440".to_owned(),
            measured: Duration::from_secs(10),
            interrupted: false,
            window: Counts { sent: 1_000, delivered: 100_000 },
            all: Counts { sent: 1_200, delivered: 120_000 },
            latency: Some(percentiles),
            connecting: Some(percentiles),
            late: 0.0,
            faults: Faults::default(),
            troubles: Troubles::default(),
            receiving_cpu: Some(0.25),
            publishing_cpu: Some(0.01),
            usage: None,
        }
    }

    fn remarks(outcome: &Outcome) -> String {
        outcome.remarks().join("\n")
    }

    #[test]
    fn a_clean_run_is_no_failure_and_needs_no_remark() {
        assert_eq!((outcome().failure(), remarks(&outcome()).as_str()), (None, ""));
    }

    #[test]
    fn every_fault_is_counted_in_the_failure() {
        let mut bad = outcome();
        bad.faults = Faults { lost: 1_234, repeated: 2, swapped: 3 };
        bad.troubles.note(super::super::incoming::Incoming::End("closed with 4100".to_owned()));
        let failure = bad.failure().unwrap();
        for part in
            ["1,234 deliveries never came", "2 came again", "3 came after", "1 connections ended", "4100"]
        {
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn a_bench_that_is_the_bottleneck_says_so() {
        let busy = Outcome { receiving_cpu: Some(0.97), ..outcome() };
        assert!(remarks(&busy).contains("--threads 2"));
        let slow = Outcome { window: Counts { sent: 500, delivered: 50_000 }, ..outcome() };
        assert!(remarks(&slow).contains("Only 50 %"));
        let late = Outcome { late: 0.05, ..outcome() };
        assert!(remarks(&late).contains("5.0 % of the messages left"));
        let early = Outcome { measured: Duration::ZERO, interrupted: true, ..outcome() };
        assert!(remarks(&early).contains("in its warm-up"));
    }
}
