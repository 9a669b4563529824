//! What people read of a run: a summary with ratios as Markdown.

use std::fmt::Write;

use crate::rows::{Bound, Row};
use crate::samples::{Figure, Sample, Subject};
use crate::stats::{Ratio, Spread};
use crate::window::disturbance;

/// What was measured of one row.
pub struct Measured<'a> {
    /// The row.
    pub row: &'a dyn Row,
    /// Its points, in the order of the axis.
    pub points: Vec<Point>,
}

/// What was measured at one point of a row's axis.
pub struct Point {
    /// Where on the axis.
    pub x: u32,
    /// The subjects in the order of their turns.
    pub subjects: Vec<Subject>,
}

impl Point {
    /// What the others are compared with.
    pub fn floor(&self) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.is_floor())
    }

    /// The subject of this name.
    pub fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}

/// A row as a section of Markdown, with its plot if there is one.
pub fn section(measured: &Measured<'_>, plot: Option<&str>) -> String {
    let Measured { row, points } = measured;
    let mut out = format!("## {}: {}\n\n", row.name(), row.title());
    write_aligned(&table(measured), &mut out);
    let disturbed = points.iter().find_map(|point| disturbance(&point.subjects));
    let remark = points.iter().find_map(|point| row.remark(&point.subjects));
    for sentence in disturbed.iter().chain(&remark) {
        let _ = writeln!(out, "\n{sentence}");
    }
    let _ = writeln!(out, "\n{}", faults(points));
    for subject in points.iter().flat_map(|point| &point.subjects) {
        if let Some(reason) = subject.failure() {
            let _ = writeln!(out, "\n{} failed: {reason}", subject.name);
        }
    }
    if let Some(plot) = plot {
        let _ = writeln!(out, "\n![{}]({plot})", row.title());
    }
    out
}

/// The table's lines, the head first.
fn table(measured: &Measured<'_>) -> Vec<Vec<String>> {
    let Measured { row, points } = measured;
    let subjects = || points.iter().flat_map(|point| &point.subjects);
    let Some(example) = subjects().filter(|s| !s.is_floor()).chain(subjects()).find_map(|s| s.sound().next())
    else {
        return Vec::new();
    };
    let columns = columns(example);
    let mut head = vec!["subject".to_owned()];
    if row.axis().varies() {
        head.insert(0, row.axis().label.to_owned());
    }
    head.extend(columns.iter().map(|(name, unit)| format!("{name}, {unit}")));
    head.extend(["× floor (medians)", "× floor (pairs)", "bound"].map(str::to_owned));
    let mut lines = vec![head];
    for point in points {
        for subject in &point.subjects {
            let mut line = if row.axis().varies() { vec![point.x.to_string()] } else { Vec::new() };
            line.extend([subject.name.to_owned(), spread(&subject.main_series())]);
            line.extend(columns.iter().skip(1).map(|(name, _)| median(&subject.series(name))));
            line.extend(comparison(row.bound(), point, subject));
            lines.push(line);
        }
    }
    lines
}

/// The figures that the table shows: all but faults.
fn columns(sample: &Sample) -> Vec<(&str, &str)> {
    let shown = sample.iter().filter(|figure| figure.unit != Figure::FAULTS);
    shown.map(|figure| (figure.name.as_ref(), figure.unit.as_ref())).collect()
}

/// A sentence about everything that was lost, came twice or out of order.
fn faults(points: &[Point]) -> String {
    let mut found = Vec::new();
    for subject in points.iter().flat_map(|point| &point.subjects) {
        for figure in subject.samples.iter().flatten() {
            if figure.unit == Figure::FAULTS && figure.value > 0.0 {
                found.push(format!("{} {} {}", subject.name, figure.value, figure.name));
            }
        }
    }
    if found.is_empty() {
        "Lost, duplicate and disordered deliveries: none.".into()
    } else {
        format!("Lost, duplicate and disordered deliveries, sample by sample: {}.", found.join(", "))
    }
}

/// Writes a table of Markdown that also reads well on a terminal: each column as wide as its widest cell.
pub fn write_aligned(lines: &[Vec<String>], out: &mut String) {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(out, "| {cell:width$} ");
        }
        out.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(out, "|{:-<1$}", "", width + 2);
            }
            out.push_str("|\n");
        }
    }
}

