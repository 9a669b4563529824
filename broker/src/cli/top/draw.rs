//! Drawing: the view onto a terminal. Colours only underline what words and shapes say already.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Borders, Cell, Clear, Paragraph, Sparkline, Table, Wrap};

use super::arrange::{FigurePlace, arrange};
use super::figures::{FIGURES, Figure};
use super::keys::{FOOTER, HELP, PANEL_NAMES};
use super::panel::{Column, Note, Panel};
use super::shorten::{Cut, shorten, width_of};
use super::view::View;

/// What stands for a second in which nothing was heard.
const UNHEARD: &str = "·";
/// Cells that help takes.
const HELP_WIDTH: u16 = 54;

/// What stands out, whatever the palette.
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// What stands back.
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// How things look that have a meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    coloured: bool,
}

impl Palette {
    /// With colours, or by weight alone.
    pub(super) fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    fn tinted(self, style: Style, colour: Color) -> Style {
        if self.coloured { style.fg(colour) } else { style }
    }

    fn fault(self) -> Style {
        self.tinted(STRONG, Color::Red)
    }

    fn alarm(self) -> Style {
        self.tinted(STRONG, Color::Yellow)
    }

    fn bars(self) -> Style {
        self.tinted(Style::new(), Color::Cyan)
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View, palette: Palette) {
    let figures = if view.figures.is_empty() { 0 } else { u16::try_from(FIGURES).unwrap_or(0) };
    let places = arrange(frame.area(), figures, view.focus, view.zoomed);
    title(frame, places.title, view, palette);
    for (place, (figure, past)) in places.figures.iter().zip(&view.figures) {
        draw_figure(frame, *place, figure, past, palette);
    }
    let alone = places.panels.iter().flatten().count() == 1;
    for (number, (panel, place)) in view.panels.iter().zip(places.panels).enumerate() {
        if let Some(place) = place {
            let title = title_of(number, panel, place.width, view.focus == number, alone);
            draw_panel(frame, place, panel, title, palette);
        }
    }
    if let Some(place) = places.footer {
        frame.render_widget(Paragraph::new(footer(place.width)), place);
    }
    if view.help {
        help(frame);
    }
}

fn title(frame: &mut Frame<'_>, place: Rect, view: &View, palette: Palette) {
    let (standing, is_fault) = &view.standing;
    let standing = Span::styled(standing.as_str(), if *is_fault { palette.fault() } else { DIM });
    let name = [Span::styled("fanfare top ", STRONG), Span::raw(view.server.as_str())];
    let name = Line::from_iter(name);
    let room = usize::from(place.width).saturating_sub(standing.width() + 2);
    // Where there is room for one of them, it is how things stand that matters.
    if name.width() <= room {
        frame.render_widget(Paragraph::new(name), place);
        frame.render_widget(Paragraph::new(Line::from(standing).right_aligned()), place);
    } else {
        frame.render_widget(Paragraph::new(Line::from(standing)), place);
    }
}

fn draw_figure(
    frame: &mut Frame<'_>,
    place: FigurePlace,
    figure: &Figure,
    past: &[Option<u64>],
    palette: Palette,
) {
    let value = if figure.alarming { palette.alarm() } else { STRONG };
    // A word says it, too: colour and weight may not be there.
    let mark = if figure.alarming { "! " } else { "  " };
    frame.render_widget(
        Paragraph::new(Line::from_iter([Span::styled(mark, value), Span::raw(figure.label)])),
        place.label,
    );
    frame.render_widget(
        Paragraph::new(Line::styled(figure.value.as_str(), value).right_aligned()),
        place.value,
    );
    let width = usize::from(place.bars.width);
    let newest = past.iter().skip(past.len().saturating_sub(width)).copied();
    let before = std::iter::repeat_n(Some(0), width.saturating_sub(past.len()));
    let bars =
        Sparkline::default().data(before.chain(newest)).style(palette.bars()).absent_value_symbol(UNHEARD);
    frame.render_widget(bars, place.bars);
    if let Some(detail) = place.detail {
        frame.render_widget(Paragraph::new(Line::styled(figure.detail.as_str(), DIM)), detail);
    }
}

/// The title of a panel: its number, its subject, and beside one that is alone the others that have room.
fn title_of(number: usize, panel: &Panel, width: u16, focused: bool, alone: bool) -> [Line<'_>; 2] {
    let mark = if focused { "▸" } else { " " };
    let style = if focused { STRONG } else { Style::new() };
    let title = shorten(&panel.title, usize::from(width).saturating_sub(5), Cut::End);
    let title = Line::styled(format!("{mark}{} {title} ", number + 1), style);
    let mut others = String::new();
    for (other, name) in PANEL_NAMES.iter().enumerate().filter(|(other, _)| alone && *other != number) {
        let more = format!(" {} {name} ", other + 1);
        if title.width() + width_of(&others) + width_of(&more) < usize::from(width) {
            others.push_str(&more);
        }
    }
    [title, Line::styled(others, DIM).right_aligned()]
}

fn draw_panel(frame: &mut Frame<'_>, place: Rect, panel: &Panel, title: [Line<'_>; 2], palette: Palette) {
    let block = Block::new().borders(Borders::TOP).border_style(DIM);
    let block = title.into_iter().fold(block, Block::title);
    let mut inner = block.inner(place);
    frame.render_widget(block, place);
    // Two panels that touch are kept apart.
    inner.width = inner.width.saturating_sub(1);
    if let Some(note) = &panel.note {
        inner = draw_note(frame, inner, note, palette);
    }
    if !panel.rows.is_empty() {
        draw_rows(frame, inner, panel, palette);
    }
}

