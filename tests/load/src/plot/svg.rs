//! As much of SVG as plots need: lines, circles and text, with colours for light and dark pages.

use std::fmt::Write;

/// Colours that subjects have in turn: apart from each other for most eyes, on white and on black.
pub const COLOURS: usize = 8;

/// The look. `c0` … `c7` are the colours of subjects. Without CSS variables: not every viewer knows them.
const STYLE: &str = "\
svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#24292f}\
.title{font-weight:600;letter-spacing:-.1px}.end{text-anchor:end}.middle{text-anchor:middle}\
.paper{fill:#fff}.axis,.bound{stroke:#24292f}.grid{stroke:#d0d7de}\
.bound{stroke-dasharray:6 4}.curve{fill:none;stroke-width:2}.fit{fill:none;stroke-dasharray:2 4}\
.spread{stroke-width:2}\
.c0{color:#57606a}.c1{color:#0969da}.c2{color:#8250df}.c3{color:#bc4c00}.c4{color:#1a7f37}.c5{color:#bf3989}\
.c6{color:#9a6700}.c7{color:#1b7c83}.curve,.fit,.spread{stroke:currentColor}circle{fill:currentColor}\
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.paper{fill:#0d1117}\
.axis,.bound{stroke:#e6edf3}.grid{stroke:#30363d}\
.c0{color:#9ea7b3}.c1{color:#58a6ff}.c2{color:#bc8cff}.c3{color:#ffa657}.c4{color:#3fb950}.c5{color:#ff7bc5}\
.c6{color:#e3b341}.c7{color:#56d4dd}}";

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
            assert_eq!(STYLE.matches(&format!(".c{colour}{{color:")).count(), 2, "c{colour}");
        }
    }
}
