//! What a run leaves behind: every figure as CSV, and a summary with ratios as Markdown.

use std::fmt::Write;

use crate::rows::{Bound, Row};
use crate::samples::{Figure, Subject};
use crate::stats::{Ratio, Spread};

/// What was measured of one row.
pub struct Measured<'a> {
    /// The row.
    pub row: &'a dyn Row,
    /// The subjects in the order of their turns.
    pub subjects: Vec<Subject>,
}

/// The header of [`csv`].
pub const CSV_HEADER: &str = "row,subject,pair,figure,unit,value\n";

impl Measured<'_> {
    fn floor(&self) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.is_floor())
    }
}

/// Every figure of one sample, one a line, without header.
pub fn csv(row: &str, subject: &str, pair: usize, figures: &[Figure]) -> String {
    let line = |figure: &Figure| {
        format!("{row},{subject},{pair},{},{},{}\n", figure.name, figure.unit, figure.value)
    };
    figures.iter().map(line).collect()
}

/// A row as a section of Markdown.
pub fn section(measured: &Measured<'_>) -> String {
    let mut out = format!("## {}: {}\n\n", measured.row.name(), measured.row.title());
    write_table(measured, &mut out);
    if let Some(remark) = measured.row.remark(&measured.subjects) {
        let _ = writeln!(out, "\n{remark}");
    }
    out
}

fn write_table(measured: &Measured<'_>, out: &mut String) {
    let Some(figures) = measured.subjects.iter().find_map(|subject| subject.samples.first()) else { return };
    let heads = figures.iter().map(|figure| format!("{}, {}", figure.name, figure.unit));
    let mut lines = vec![["subject".to_owned()].into_iter().chain(heads).collect::<Vec<_>>()];
    lines[0].extend(["× floor (medians)", "× floor (pairs)", "bound"].map(str::to_owned));
    for subject in &measured.subjects {
        let rest = (1..figures.len()).map(|figure| median(&subject.series(figure)));
        let mut line = vec![subject.name.to_owned(), spread(&subject.series(0))];
        line.extend(rest);
        line.extend(comparison(measured, subject));
        lines.push(line);
    }
    write_aligned(&lines, out);
}

/// Writes a table of Markdown that also reads well on a terminal: each column as wide as its widest cell.
fn write_aligned(lines: &[Vec<String>], out: &mut String) {
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
fn comparison(measured: &Measured<'_>, subject: &Subject) -> [String; 3] {
    if subject.is_floor() {
        return ["1".into(), "1".into(), String::new()];
    }
    let ratio = measured.floor().and_then(|floor| Ratio::of(&subject.series(0), &floor.series(0)));
    let verdict = verdict(measured.row.bound(), subject, ratio);
    let Some(Ratio { of_medians, of_pairs: Spread { median, min, max } }) = ratio else {
        return [String::new(), String::new(), verdict];
    };
    [format!("{of_medians:.2}"), format!("{median:.2} ({min:.2} … {max:.2})"), verdict]
}

fn verdict(bound: Bound, subject: &Subject, ratio: Option<Ratio>) -> String {
    let (text, met) = match bound {
        Bound::TimesFloor(most) => (format!("≤ {most} × floor"), ratio.map(|ratio| ratio.of_medians <= most)),
        Bound::AtMost(most) => (
            format!("≤ {}", digits(most)),
            Spread::of(&subject.series(0)).map(|spread| spread.median <= most),
        ),
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

fn spread(series: &[f64]) -> String {
    Spread::of(series).map_or(String::new(), |Spread { median, min, max }| {
        format!("{} ({} … {})", digits(median), digits(min), digits(max))
    })
}

/// Three digits or so: nobody measures more.
fn digits(value: f64) -> String {
    match value.abs() {
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
        fn title(&self) -> &'static str {
            "some work"
        }
        fn bound(&self) -> Bound {
            Bound::TimesFloor(1.5)
        }
        fn sample(&self, _: &dyn Adapter, _: &Plan) -> Result<Vec<Figure>, LoadError> {
            Ok(Vec::new())
        }
    }

    fn subject(name: &'static str, costs: &[f64]) -> Subject {
        let sample = |&value| vec![Figure { name: "cost", unit: "µs", value }];
        Subject { name, samples: costs.iter().map(sample).collect() }
    }

    fn section_of(costs: &[f64]) -> String {
        let subjects = vec![subject("floor", &[1.0, 2.0, 3.0]), subject("ours", costs)];
        section(&Measured { row: &Some1, subjects })
    }

    #[test]
    fn the_summary_compares_each_subject_with_the_floor() {
        let section = section_of(&[2.0, 3.0, 9.0]);
        let line = section.lines().find(|line| line.contains("ours")).expect("ours has a line");
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let figures = ["3.000 (2.000 … 9.000)", "1.50", "2.00 (1.50 … 3.00)", "≤ 1.5 × floor: met"];
        assert_eq!(cells[2..6], figures);
    }

    #[test]
    fn a_missed_bound_is_said_loudly() {
        assert!(section_of(&[3.1, 3.1, 3.1]).contains("**missed**"));
    }

    #[test]
    fn raw_figures_are_kept_one_a_line() {
        let figures = [Figure { name: "cost", unit: "µs", value: 1.25 }];
        assert_eq!(csv("row", "ours", 2, &figures), "row,ours,2,cost,µs,1.25\n");
    }
}
