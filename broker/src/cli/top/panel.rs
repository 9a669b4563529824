//! A panel: rows in columns, of which those that matter least go where there is no room.

use super::shorten::{self, width_of};

/// Cells of a text that are worth showing.
const TEXT_MIN: u16 = 8;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) head: &'static str,
    /// Its width in cells. Of text it is the most that columns of a higher rank give way to: text that is shorter takes
    /// less, and text that is longer gets what is left over.
    pub(super) width: u16,
    /// Whether it takes what is left. One of a panel does.
    pub(super) takes_rest: bool,
    /// What of a text goes that has no room.
    pub(super) cut: shorten::Cut,
    /// Whether what stands in it ends at its right.
    pub(super) right: bool,
    /// Columns with the highest rank go first where there is no room.
    pub(super) rank: u8,
}

/// A row: a cell for each column of its panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Whether it is one to look at.
    pub(super) alarming: bool,
}

/// What is said before the rows, or in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) text: String,
    /// Whether something is wrong.
    pub(super) alarming: bool,
}

/// A column that has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitting {
    /// Which one it is.
    pub(super) at: usize,
    pub(super) width: u16,
}

/// What is shown of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Row>,
    pub(super) note: Option<Note>,
    /// The first row that is shown.
    pub(super) from: usize,
}

impl Column {
    /// A column of this width, whose text begins at its left.
    pub(super) const fn left(head: &'static str, width: u16, rank: u8) -> Self {
        Self { head, width, takes_rest: false, cut: shorten::Cut::End, right: false, rank }
    }

    /// The same for numbers.
    pub(super) const fn right(head: &'static str, width: u16, rank: u8) -> Self {
        Self { right: true, ..Self::left(head, width, rank) }
    }

    /// The column that takes what is left.
    pub(super) const fn rest(head: &'static str, width: u16, rank: u8) -> Self {
        Self { takes_rest: true, ..Self::left(head, width, rank) }
    }

    /// The same, of text whose end tells most.
    pub(super) const fn with_its_end(self) -> Self {
        Self { cut: shorten::Cut::Middle, ..self }
    }
}

impl Note {
    /// That something is wrong.
    pub(super) fn alarm(text: impl Into<String>) -> Self {
        Self { text: text.into(), alarming: true }
    }

    /// That there is nothing to show, and why.
    pub(super) fn calm(text: impl Into<String>) -> Self {
        Self { text: text.into(), alarming: false }
    }
}

impl Row {
    /// A row of these cells. What comes from clients is made harmless to a terminal.
    pub(super) fn new(cells: impl IntoIterator<Item = String>, alarming: bool) -> Self {
        Self { cells: cells.into_iter().map(harmless).collect(), alarming }
    }
}

impl Panel {
    /// The columns that have room in so many cells, with one between two, and the width of each. The first of the lowest rank
    /// is always there.
    pub(super) fn fitting(&self, width: u16) -> Vec<Fitting> {
        let mut chosen: Vec<_> =
            (0..self.columns.len()).map(|at| Fitting { at, width: self.wanted(at) }).collect();
        while chosen.len() > 1 && needed(&chosen) > width {
            let last = chosen.iter().map(|column| column.at).max_by_key(|at| (self.columns[*at].rank, *at));
            let over = needed(&chosen) - width;
            match chosen.iter_mut().find(|column| Some(column.at) == last) {
                // Some of a text is better than none.
                Some(text) if !self.columns[text.at].right && text.width >= over + TEXT_MIN => {
                    text.width -= over;
                }
                _ => chosen.retain(|column| Some(column.at) != last),
            }
        }
        let mut left = width.saturating_sub(needed(&chosen));
        for column in &mut chosen {
            let more = self.longest(column.at).saturating_sub(column.width).min(left);
            column.width += more;
            left -= more;
        }
        if let Some(rest) = chosen.iter_mut().find(|column| self.columns[column.at].takes_rest) {
            rest.width += left;
        }
        chosen
    }

    /// The width that a column is to have before others have any. That of numbers is always the same: columns that move
    /// with every second are hard to read.
    fn wanted(&self, at: usize) -> u16 {
        let column = &self.columns[at];
        if column.right { column.width } else { column.width.min(self.longest(at)) }
    }

    /// The width of the longest text in a column.
    fn longest(&self, at: usize) -> u16 {
        let cells = self.rows.iter().filter_map(|row| row.cells.get(at));
        let widths = cells.map(|cell| width_of(cell)).chain([width_of(self.columns[at].head)]);
        u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
    }

    /// Whether its columns have names.
    pub(super) fn has_heads(&self) -> bool {
        self.columns.iter().any(|column| !column.head.is_empty())
    }
}

fn needed(columns: &[Fitting]) -> u16 {
    let widths = columns.iter().fold(0_u16, |sum, column| sum.saturating_add(column.width).saturating_add(1));
    widths.saturating_sub(1)
}

/// Text without anything that moves a cursor or hides what stands beside it.
pub(super) fn harmless(text: String) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_harmful) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_harmful(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column::left("a", 5, 0), Column::right("b", 5, 2), Column::rest("c", 5, 1)];

    fn panel(cells: [&str; 3]) -> Panel {
        let rows = vec![Row::new(cells.map(str::to_owned), false)];
        Panel { title: String::new(), columns: COLUMNS, rows, note: None, from: 0 }
    }

    /// Each column that fits, and its width.
    fn fitting(panel: &Panel, width: u16) -> Vec<(usize, u16)> {
        panel.fitting(width).iter().map(|column| (column.at, column.width)).collect()
    }

    #[test]
    fn columns_of_the_highest_rank_go_first() {
        let panel = panel(["five5", "1", "five5"]);
        for (width, columns) in [
            (17, &[(0, 5), (1, 5), (2, 5)][..]),
            (16, &[(0, 5), (2, 10)]),
            (11, &[(0, 5), (2, 5)]),
            (10, &[(0, 5)]),
            (1, &[(0, 5)]),
        ] {
            assert_eq!(fitting(&panel, width), columns, "in {width}");
        }
    }

    #[test]
    fn text_takes_no_more_than_it_has_and_is_whole_where_there_is_room() {
        let short = panel(["x", "1", "five5"]);
        assert_eq!(fitting(&short, 13), [(0, 1), (1, 5), (2, 5)], "what is short leaves room");
        let long = panel(["ten letters", "1", "five5"]);
        assert_eq!(fitting(&long, 30), [(0, 11), (1, 5), (2, 12)], "what is long has what is left");
        assert_eq!(fitting(&long, 20), [(0, 8), (1, 5), (2, 5)]);
    }

    #[test]
    fn the_last_text_gives_way_before_it_goes() {
        const NAMED: &[Column] = &[Column::right("n", 5, 0), Column::rest("name", 20, 1)];
        let row = Row::new(["1".to_owned(), "x".repeat(17)], false);
        let panel = Panel { columns: NAMED, rows: vec![row], ..panel(["", "", ""]) };
        for (width, columns) in
            [(23, &[(0, 5), (1, 17)][..]), (22, &[(0, 5), (1, 16)]), (14, &[(0, 5), (1, 8)]), (13, &[(0, 5)])]
        {
            assert_eq!(fitting(&panel, width), columns, "in {width}");
        }
    }

    #[test]
    fn what_clients_send_can_not_write_elsewhere() {
        let row = Row::new(["a\u{1b}[2J".to_owned(), "\u{202e}b\n".to_owned(), "ünï 漢".to_owned()], false);
        assert_eq!(row.cells, ["a\\u{1b}[2J", "\\u{202e}b\\u{a}", "ünï 漢"]);
    }
}
