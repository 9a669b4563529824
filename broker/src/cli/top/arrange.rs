//! Where everything stands, by the size of the terminal: pure.

use ratatui::layout::Rect;

use super::model::PANELS;

/// Two panels side by side need at least so many cells.
const TWO_COLUMNS: u16 = 76;
/// Two panels one above the other need at least so many lines.
const TWO_ROWS: u16 = 10;
/// Lines that a panel has at least, before figures give way.
const PANEL_MIN: u16 = 5;
/// What the wider subjects have of two that stand side by side: sessions with their programs, and what happened.
const SESSIONS_PERCENT: u16 = 60;
const STREAMS_PERCENT: u16 = 43;
/// Cells of a label, of a value, and of the bars at least.
const LABEL: u16 = 14;
const VALUE: u16 = 12;
const BARS_MIN: u16 = 12;
const BARS_MAX: u16 = 60;
/// Cells that what is said beside a figure mostly needs.
const DETAIL: u16 = 35;
/// Where there is less room, nothing is said beside a figure.
const WITH_DETAIL: u16 = 64;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) title: Rect,
    pub(super) figures: Vec<FigurePlace>,
    pub(super) panels: [Option<Rect>; PANELS],
    pub(super) footer: Option<Rect>,
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FigurePlace {
    pub(super) label: Rect,
    pub(super) value: Rect,
    pub(super) bars: Rect,
    pub(super) detail: Option<Rect>,
}

/// Arranges so many figures and the panels; `focus` is the panel that is there whatever happens, and alone if `zoomed`.
pub(super) fn arrange(area: Rect, figures: u16, focus: usize, zoomed: bool) -> Places {
    let mut left = Lines(area);
    let title = left.take(1);
    let footer = (left.0.height > PANEL_MIN).then(|| left.take_last(1));
    let shown = if zoomed { 0 } else { figures.min(left.0.height.saturating_sub(PANEL_MIN)) };
    let figures = (0..shown).map(|_| figure(left.take(1))).collect();
    Places { title, figures, panels: panels(left.0, focus, zoomed), footer }
}

fn figure(line: Rect) -> FigurePlace {
    let with_detail = line.width >= WITH_DETAIL;
    let (label, rest) = cut(line, LABEL);
    let (value, rest) = cut(rest, VALUE);
    let (_, rest) = cut(rest, 1);
    let width =
        if with_detail { rest.width.saturating_sub(DETAIL).clamp(BARS_MIN, BARS_MAX) } else { rest.width };
    let (bars, rest) = cut(rest, width);
    let (_, detail) = cut(rest, 1);
    FigurePlace { label, value, bars, detail: with_detail.then_some(detail) }
}

fn panels(area: Rect, focus: usize, zoomed: bool) -> [Option<Rect>; PANELS] {
    let mut places = [None; PANELS];
    if zoomed || area.width < TWO_COLUMNS || area.height < TWO_ROWS {
        if let Some(place) = places.get_mut(focus) {
            *place = Some(area);
        }
        return places;
    }
    let mut lines = Lines(area);
    let upper = lines.take((area.height * 3).div_ceil(5));
    let (sessions, topics) = cut(upper, percent(area.width, SESSIONS_PERCENT));
    let (streams, events) = cut(lines.0, percent(area.width, STREAMS_PERCENT));
    [Some(sessions), Some(topics), Some(streams), Some(events)]
}

fn percent(cells: u16, part: u16) -> u16 {
    u16::try_from(u32::from(cells) * u32::from(part) / 100).unwrap_or(cells)
}

/// The first cells of an area, and the others.
fn cut(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

/// Lines that are not taken yet.
struct Lines(Rect);

impl Lines {
    fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.0.height);
        let taken = Rect { height, ..self.0 };
        self.0 = Rect { y: self.0.y + height, height: self.0.height - height, ..self.0 };
        taken
    }

    fn take_last(&mut self, height: u16) -> Rect {
        let height = height.min(self.0.height);
        self.0.height -= height;
        Rect { y: self.0.y + self.0.height, height, ..self.0 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn arranged(width: u16, height: u16, zoomed: bool) -> Places {
        arrange(Rect::new(0, 0, width, height), 9, 1, zoomed)
    }

    /// Every place.
    fn all(places: &Places) -> Vec<Rect> {
        let figures = places.figures.iter().flat_map(|place| {
            [Some(place.label), Some(place.value), Some(place.bars), place.detail].into_iter().flatten()
        });
        let panels = places.panels.iter().flatten().copied();
        figures.chain(panels).chain([places.title]).chain(places.footer).collect()
    }

    #[test]
    fn nothing_overlaps_or_leaves_the_terminal_whatever_its_size() {
        for width in (0..130).step_by(3) {
            for height in (0..50).step_by(2) {
                for zoomed in [false, true] {
                    let places = all(&arranged(width, height, zoomed));
                    let area: u32 = places.iter().map(|place| place.area()).sum();
                    let cells: HashSet<_> = places.iter().flat_map(|place| place.positions()).collect();
                    assert_eq!(cells.len(), area as usize, "{width}x{height}: {places:?}");
                    assert!(
                        cells.iter().all(|cell| cell.x < width && cell.y < height),
                        "{width}x{height}: {places:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wide_terminal_has_all_panels_and_a_narrow_one_that_which_is_looked_at() {
        for (width, height, zoomed, panels) in [
            (80, 24, false, 4),
            (120, 40, false, 4),
            (40, 20, false, 1),
            (80, 14, false, 1),
            (120, 40, true, 1),
        ] {
            let places = arranged(width, height, zoomed);
            assert_eq!(places.panels.iter().flatten().count(), panels, "{width}x{height}");
            assert!(places.panels[1].is_some_and(|panel| panel.height >= 5), "{width}x{height}");
        }
        assert_eq!(arranged(80, 24, false).figures.len(), 9);
        assert_eq!(arranged(120, 40, true).figures.len(), 0);
    }
}
