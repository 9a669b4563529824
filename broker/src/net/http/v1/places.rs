//! Positions in a query: `STREAM:EPOCH:SEQ`, several joined by commas. No part needs to be encoded in a URL.

use std::fmt::Write as _;

use fanfare_protocol::frame::ReplayFrom;
use fanfare_protocol::limits::MAX_POSITION_STREAMS;
use fanfare_protocol::{Epoch, Position, StreamName, StreamPosition};

use super::query::number;
use crate::hub::Before;

/// What stands before a position that the newest messages of each topic go on from.
const LAST: &str = "last:";
/// What a position must be, for people.
const FORM: &str = "STREAM:EPOCH:SEQ, several joined by commas";

/// A position as it stands in a query.
pub(super) fn written(position: &Position) -> String {
    let mut text = String::new();
    for (stream, StreamPosition { epoch, seq }) in &position.0 {
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string can't fail.
        let _ = write!(text, "{comma}{stream}:{}:{seq}", epoch.as_str());
    }
    text
}

/// The `from` that goes on where a page ended.
pub(super) fn going_on(from: &ReplayFrom, position: &Position) -> String {
    let prefix = if matches!(from, ReplayFrom::Last | ReplayFrom::LastAfter(_)) { LAST } else { "" };
    format!("{prefix}{}", written(position))
}

/// Reads where a page begins.
pub(super) fn from(text: &str) -> Result<ReplayFrom, String> {
    Ok(match text {
        "now" => ReplayFrom::Now,
        "start" => ReplayFrom::Start,
        "last" => ReplayFrom::Last,
        _ => match (number(text), text.strip_prefix(LAST)) {
            (Some(time), _) => ReplayFrom::Time(time),
            (None, Some(text)) => ReplayFrom::LastAfter(position(text).ok_or_else(|| expected("from"))?),
            (None, None) => ReplayFrom::Position(position(text).ok_or_else(|| expected("from"))?),
        },
    })
}

/// Reads before what a page backwards begins.
pub(super) fn before(text: &str) -> Result<Before, String> {
    if text == "end" {
        return Ok(Before::End);
    }
    let places = || position(text).ok_or_else(|| expected("before")).map(Before::Places);
    number(text).map_or_else(places, |time| Ok(Before::Time(time)))
}

fn expected(parameter: &str) -> String {
    let words = if parameter == "from" {
        "now, start, last, a time in milliseconds since 1970, a position, or last:POSITION"
    } else {
        "end, a time in milliseconds since 1970, or a position"
    };
    format!("must be {words}; a position is {FORM}")
}

fn position(text: &str) -> Option<Position> {
    let mut position = Position::default();
    for place in text.split(',') {
        let mut parts = place.split(':');
        let (stream, epoch, seq) = (parts.next()?, parts.next()?, parts.next()?);
        let place = StreamPosition { epoch: Epoch::new(epoch).ok()?, seq: number(seq)? };
        position.0.insert(StreamName::new(stream).ok()?, place);
        if parts.next().is_some() || position.0.len() > MAX_POSITION_STREAMS {
            return None;
        }
    }
    Some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_a_query_reads_back() {
        let text = "audit:9f2c:0,recent:a-b_C:41";
        let ReplayFrom::Position(position) = from(text).unwrap() else { panic!("no position") };
        assert_eq!(written(&position), text);
        assert_eq!(before(text).unwrap(), Before::Places(position.clone()));
        assert_eq!(from(&going_on(&ReplayFrom::Last, &position)).unwrap(), ReplayFrom::LastAfter(position));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in
            ["", "end", "recent", "recent:a", "recent:a:b", "recent:a:1:2", "a b:c:1", "recent:a:1,", "last:"]
        {
            assert!(from(text).is_err(), "{text}");
        }
        for text in ["", "start", "last", "last:recent:a:1"] {
            assert!(before(text).is_err(), "{text}");
        }
    }
}
