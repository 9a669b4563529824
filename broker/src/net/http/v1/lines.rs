//! Lines out of a body that comes in parts, in bounded memory.

/// A line, or what there was instead of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line without its end; it is not blank.
    Whole(&'a [u8]),
    /// A line that is longer than it may be, and was thrown away.
    TooLong,
}

/// What of a line has come and is not complete.
#[derive(Debug)]
pub(super) struct Lines {
    begun: Vec<u8>,
    max_bytes: usize,
    /// Whether the line under way is too long already.
    over: bool,
}

impl Lines {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { begun: Vec::new(), max_bytes, over: false }
    }

    /// Takes in a part up to its end, or to the end of so many lines of it, blank ones among them; `part` is what is left.
    /// `take` is given each line that is complete.
    pub(super) fn push(&mut self, part: &mut &[u8], most: usize, mut take: impl FnMut(Line<'_>)) {
        for _ in 0..most {
            let Some(end) = part.iter().position(|byte| *byte == b'\n') else {
                return self.keep(std::mem::take(part));
            };
            let (line, rest) = (&part[..end], &part[end + 1..]);
            *part = rest;
            if self.begun.is_empty() && !self.over && line.len() <= self.max_bytes {
                // Most lines come whole.
                give(line, &mut take);
            } else {
                self.keep(line);
                self.end(&mut take);
            }
        }
    }

    /// The body is complete, and so is its last line.
    pub(super) fn finish(mut self, mut take: impl FnMut(Line<'_>)) {
        self.end(&mut take);
    }

    fn keep(&mut self, part: &[u8]) {
        self.over |= self.begun.len() + part.len() > self.max_bytes;
        if self.over {
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(part);
        }
    }

    fn end(&mut self, take: &mut impl FnMut(Line<'_>)) {
        if std::mem::take(&mut self.over) {
            take(Line::TooLong);
        } else {
            give(&self.begun, take);
        }
        self.begun.clear();
    }
}

fn give(line: &[u8], take: &mut impl FnMut(Line<'_>)) {
    let line = line.trim_ascii();
    if !line.is_empty() {
        take(Line::Whole(line));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(parts: &[&[u8]], max_bytes: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut take = |line: Line<'_>| {
            found.push(match line {
                Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        };
        let mut lines = Lines::new(max_bytes);
        for mut part in parts.iter().copied() {
            while !part.is_empty() {
                lines.push(&mut part, 2, &mut take);
            }
        }
        lines.finish(take);
        found
    }

    #[test]
    fn blank_lines_are_none_and_the_last_needs_no_end() {
        assert_eq!(lines(&[b"\n{}\r\n\n  \n[1]"], 9), ["{}", "[1]"]);
        assert_eq!(lines(&[b""], 9), [""; 0]);
    }

    #[test]
    fn no_more_lines_are_taken_at_once_than_asked_for_blank_ones_among_them() {
        let (mut lines, mut part, mut found) = (Lines::new(9), b"1\n\n2\n3\n4".as_slice(), Vec::new());
        for left in [b"2\n3\n4".as_slice(), b"4", b""] {
            lines.push(&mut part, 2, |line| found.push(format!("{line:?}")));
            assert_eq!(part, left);
        }
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_line_that_is_too_long_costs_itself_alone() {
        assert_eq!(lines(&[b"1234", b"5", b"6\n1\n123", b"4567\n2"], 5), ["too long", "1", "too long", "2"]);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_it_gives_the_same_lines(
            text in "[ab\n]{0,60}",
            cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            let whole = lines(&[text.as_bytes()], 5);
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= text.len()).collect();
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([text.len()]);
            let begins = [0].into_iter().chain(cuts.iter().copied());
            let parts: Vec<&[u8]> = begins.zip(ends).map(|(from, to)| &text.as_bytes()[from..to]).collect();
            prop_assert_eq!(lines(&parts, 5), whole);
        }
    }
}
