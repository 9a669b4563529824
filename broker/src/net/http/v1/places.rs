//! Places in a query of the API: before what a page begins, and where the next one goes on.

use fanfare_protocol::Position;
use fanfare_protocol::frame::ReplayFrom;

use crate::hub::Before;
use crate::notation::{FORM, LAST, number, position};
pub(super) use crate::notation::{from, written};

/// The `from` that goes on where a page ended.
pub(super) fn going_on(from: &ReplayFrom, position: &Position) -> String {
    let prefix = if matches!(from, ReplayFrom::Last | ReplayFrom::LastAfter(_)) { LAST } else { "" };
    format!("{prefix}{}", written(position))
}

/// Reads before what a page backwards begins.
pub(super) fn before(text: &str) -> Result<Before, String> {
    if text == "end" {
        return Ok(Before::End);
    }
    let expected =
        || format!("must be end, a time in milliseconds since 1970, or a position; a position is {FORM}");
    let places = || position(text).ok_or_else(expected).map(Before::Places);
    number(text).map_or_else(places, |time| Ok(Before::Time(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_a_query_reads_back() {
        let text = "audit:9f2c:0,recent:a-b_C:41";
        let ReplayFrom::Position(position) = from(text).unwrap() else { panic!("no position") };
        assert_eq!(before(text).unwrap(), Before::Places(position.clone()));
        assert_eq!(from(&going_on(&ReplayFrom::Last, &position)).unwrap(), ReplayFrom::LastAfter(position));
    }

    #[test]
    fn what_is_no_place_to_end_at_is_refused() {
        for text in ["", "start", "last", "last:recent:a:1"] {
            assert!(before(text).is_err(), "{text}");
        }
    }
}
