//! Text that has no room: what is left of it, with a mark where something is missing.

use std::borrow::Cow;

use ratatui::text::Span;

/// Stands where something is missing.
const MISSING: char = '…';

/// What of a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Its end.
    End,
    /// Its middle: of names that begin alike the end tells most.
    Middle,
}

/// How many cells a text takes.
pub(super) fn width_of(text: &str) -> usize {
    Span::raw(text).width()
}

/// As much of a text as so many cells hold.
pub(super) fn shorten(text: &str, cells: usize, cut: Cut) -> Cow<'_, str> {
    if width_of(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let behind = match cut {
        Cut::End => 0,
        Cut::Middle => room / 2,
    };
    let tail: Vec<char> = fitting(text.chars().rev(), behind).collect();
    let head = fitting(text.chars(), room - behind);
    Cow::Owned(head.chain([MISSING]).chain(tail.into_iter().rev()).collect())
}

/// The first characters that so many cells hold.
fn fitting(characters: impl Iterator<Item = char>, cells: usize) -> impl Iterator<Item = char> {
    let mut left = cells;
    characters.map_while(move |character| {
        left = left.checked_sub(width_of(character.encode_utf8(&mut [0; 4])))?;
        Some(character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_room_is_whole_and_of_the_rest_a_mark_tells() {
        for (text, cells, cut, shown) in [
            ("orders.eu", 9, Cut::End, "orders.eu"),
            ("orders.eu", 8, Cut::End, "orders.…"),
            ("orders.eu.42", 9, Cut::Middle, "orde…u.42"),
            ("orders.eu.42", 8, Cut::Middle, "orde….42"),
            ("漢漢漢", 5, Cut::End, "漢漢…"),
            ("漢漢漢", 4, Cut::End, "漢…"),
            ("orders", 1, Cut::Middle, "…"),
            ("orders", 0, Cut::End, ""),
        ] {
            let short = shorten(text, cells, cut);
            assert_eq!(short, shown, "{text:?} in {cells}");
            assert!(width_of(&short) <= cells);
        }
    }
}
