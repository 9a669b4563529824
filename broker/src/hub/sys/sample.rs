//! A sample of the counters, and what two of them say of the time between.

use std::time::Duration;

use crate::clock::Moment;
use crate::metrics::{BOUNDS_SECONDS, Counts, Metrics, cpu_seconds};

/// Counters at a moment.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    at: Moment,
    totals: Totals,
    pub(super) connections: Vec<(&'static str, u64)>,
    pub(super) subscriptions: u64,
    pub(super) behind: u64,
    errors: Vec<(&'static str, u64)>,
    gaps: Vec<(&'static str, u64)>,
    latencies: Counts,
    cpu: Duration,
}

/// What has happened between two samples.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) interval: Duration,
    pub(super) totals: Totals,
    /// Only those that happened.
    pub(super) errors: Vec<(&'static str, u64)>,
    pub(super) gaps: Vec<(&'static str, u64)>,
    latencies: Counts,
    pub(super) cpu: Duration,
}

/// Makes the counters that only grow, their reading and their differences from one list.
macro_rules! totals {
    ($($(#[$doc:meta])* $name:ident: $figure:expr,)*) => {
        /// Counts that only grow, or how much they have grown.
        #[derive(Debug, Clone, Copy)]
        pub(super) struct Totals { $($(#[$doc])* pub(super) $name: u64,)* }

        impl Totals {
            fn take(metrics: &Metrics) -> Self {
                let sum = |labelled: Vec<(&'static str, u64)>| labelled.iter().map(|(_, n)| n).sum::<u64>();
                $(let $name: u64 = $figure(metrics, &sum);)*
                Self { $($name,)* }
            }

            fn since(self, before: Self) -> Self {
                Self { $($name: self.$name.saturating_sub(before.$name),)* }
            }
        }
    };
}

type Sum<'a> = &'a dyn Fn(Vec<(&'static str, u64)>) -> u64;

totals! {
    opened: |m: &Metrics, sum: Sum<'_>| sum(m.sum_labelled(|s| &s.opened)),
    closed: |m: &Metrics, sum: Sum<'_>| sum(m.sum_labelled(|s| &s.closed)),
    published: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.received_messages.get()),
    delivered: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.sent_messages.get()),
    received_bytes: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.received_bytes.get()),
    sent_bytes: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.sent_bytes.get()),
    writes: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.writes.get()),
    fell_behind: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.fallen_behind.get()),
    dropped: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.dropped_messages.get()),
    conflated: |m: &Metrics, _: Sum<'_>| m.sum(|s| s.conflated_messages.get()),
}

impl Sample {
    pub(super) fn take(metrics: &Metrics, at: Moment) -> Self {
        let mut latencies = [0; BOUNDS_SECONDS.len() + 1];
        for histogram in metrics.histograms() {
            latencies.iter_mut().zip(histogram.counts()).for_each(|(sum, n)| *sum += n);
        }
        Self {
            at,
            totals: Totals::take(metrics),
            connections: metrics.sum_labelled(|shard| &shard.connections),
            subscriptions: metrics.sum(|shard| shard.subscriptions.get()),
            behind: metrics.sum(|shard| shard.behind.get()),
            errors: metrics.sum_labelled(|shard| &shard.errors),
            gaps: metrics.sum_labelled(|shard| &shard.gaps),
            latencies,
            cpu: Duration::try_from_secs_f64(cpu_seconds()).unwrap_or_default(),
        }
    }

    /// What has happened since an earlier sample.
    pub(super) fn since(&self, before: &Self) -> Second {
        Second {
            interval: self.at.since(before.at),
            totals: self.totals.since(before.totals),
            errors: grown(&self.errors, &before.errors),
            gaps: grown(&self.gaps, &before.gaps),
            latencies: std::array::from_fn(|at| self.latencies[at].saturating_sub(before.latencies[at])),
            cpu: self.cpu.saturating_sub(before.cpu),
        }
    }
}

impl Second {
    /// The bound in milliseconds that this part of the messages (0 to 1) went out within; none if there were none, or
    /// it is over every bound.
    pub(super) fn within_ms(&self, part: f64) -> Option<f64> {
        let all: u64 = self.latencies.iter().sum();
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a count, rounded up"
        )]
        let wanted = (all as f64 * part).ceil() as u64;
        let mut seen = 0;
        let counted = self.latencies.iter().zip(BOUNDS_SECONDS).find(|(count, _)| {
            seen += **count;
            seen >= wanted
        });
        counted.filter(|_| all > 0).map(|(_, bound)| bound * 1_000.0)
    }
}

/// How much each of them has grown, of those that have.
fn grown(now: &[(&'static str, u64)], before: &[(&'static str, u64)]) -> Vec<(&'static str, u64)> {
    let difference = |((label, now), (_, before)): (&(&'static str, u64), &(&'static str, u64))| {
        (*label, now.saturating_sub(*before))
    };
    now.iter().zip(before).map(difference).filter(|(_, n)| *n > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tells_what_was_counted_within_it() {
        let metrics = Metrics::new(2, &[]);
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        metrics.shard(0).errors.add("forbidden", 5);
        let before = Sample::take(&metrics, at(1_000));
        metrics.shard(1).errors.add("conflict", 2);
        metrics.shard(0).sent_messages.add(7);
        metrics.shard(1).sent_messages.add(1);
        for (shard, micros) in [(0, 90), (1, 90), (0, 90), (1, 900)] {
            metrics.shard(shard).publish_to_socket.observe(Duration::from_micros(micros));
        }
        let second = Sample::take(&metrics, at(2_500)).since(&before);
        assert_eq!((second.interval, second.totals.delivered), (Duration::from_millis(1_500), 8));
        assert_eq!((second.errors.as_slice(), second.gaps.len()), ([("conflict", 2)].as_slice(), 0));
        assert_eq!((second.within_ms(0.5), second.within_ms(0.99)), (Some(0.1), Some(1.0)));
    }

    #[test]
    fn without_messages_there_is_no_latency() {
        let sample = Sample::take(&Metrics::new(1, &[]), Moment::default());
        assert_eq!(sample.since(&sample).within_ms(0.5), None);
    }
}
