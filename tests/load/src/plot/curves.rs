//! A row with several points: a curve with its spread for each subject, and the fitted line where there is one.

use super::scale::{Scale, text};
use super::svg::{Anchor, COLOURS, Svg};
use crate::fit::Line;
use crate::stats::Spread;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = HEIGHT - 56.0;
/// Room for a name in the legend.
const NAME: f64 = 140.0;
/// Points at which a fitted line is drawn: on logarithmic scales it is bent.
const FIT_POINTS: i32 = 40;

/// What is drawn.
#[derive(Debug)]
pub struct Curves<'a> {
    /// Above the drawing.
    pub title: &'a str,
    /// Under the horizontal axis, with the unit.
    pub x_label: &'a str,
    /// Over the vertical axis, with the unit.
    pub y_label: &'a str,
    /// The curve of each subject.
    pub subjects: Vec<Curve<'a>>,
}

/// One subject's curve.
#[derive(Debug)]
pub struct Curve<'a> {
    /// The subject.
    pub name: &'a str,
    /// Its points.
    pub points: Vec<(f64, Spread)>,
    /// The line fitted through them.
    pub fit: Option<Line>,
}

struct Page {
    svg: Svg,
    x: Scale,
    y: Scale,
}

impl Curves<'_> {
    /// The drawing as a file; none if there is nothing to draw.
    pub fn draw(&self) -> Option<String> {
        let points = || self.subjects.iter().flat_map(|curve| &curve.points);
        let xs: Vec<f64> = points().map(|(x, _)| *x).collect();
        let ys: Vec<f64> = points().flat_map(|(_, spread)| [spread.min, spread.max]).collect();
        let (x, y) = (Scale::holding(xs, (LEFT, RIGHT))?, Scale::holding(ys, (BOTTOM, TOP))?);
        let mut page = Page { svg: Svg::new(WIDTH, HEIGHT, self.title), x, y };
        page.axes(self.x_label, self.y_label);
        let mut at = LEFT;
        for (index, curve) in self.subjects.iter().enumerate() {
            let colour = format!("c{}", index % COLOURS);
            page.svg.dot(&colour, (at, 46.0));
            page.svg.text(Anchor::Start, (at + 10.0, 50.0), curve.name);
            page.curve(curve, &colour);
            at += NAME;
        }
        Some(page.svg.finish())
    }
}

impl Page {
    fn axes(&mut self, x_label: &str, y_label: &str) {
        let Self { svg, x, y } = self;
        for mark in x.marks() {
            svg.line("grid", (x.at(mark), TOP), (x.at(mark), BOTTOM));
            svg.text(Anchor::Middle, (x.at(mark), BOTTOM + 18.0), &text(mark));
        }
        for mark in y.marks() {
            svg.line("grid", (LEFT, y.at(mark)), (RIGHT, y.at(mark)));
            svg.text(Anchor::End, (LEFT - 8.0, y.at(mark) + 4.0), &text(mark));
        }
        svg.line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        svg.line("axis", (LEFT, TOP), (LEFT, BOTTOM));
        svg.text(Anchor::Middle, (f64::midpoint(LEFT, RIGHT), HEIGHT - 16.0), x_label);
        svg.text(Anchor::Start, (16.0, TOP - 12.0), y_label);
    }

    fn curve(&mut self, Curve { points, fit, .. }: &Curve<'_>, colour: &str) {
        let Self { svg, x, y } = self;
        if let (Some(fit), Some((first, _)), Some((last, _))) = (fit, points.first(), points.last()) {
            let growth = last / first;
            let places = (0..=FIT_POINTS).map(|i| first * growth.powf(f64::from(i) / f64::from(FIT_POINTS)));
            let places = places.filter(|&value| y.holds(fit.at(value)));
            let places: Vec<_> = places.map(|value| (x.at(value), y.at(fit.at(value)))).collect();
            svg.path(&format!("fit {colour}"), &places);
        } else {
            let places: Vec<_> =
                points.iter().map(|(value, spread)| (x.at(*value), y.at(spread.median))).collect();
            svg.path(&format!("curve {colour}"), &places);
        }
        for (value, Spread { median, min, max }) in points {
            let x = x.at(*value);
            svg.line(&format!("spread {colour}"), (x, y.at(*min)), (x, y.at(*max)));
            svg.dot(colour, (x, y.at(*median)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(fit: Option<Line>) -> String {
        let spread = |median| Spread { median, min: median * 0.9, max: median * 1.1 };
        let points = vec![(1.0, spread(10.0)), (100.0, spread(60.0)), (10_000.0, spread(5000.0))];
        let curves = Curves {
            title: "some work",
            x_label: "subscribers",
            y_label: "cost, µs",
            subjects: vec![Curve { name: "ours", points, fit }],
        };
        curves.draw().expect("there is something to draw")
    }

    #[test]
    fn every_point_has_its_dot_and_its_spread() {
        let svg = draw(None);
        assert_eq!(svg.matches("class=\"spread ").count(), 3);
        assert_eq!(svg.matches("<circle").count(), 4, "with the legend's");
        assert!(svg.contains("subscribers") && svg.contains("cost, µs") && svg.contains(">10,000<"));
    }

    #[test]
    fn a_fitted_line_takes_the_place_of_the_curve() {
        let svg = draw(Some(Line { a: 10.0, b: 0.5, worst: 0.0 }));
        assert!(svg.contains("class=\"fit c0\"") && !svg.contains("class=\"curve c0\""));
    }
}
