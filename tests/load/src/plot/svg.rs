//! As much of SVG as plots need: lines, circles and text, with colours for light and dark pages.

use std::fmt::Write;

/// Colours that subjects have in turn: apart from each other for most eyes, on white and on black.
pub const COLOURS: usize = 8;

/// The look. `c0` … `c7` are the colours of subjects.
const STYLE: &str = "\
svg{--paper:#fff;--ink:#24292f;--faint:#d0d7de;background:var(--paper);font:12px system-ui,sans-serif}\
text{fill:var(--ink)}.title{font-weight:600;letter-spacing:-.1px}.end{text-anchor:end}.middle{text-anchor:middle}\
.paper{fill:var(--paper)}.axis{stroke:var(--ink)}.grid{stroke:var(--faint)}\
.bound{stroke:var(--ink);stroke-dasharray:6 4}.curve{fill:none;stroke-width:2}.fit{fill:none;stroke-dasharray:2 4}\
.spread{stroke-width:2}\
.c0{--c:#57606a}.c1{--c:#0969da}.c2{--c:#8250df}.c3{--c:#bc4c00}.c4{--c:#1a7f37}.c5{--c:#bf3989}.c6{--c:#9a6700}\
.c7{--c:#1b7c83}.curve,.fit,.spread{stroke:var(--c)}circle{fill:var(--c)}\
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--faint:#30363d}\
.c0{--c:#9ea7b3}.c1{--c:#58a6ff}.c2{--c:#bc8cff}.c3{--c:#ffa657}.c4{--c:#3fb950}.c5{--c:#ff7bc5}.c6{--c:#e3b341}\
.c7{--c:#56d4dd}}";

/// Where a text begins, from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A drawing; places are in pixels from the upper left corner.
#[derive(Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// An empty drawing with a title.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let mut svg = Self { width, height, body: String::new() };
        let _ = writeln!(svg.body, "<title>{}</title>", escaped(title));
        let _ = writeln!(svg.body, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>");
        svg.write_text(16.0, 24.0, "title", title);
        svg
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// A line through several places.
    pub fn path(&mut self, class: &str, places: &[(f64, f64)]) {
        let points: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.body, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// A dot.
    pub fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        let _ = writeln!(self.body, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
    }

    /// A text on a line whose height is `y`.
    pub fn text(&mut self, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let class = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.write_text(x, y, class, text);
    }

    /// The whole drawing as a file.
    pub fn finish(self) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<style>{STYLE}</style>\n{body}</svg>\n"
        )
    }

    fn write_text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_hold_anything() {
        let svg = Svg::new(10.0, 10.0, "a < b & c").finish();
        assert!(svg.contains("<title>a &lt; b &amp; c</title>") && !svg.contains("a < b"));
    }

    #[test]
    fn every_colour_is_there_for_light_and_for_dark_pages() {
        for colour in 0..COLOURS {
            assert_eq!(STYLE.matches(&format!(".c{colour}{{--c:")).count(), 2, "c{colour}");
        }
    }
}
