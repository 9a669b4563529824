//! The outcome for people: a table that fits 80 columns.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use indicatif::HumanCount;

use super::latencies::Percentiles;
use super::outcome::{Outcome, Usage, real};
use super::plan::Pace;
use crate::cli::terminal::{DIM, FAULT, NAME, styled};

/// Columns that the text of a remark may take.
const WIDTH: usize = 78;
const LABEL: usize = 11;
const COLUMN: usize = 12;

/// The outcome as a table.
pub(super) struct Table<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) coloured: bool,
}

impl Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        writeln!(f, "{}", styled(NAME, self.title(), self.coloured))?;
        if outcome.plan.pace != Pace::Idle && !outcome.measured.is_zero() {
            self.counts(f)?;
        }
        self.heads(f, &["p50", "p90", "p99", "p99.9", "max"])?;
        if let Some(latency) = outcome.latency {
            self.row(f, "latency", &times(latency))?;
        }
        if let Some(connecting) = outcome.connecting {
            self.row(f, "connecting", &times(connecting))?;
        }
        writeln!(f)?;
        if outcome.plan.pace != Pace::Idle {
            self.line(f, "order", &self.order())?;
        }
        self.line(f, "server", &usage(outcome.usage))?;
        if let Some(busiest) = busiest(outcome) {
            self.line(f, "bench", &format!("its busiest thread took {:.0} % of a core", 100.0 * busiest))?;
        }
        for remark in outcome.remarks() {
            writeln!(f, "\n{}", wrapped(&remark))?;
        }
        Ok(())
    }
}

impl Table<'_> {
    fn title(&self) -> String {
        let plan = &self.outcome.plan;
        let connections = plural(plan.connections, "connection");
        let encoding = plan.encoding.as_str();
        let server = &self.outcome.server;
        let measured = self.outcome.measured.as_secs_f64();
        let warm_up = plan.warm_up.as_secs_f64();
        let load = match plan.pace {
            Pace::Idle => return format!("{server}, {encoding}\n{connections}, held for {measured:.1} s"),
            Pace::Rate(_) => String::new(),
            Pace::InFlight(messages) => format!(", {} in flight", HumanCount(messages as u64)),
        };
        let (topics, publishers) = (plural(plan.topics, "topic"), plural(plan.publishers, "publisher"));
        format!(
            "{server}, {encoding}, measured for {measured:.1} s after {warm_up:.1} s\n\
             {connections}, {topics}, {publishers}, {} B a message{load}",
            HumanCount(plan.size as u64)
        )
    }

    /// Messages and deliveries: asked for, and done.
    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { plan, window, .. } = self.outcome;
        let asked =
            |each: f64| self.outcome.asked_per_second().map_or("-".to_owned(), |asked| rate(asked * each));
        let line = |count: u64, each: f64| {
            let per_second = self.outcome.per_second(count);
            let megabytes = per_second * real(plan.size as u64) / 1e6;
            [asked(each), rate(per_second), significant(megabytes), HumanCount(count).to_string()]
        };
        self.heads(f, &["asked/s", "done/s", "MB/s", "in all"])?;
        self.row(f, "messages", &line(window.sent, 1.0))?;
        self.row(f, "deliveries", &line(window.delivered, plan.fan_out()))
    }

    fn order(&self) -> String {
        let Outcome { faults, troubles, all, .. } = self.outcome;
        if self.outcome.failure().is_some() {
            let told = format!(
                "{} LOST, {} REPEATED, {} SWAPPED; {} gaps, {} errors, {} connections ended",
                HumanCount(faults.lost),
                HumanCount(faults.repeated),
                HumanCount(faults.swapped),
                HumanCount(troubles.gaps),
                HumanCount(troubles.errors),
                HumanCount(troubles.ended)
            );
            return styled(FAULT, told, self.coloured).to_string();
        }
        format!("all {} deliveries came, each once and in order", HumanCount(all.delivered))
    }

    fn heads(&self, f: &mut fmt::Formatter<'_>, heads: &[&str]) -> fmt::Result {
        let mut line = String::new();
        for head in heads {
            // Writing to a string can't fail.
            let _ = write!(line, "{head:>COLUMN$}");
        }
        writeln!(f, "\n{:LABEL$}{}", "", styled(DIM, line, self.coloured))
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, label: &str, cells: &[String]) -> fmt::Result {
        write!(f, "{}", self.label(label))?;
        for cell in cells {
            write!(f, "{cell:>COLUMN$}")?;
        }
        writeln!(f)
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
        writeln!(f, "{} {text}", self.label(label))
    }

    fn label(&self, label: &str) -> String {
        styled(DIM, format_args!("{label:LABEL$}"), self.coloured).to_string()
    }
}

