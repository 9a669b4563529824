//! A panel: rows in columns, of which those that matter least go where there is no room.

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) head: &'static str,
    /// Its width in cells; the least one of a column that takes what is left.
    pub(super) width: u16,
    /// Whether it takes what is left. One of a panel does.
    pub(super) takes_rest: bool,
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

/// What is shown of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Row>,
    /// What is said before the rows, if anything is.
    pub(super) note: Option<String>,
    /// The first row that is shown.
    pub(super) from: usize,
}

impl Column {
    /// A column of this width, whose text begins at its left.
    pub(super) const fn left(head: &'static str, width: u16, rank: u8) -> Self {
        Self { head, width, takes_rest: false, right: false, rank }
    }

    /// The same for numbers.
    pub(super) const fn right(head: &'static str, width: u16, rank: u8) -> Self {
        Self { right: true, ..Self::left(head, width, rank) }
    }

    /// The column that takes what is left, at least this.
    pub(super) const fn rest(head: &'static str, width: u16, rank: u8) -> Self {
        Self { takes_rest: true, ..Self::left(head, width, rank) }
    }
}

impl Row {
    /// A row of these cells. What comes from clients is made harmless to a terminal.
    pub(super) fn new(cells: impl IntoIterator<Item = String>, alarming: bool) -> Self {
        Self { cells: cells.into_iter().map(harmless).collect(), alarming }
    }
}

impl Panel {
    /// The places of the columns that have room in so many cells, with one between two. The first of the lowest rank is
    /// always there.
    pub(super) fn fitting(&self, width: u16) -> Vec<usize> {
        let mut chosen: Vec<usize> = (0..self.columns.len()).collect();
        let needed = |chosen: &[usize]| {
            let widths: u16 = chosen.iter().map(|at| self.columns[*at].width + 1).sum();
            widths.saturating_sub(1)
        };
        while chosen.len() > 1 && needed(&chosen) > width {
            let last = chosen.iter().copied().max_by_key(|at| (self.columns[*at].rank, *at));
            chosen.retain(|at| Some(*at) != last);
        }
        chosen
    }
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

    #[test]
    fn columns_of_the_highest_rank_go_first() {
        let panel = Panel { title: String::new(), columns: COLUMNS, rows: Vec::new(), note: None, from: 0 };
        for (width, columns) in [(17, &[0, 1, 2][..]), (16, &[0, 2]), (11, &[0, 2]), (10, &[0]), (1, &[0])] {
            assert_eq!(panel.fitting(width), columns, "in {width}");
        }
    }

    #[test]
    fn what_clients_send_can_not_write_elsewhere() {
        let row = Row::new(["a\u{1b}[2J".to_owned(), "\u{202e}b\n".to_owned(), "ünï 漢".to_owned()], false);
        assert_eq!(row.cells, ["a\\u{1b}[2J", "\\u{202e}b\\u{a}", "ünï 漢"]);
    }
}
