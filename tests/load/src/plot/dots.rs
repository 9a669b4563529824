//! A row with one point: a dot with its spread for each subject, and the bound.

use super::scale::{Scale, text};
use super::svg::{Anchor, COLOURS, Svg};
use crate::stats::Spread;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 140.0;
const RIGHT: f64 = WIDTH - 150.0;
const TOP: f64 = 48.0;
const LINE: f64 = 26.0;
/// Room for the marks and the label of the axis.
const BELOW: f64 = 48.0;

/// What is drawn.
#[derive(Debug)]
pub struct Dots<'a> {
    /// Above the drawing.
    pub title: &'a str,
    /// Under the axis, with the unit.
    pub label: &'a str,
    /// Name, spread and its text, of each subject.
    pub subjects: Vec<(&'a str, Spread, String)>,
    /// What the subjects are to reach, and its text.
    pub bound: Option<(f64, String)>,
}

impl Dots<'_> {
    /// The drawing as a file; none if there is nothing to draw.
    pub fn draw(&self) -> Option<String> {
        let bound = self.bound.iter().map(|(bound, _)| *bound);
        let values: Vec<f64> =
            self.subjects.iter().flat_map(|(_, s, _)| [s.min, s.max]).chain(bound).collect();
        let scale = Scale::holding(values, (LEFT, RIGHT))?;
        let bottom = LINE.mul_add(f64::from(u16::try_from(self.subjects.len()).ok()?), TOP);
        let mut svg = Svg::new(WIDTH, bottom + BELOW, self.title);
        for mark in scale.marks() {
            let x = scale.at(mark);
            svg.line("grid", (x, TOP - 8.0), (x, bottom));
            svg.text(Anchor::Middle, (x, bottom + 16.0), &text(mark));
        }
        svg.line("axis", (LEFT, bottom), (RIGHT, bottom));
        svg.text(Anchor::Middle, (f64::midpoint(LEFT, RIGHT), bottom + 36.0), self.label);
        let mut y = TOP + LINE / 2.0;
        for (index, (name, spread, told)) in self.subjects.iter().enumerate() {
            let colour = format!("c{}", index % COLOURS);
            svg.text(Anchor::End, (LEFT - 12.0, y + 4.0), name);
            svg.line(&format!("spread {colour}"), (scale.at(spread.min), y), (scale.at(spread.max), y));
            svg.dot(&colour, (scale.at(spread.median), y));
            svg.text(Anchor::Start, (RIGHT + 12.0, y + 4.0), told);
            y += LINE;
        }
        if let Some((bound, told)) = &self.bound {
            let x = scale.at(*bound);
            svg.line("bound", (x, TOP - 8.0), (x, bottom));
            svg.text(Anchor::Middle, (x, TOP - 12.0), told);
        }
        Some(svg.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(subjects: Vec<(&'static str, Spread, String)>) -> Option<String> {
        Dots { title: "some work", label: "cost, µs", subjects, bound: Some((1.5, "≤ 1.5".into())) }.draw()
    }

    #[test]
    fn every_subject_has_its_dot_its_spread_and_its_line() {
        let spread = |median| Spread { median, min: median - 0.5, max: median + 0.5 };
        let svg = dots(vec![("floor", spread(1.0), "1.0".into()), ("ours", spread(2.0), "2.0".into())]);
        let svg = svg.expect("there is something to draw");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert_eq!(svg.matches("class=\"spread ").count(), 2);
        for part in ["some work", "cost, µs", "floor", "ours", "≤ 1.5", "class=\"bound\""] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn nothing_is_not_drawn() {
        assert_eq!(Dots { title: "", label: "", subjects: Vec::new(), bound: None }.draw(), None);
    }
}
