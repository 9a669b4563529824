//! What of a row is drawn.

use crate::fit::Line;
use crate::plot::curves::{Curve, Curves};
use crate::plot::dots::Dots;
use crate::report::{Measured, Point, digits, spread};
use crate::rows::Bound;
use crate::samples::Subject;
use crate::stats::Spread;

/// A row's plot as SVG; none if no subject has a sound sample.
pub fn draw(measured: &Measured<'_>) -> Option<String> {
    let title = format!("{}: {}", measured.row.name(), measured.row.title());
    let label = label(measured)?;
    if measured.row.axis().varies() {
        return Curves {
            title: &title,
            x_label: measured.row.axis().label,
            y_label: &label,
            subjects: curves(measured),
        }
        .draw();
    }
    let point = measured.points.first()?;
    let subjects = point.subjects.iter().filter_map(dot).collect();
    Dots { title: &title, label: &label, subjects, bound: bound(measured.row.bound(), point) }.draw()
}

/// One subject's points along the axis, each with its spread.
pub fn series(measured: &Measured<'_>, subject: &str) -> Vec<(f64, Spread)> {
    let at = |point: &Point| Some((f64::from(point.x), Spread::of(&point.subject(subject)?.main_series())?));
    measured.points.iter().filter_map(at).collect()
}

/// The line through one subject's medians.
pub fn fit(measured: &Measured<'_>, subject: &str) -> Option<Line> {
    let medians: Vec<_> = series(measured, subject).iter().map(|(x, spread)| (*x, spread.median)).collect();
    Line::through(&medians)
}

/// The name and unit of what subjects are compared by.
fn label(measured: &Measured<'_>) -> Option<String> {
    let mut subjects = measured.points.iter().flat_map(|point| &point.subjects);
    let figure = subjects.find_map(|subject| subject.sound().next()?.first())?;
    Some(format!("{}, {}", figure.name, figure.unit))
}

fn dot(subject: &Subject) -> Option<(&str, Spread, String)> {
    let series = subject.main_series();
    Some((subject.name, Spread::of(&series)?, spread(&series)))
}

fn curves<'a>(measured: &Measured<'a>) -> Vec<Curve<'a>> {
    let mut names: Vec<&'static str> = Vec::new();
    for subject in measured.points.iter().flat_map(|point| &point.subjects) {
        if !names.contains(&subject.name) {
            names.push(subject.name);
        }
    }
    let curve = |name: &'static str| Curve {
        name,
        points: series(measured, name),
        fit: fit(measured, name).filter(|_| measured.row.is_fitted()),
    };
    names.into_iter().map(curve).collect()
}

fn bound(bound: Bound, point: &Point) -> Option<(f64, String)> {
    match bound {
        Bound::None => None,
        Bound::TimesFloor(times) => {
            let floor = Spread::of(&point.floor()?.main_series())?;
            Some((times * floor.median, format!("{times} × floor")))
        }
        Bound::AtMost(most) => Some((most, format!("at most {}", digits(most)))),
        Bound::AtLeast(least) => Some((least, format!("at least {}", digits(least)))),
    }
}
