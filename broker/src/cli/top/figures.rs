//! The figures at the top: each with its value, what is said beside it, and the height of its bar.

use std::time::Duration;

use super::amounts::{
    bound, byte_rate, bytes, count, counted, labelled, millis, per_second, rate, real, whole,
};
use super::told::Stats;

/// How many figures there are.
pub(super) const FIGURES: usize = 9;

/// A figure of one second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// What is beside the point.
    pub(super) detail: String,
    /// How high its bar is.
    pub(super) bar: u64,
    /// Whether it is one to look at.
    pub(super) alarming: bool,
}

/// The figures of a second, in the order in which they stand.
pub(super) fn of(stats: &Stats) -> [Figure; FIGURES] {
    let time = Duration::from_millis(stats.interval_ms);
    let a_second = |n| per_second(n, time);
    let figure =
        |label, bar: f64, value, detail| Figure { label, value, detail, bar: whole(bar), alarming: false };
    let faults = stats.gaps.values().chain(stats.errors.values()).sum::<u64>();
    let cores = per_second(stats.cpu_ms, time) / 1_000.0;
    let p99 = stats.publish_to_socket_ms.p99;
    [
        figure("sessions", real(stats.sessions()), count(stats.sessions()), sessions(stats)),
        figure("published", a_second(stats.published), rate(a_second(stats.published)), {
            format!("{} in", byte_rate(a_second(stats.received_bytes)))
        }),
        figure("delivered", a_second(stats.delivered), rate(a_second(stats.delivered)), writes(stats)),
        figure("sent", a_second(stats.sent_bytes), byte_rate(a_second(stats.sent_bytes)), {
            counted(stats.subscriptions, "subscription")
        }),
        figure("latency p99", p99.unwrap_or(0.0) * 1_000.0, bound(p99), {
            format!("p50 {}", bound(stats.publish_to_socket_ms.p50))
        }),
        figure("queues", real(stats.queues.bytes), bytes(stats.queues.bytes), queues(stats)),
        Figure {
            alarming: stats.behind > 0 || stats.fell_behind > 0,
            ..figure("behind", real(stats.behind), count(stats.behind), {
                format!(
                    "of {}; {} fell",
                    counted(stats.subscriptions, "subscription"),
                    count(stats.fell_behind)
                )
            })
        },
        Figure {
            alarming: faults > 0,
            ..figure("gaps, errors", a_second(faults), rate(a_second(faults)), {
                labelled(stats.gaps.iter().chain(&stats.errors))
            })
        },
        figure(
            "processor",
            cores * 1_000.0,
            format!("{cores:.2}"),
            format!("cores; {}", counted(stats.shards, "shard")),
        ),
    ]
}

fn sessions(stats: &Stats) -> String {
    let (opened, closed) = (count(stats.opened), count(stats.closed));
    format!("+{opened} −{closed}; {}", labelled(stats.connections.iter().filter(|(_, n)| **n > 0)))
}

fn writes(stats: &Stats) -> String {
    if stats.writes == 0 {
        String::new()
    } else {
        format!("{:.1} a write", real(stats.delivered) / real(stats.writes))
    }
}

fn queues(stats: &Stats) -> String {
    let queues = &stats.queues;
    format!("largest {}, oldest {}", bytes(queues.largest_bytes), millis(queues.oldest_ms))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn counts_of_an_interval_are_told_by_the_second() {
        let stats = Stats { interval_ms: 500, published: 100, cpu_ms: 250, ..Stats::default() };
        let figures = of(&stats);
        assert_eq!((figures[1].value.as_str(), figures[1].bar), ("200/s", 200));
        assert_eq!((figures[8].value.as_str(), figures[8].bar), ("0.50", 500));
    }

    #[test]
    fn what_is_behind_or_missing_is_alarming_and_nothing_else_is() {
        let calm = of(&Stats { interval_ms: 1_000, delivered: 5, ..Stats::default() });
        assert!(calm.iter().all(|figure| !figure.alarming));
        let gaps = BTreeMap::from([("dropped".to_owned(), 2)]);
        let wild = of(&Stats { interval_ms: 1_000, behind: 1, gaps, ..Stats::default() });
        let alarming: Vec<_> =
            wild.iter().filter(|figure| figure.alarming).map(|figure| figure.label).collect();
        assert_eq!(alarming, ["behind", "gaps, errors"]);
        assert_eq!(wild[7].detail, "dropped 2");
    }
}