fn times(of: Percentiles) -> [String; 5] {
    [of.p50, of.p90, of.p99, of.p99_9, of.max].map(time)
}

fn usage(usage: Option<Usage>) -> String {
    let Some(usage) = usage else {
        return "unknown; with --metrics URL its processor time and memory".to_owned();
    };
    let mut parts = Vec::new();
    parts.extend(usage.us_per_delivery.map(|us| format!("{} µs of CPU/delivery", significant(us))));
    parts.extend(usage.cores.map(|cores| format!("{:.0} % of a core", 100.0 * cores)));
    parts.push(format!("{} MB", significant(usage.resident_bytes / 1e6)));
    parts.extend(usage.bytes_per_connection.map(|each| format!("{} kB/connection", significant(each / 1e3))));
    parts.join(", ")
}

fn busiest(outcome: &Outcome) -> Option<f64> {
    [outcome.receiving_cpu, outcome.publishing_cpu].into_iter().flatten().reduce(f64::max)
}

fn plural(count: usize, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {what}{end}", HumanCount(count as u64))
}

/// Something a second: whole, unless it is little.
fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        return significant(per_second);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and at least 100")]
    HumanCount(per_second.round() as u64).to_string()
}

/// A time with three digits that mean something.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..0.000_999_5 => format!("{} µs", significant(seconds * 1e6)),
        ..0.999_5 => format!("{} ms", significant(seconds * 1e3)),
        _ => format!("{} s", significant(seconds)),
    }
}

/// A number with three digits that mean something, but no fewer than stand before the point.
fn significant(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Text in lines of at most [`WIDTH`] characters.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let full =
            |line: &String| !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH;
        if lines.last().is_some_and(full) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.is_empty() { "" } else { " " };
            let _ = write!(line, "{space}{word}");
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::super::plan::Plan;
    use super::*;

    fn table(outcome: &Outcome) -> String {
        Table { outcome, coloured: false }.to_string()
    }

    #[test]
    fn the_table_says_what_was_asked_and_done_and_fits_eighty_columns() {
        let mut outcome = outcome();
        outcome.usage = Some(Usage {
            cores: Some(0.231),
            us_per_delivery: Some(2.314),
            resident_bytes: 25.13e6,
            bytes_per_connection: Some(1_412.0),
        });
        outcome.receiving_cpu = Some(0.99);
        let table = table(&outcome);
        for line in [
            "messages            100         100        0.01       1,000",
            "deliveries       10,000      10,000        1.28     100,000",
            "latency         1.00 ms     2.00 ms     3.00 ms     4.00 ms     5.00 ms",
            "order       all 120,000 deliveries came, each once and in order",
            "server      2.31 µs of CPU/delivery, 23 % of a core, 25.1 MB, 1.41 kB/connection",
            "bench       its busiest thread took 99 % of a core",
        ] {
            assert!(table.lines().any(|got| got == line), "{line} in\n{table}");
        }
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }

    #[test]
    fn faults_stand_out() {
        let mut bad = outcome();
        bad.faults.lost = 7;
        assert!(table(&bad).contains("7 LOST"));
        assert!(Table { outcome: &bad, coloured: true }.to_string().contains("\u{1b}[1m\u{1b}[31m"));
    }

    #[test]
    fn an_idle_run_speaks_of_no_messages() {
        let mut idle = outcome();
        idle.plan = Plan { pace: Pace::Idle, publishers: 0, ..idle.plan };
        idle.latency = None;
        let table = table(&idle);
        assert!(table.contains("held for 10.0 s") && !table.contains("deliveries"), "{table}");
    }

    #[test]
    fn figures_have_the_digits_that_mean_something() {
        let us = |us| time(Duration::from_micros(us));
        let shown = [us(312), us(1_240), us(12_400), us(999_900), us(2_000_000)];
        assert_eq!(shown, ["312 µs", "1.24 ms", "12.4 ms", "1.00 s", "2.00 s"]);
        assert_eq!([rate(0.5), rate(99.0), rate(1_234_567.4)], ["0.50", "99.0", "1,234,567"]);
    }
}