/// The last three cells of a subject's line.
fn comparison(bound: Bound, point: &Point, subject: &Subject) -> [String; 3] {
    if subject.is_floor() {
        return ["1".into(), "1".into(), String::new()];
    }
    let series = subject.main_series();
    let ratio = point.floor().and_then(|floor| Ratio::of(&series, &floor.main_series()));
    // The bounds are ours to reach.
    let verdict = if subject.is_ours() { verdict(bound, &series, ratio) } else { String::new() };
    let Some(Ratio { of_medians, of_pairs: Spread { median, min, max } }) = ratio else {
        return [String::new(), String::new(), verdict];
    };
    [format!("{of_medians:.2}"), format!("{median:.2} ({min:.2} … {max:.2})"), verdict]
}

fn verdict(bound: Bound, series: &[f64], ratio: Option<Ratio>) -> String {
    let median = Spread::of(series).map(|spread| spread.median);
    let (text, met) = match bound {
        Bound::None => return String::new(),
        Bound::TimesFloor(most) => (format!("≤ {most} × floor"), ratio.map(|ratio| ratio.of_medians <= most)),
        Bound::AtMost(most) => (format!("≤ {}", digits(most)), median.map(|median| median <= most)),
        Bound::AtLeast(least) => (format!("≥ {}", digits(least)), median.map(|median| median >= least)),
    };
    match met {
        Some(true) => format!("{text}: met"),
        Some(false) => format!("{text}: **missed**"),
        None => text,
    }
}

fn median(series: &[f64]) -> String {
    Spread::of(series).map_or(String::new(), |spread| digits(spread.median))
}

/// A median with its spread, as text.
pub fn spread(series: &[f64]) -> String {
    Spread::of(series).map_or(String::new(), |Spread { median, min, max }| {
        format!("{} ({} … {})", digits(median), digits(min), digits(max))
    })
}

/// Three digits or so: nobody measures more.
pub fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        ..10.0 => format!("{value:.3}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Adapter;
    use crate::error::LoadError;
    use crate::plan::Plan;

    struct Some1;

    impl Row for Some1 {
        fn name(&self) -> &'static str {
            "some"
        }
        fn title(&self) -> String {
            "some work".into()
        }
        fn bound(&self) -> Bound {
            Bound::TimesFloor(1.5)
        }
        fn sample(&self, _: u32, _: &dyn Adapter, _: &Plan) -> Result<Sample, LoadError> {
            Ok(Vec::new())
        }
    }

    fn subject(name: &'static str, costs: &[f64]) -> Subject {
        let lost = |value: f64| Figure::new("lost", Figure::FAULTS, if value > 50.0 { 7.0 } else { 0.0 });
        let sample = |&value| vec![Figure::new("cost", "µs", value), lost(value)];
        Subject { name, samples: costs.iter().map(sample).collect() }
    }

    fn section_with(other: Subject) -> String {
        let subjects = vec![subject("floor", &[1.0, 2.0, 3.0]), other];
        section(&Measured { row: &Some1, points: vec![Point { x: 0, subjects }] }, None)
    }

    #[test]
    fn the_summary_compares_each_subject_with_the_floor() {
        let section = section_with(subject("fanfare-msgpack", &[2.0, 3.0, 9.0]));
        let line = section.lines().find(|line| line.contains("fanfare-msgpack")).expect("ours has a line");
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let figures = ["3.000 (2.000 … 9.000)", "1.50", "2.00 (1.50 … 3.00)", "≤ 1.5 × floor: met"];
        assert_eq!(cells[2..6], figures);
        assert!(section.contains("deliveries: none"), "{section}");
    }

    #[test]
    fn a_missed_bound_is_said_loudly() {
        assert!(section_with(subject("fanfare-msgpack", &[3.1, 3.1, 3.1])).contains("**missed**"));
    }

    #[test]
    fn losses_and_failures_are_told() {
        assert!(section_with(subject("peer", &[60.0])).contains("peer 7 lost"));
        let failed = vec![Figure::new("it stalled", Figure::FAILED, 1.0)];
        let section = section_with(Subject { name: "peer", samples: vec![failed] });
        assert!(section.contains("peer failed: it stalled"), "{section}");
    }
}
