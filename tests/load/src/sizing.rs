//! `sizing.md`: what a core and a GiB carry, and how cost grows, from the rows of the run.

use std::fmt::Write;

use crate::drawing::{fit, series};
use crate::report::{Measured, digits, spread, write_aligned};
use crate::rows::idle_memory::PER_CONNECTION;
use crate::rows::storm::PER_CONNECT;
use crate::samples::Figure;
use crate::stats::Spread;
use crate::window::COST;

/// Whose cost it is.
const SUBJECT: &str = "fanfare-msgpack";
const GIB: f64 = 1_073_741_824.0;
const MICROS_PER_SECOND: f64 = 1e6;

/// The page; none if the run has nothing of Fanfare that sizes anything.
pub fn page(rows: &[Measured<'_>]) -> Option<String> {
    let mut out = String::from("# Sizing\n\n");
    let _ = writeln!(
        out,
        "Of this run, for {SUBJECT} with one shard on one CPU of this machine. A delivery is one message to one \
         subscriber.\nThe figures are what a core does when it does nothing else: plan with half of it.\n"
    );
    let capacities: Vec<_> = rows.iter().filter_map(capacity).collect();
    let curves: Vec<_> = rows.iter().filter(|row| row.row.is_fitted()).filter_map(curve).collect();
    if capacities.is_empty() && curves.is_empty() {
        return None;
    }
    if !capacities.is_empty() {
        let head = ["what", "how much", "row"].map(str::to_owned).to_vec();
        write_aligned(&[vec![head], capacities].concat(), &mut out);
    }
    if !curves.is_empty() {
        out.push_str("\n## How cost grows\n\nEach line has the least squares of relative deviations; the points are medians with their spread.\n");
        out.extend(curves);
    }
    Some(out)
}

/// What a core or a GiB carries, by a row with one point.
fn capacity(measured: &Measured<'_>) -> Option<Vec<String>> {
    let row = measured.row;
    if row.axis().varies() {
        return None;
    }
    let subject = measured.points.first()?.subject(SUBJECT)?;
    let median = |figure| Spread::of(&subject.series(figure)).map(|spread| spread.median);
    let (what, how_much) = match (median(PER_CONNECTION), median(COST)) {
        (Some(bytes), _) => ("idle connections per GiB", GIB / bytes),
        (None, Some(micros)) => ("deliveries per core and second", MICROS_PER_SECOND / micros),
        (None, None) => ("connects per core and second", MICROS_PER_SECOND / median(PER_CONNECT)?),
    };
    Some(vec![what.to_owned(), rounded(how_much), format!("{}: {}", row.name(), row.title())])
}

/// A curve with its points.
fn curve(measured: &Measured<'_>) -> Option<String> {
    let points = series(measured, SUBJECT);
    let figure = measured.points.first()?.subject(SUBJECT)?.sound().next()?.first()?.clone();
    let label = measured.row.axis().label;
    let mut out = format!("\n### {}\n\n", measured.row.title());
    if let Some(line) = fit(measured, SUBJECT) {
        let sign = if line.b < 0.0 { '−' } else { '+' };
        let (a, b, worst) = (digits(line.a), slope(line.b.abs()), 100.0 * line.worst);
        let Figure { name, unit, .. } = &figure;
        let _ = writeln!(
            out,
            "{name} ≈ {a} {sign} {b} × ({label}) {unit}; the worst point is {worst:.0} % off.\n"
        );
    }
    let mut lines = vec![vec![label.to_owned(), format!("{}, {}", figure.name, figure.unit)]];
    let cell =
        |&(x, Spread { median, min, max }): &(f64, Spread)| vec![x.to_string(), spread(&[min, median, max])];
    lines.extend(points.iter().map(cell));
    write_aligned(&lines, &mut out);
    let _ = writeln!(out, "\n![{}]({}.svg)", measured.row.title(), measured.row.name());
    Some(out)
}

/// Three digits of what may be far smaller than 1.
fn slope(value: f64) -> String {
    if value >= 0.01 { digits(value) } else { format!("{value:.2e}") }
}

/// Two digits: a promise of more would not be kept.
fn rounded(value: f64) -> String {
    let power = 10_f64.powf(value.abs().max(1.0).log10().floor() - 1.0);
    crate::plot::scale::text((value / power).round() * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Adapter;
    use crate::error::LoadError;
    use crate::plan::Plan;
    use crate::report::Point;
    use crate::rows::{Axis, Row};
    use crate::samples::{Sample, Subject};

    struct Curved;

    impl Row for Curved {
        fn name(&self) -> &'static str {
            "curved"
        }
        fn title(&self) -> String {
            "some work".into()
        }
        fn axis(&self) -> Axis {
            Axis { label: "topics", points: &[1, 100] }
        }
        fn is_fitted(&self) -> bool {
            true
        }
        fn sample(&self, _: u32, _: &dyn Adapter, _: &Plan) -> Result<Sample, LoadError> {
            Ok(Vec::new())
        }
    }

    fn point(x: u32, cost: f64) -> Point {
        let samples = vec![vec![Figure::new(COST, "µs", cost)]];
        Point { x, subjects: vec![Subject { name: SUBJECT, samples }] }
    }

    #[test]
    fn the_page_shows_the_fitted_line_and_its_points() {
        let measured = Measured { row: &Curved, points: vec![point(1, 2.5), point(100, 52.0)] };
        let page = page(&[measured]).expect("there is a curve");
        for part in
            ["CPU/delivery ≈ 2.000 + 0.500 × (topics) µs", "| 100 ", "52.0 (52.0 … 52.0)", "curved.svg"]
        {
            assert!(page.contains(part), "{part} in {page}");
        }
    }

    #[test]
    fn a_run_without_fanfare_sizes_nothing() {
        assert_eq!(page(&[Measured { row: &Curved, points: Vec::new() }]), None);
    }

    #[test]
    fn capacities_are_told_in_two_digits() {
        assert_eq!([612_345.0, 5_561_000.0, 87.4].map(rounded), ["610,000", "5,600,000", "87"]);
    }
}