/// Says something before the rows; gives the room that is left for them.
fn draw_note(frame: &mut Frame<'_>, place: Rect, note: &Note, palette: Palette) -> Rect {
    let style = if note.alarming { palette.alarm() } else { DIM };
    let text = Paragraph::new(Line::styled(note.text.as_str(), style)).wrap(Wrap { trim: true });
    let lines = width_of(&note.text).div_ceil(usize::from(place.width).max(1)) + 1;
    let height = u16::try_from(lines).unwrap_or(u16::MAX).min(place.height);
    frame.render_widget(text, Rect { height, ..place });
    Rect { y: place.y + height, height: place.height - height, ..place }
}

fn draw_rows(frame: &mut Frame<'_>, place: Rect, panel: &Panel, palette: Palette) {
    let fitting = panel.fitting(place.width);
    let has_heads = panel.has_heads();
    // The last rows stay in sight, however far one scrolls.
    let room = usize::from(place.height).saturating_sub(usize::from(has_heads));
    let from = panel.from.min(panel.rows.len().saturating_sub(room));
    let rows = panel.rows.iter().skip(from).take(room).map(|row| {
        let cells = fitting.iter().map(|found| {
            let column = &panel.columns[found.at];
            cell(column, shorten(&row.cells[found.at], usize::from(found.width.min(place.width)), column.cut))
        });
        let style = if row.alarming { palette.alarm() } else { Style::new() };
        ratatui::widgets::Row::new(cells).style(style)
    });
    let widths = fitting.iter().map(|found| Constraint::Length(found.width));
    let mut table = Table::new(rows, widths).column_spacing(1);
    if has_heads {
        let head =
            fitting.iter().map(|found| &panel.columns[found.at]).map(|column| cell(column, column.head));
        table = table.header(ratatui::widgets::Row::new(head).style(DIM));
    }
    frame.render_widget(table, place);
}

fn cell<'a>(column: &Column, text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    let text = Text::raw(text);
    Cell::new(if column.right { text.right_aligned() } else { text })
}

/// The keys, as many as there is room for.
fn footer(width: u16) -> Line<'static> {
    let mut line = Line::default();
    for (key, what) in FOOTER {
        let more = [Span::styled(*key, STRONG), Span::styled(format!(" {what}  "), DIM)];
        let needed = line.width() + more.iter().map(Span::width).sum::<usize>();
        if needed > usize::from(width) + 2 {
            break;
        }
        line.extend(more);
    }
    line
}

fn help(frame: &mut Frame<'_>) {
    let area = frame.area();
    let lines = u16::try_from(HELP.len()).unwrap_or(u16::MAX);
    let (width, height) = (HELP_WIDTH.min(area.width), (lines + 2).min(area.height));
    let place = Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
    let block = Block::new().borders(Borders::ALL).title(Line::styled(" fanfare top: help ", STRONG));
    let text = HELP.iter().copied().map(Line::raw).collect::<Text<'_>>();
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(text).block(block), place);
}
