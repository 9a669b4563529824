//! Places in URLs and headers: where to begin, and positions as `STREAM:EPOCH:SEQ`, several joined by commas.
//!
//! No part of a position needs to be encoded in a URL, nor in a header.

use std::fmt::Write as _;

use fanfare_protocol::frame::ReplayFrom;
use fanfare_protocol::limits::{MAX_POSITION_STREAMS, MAX_SEQ};
use fanfare_protocol::{Epoch, Position, StreamName, StreamPosition};

/// What stands before a position that the newest messages of each topic go on from.
pub(crate) const LAST: &str = "last:";
/// What a position must be, for people.
pub(crate) const FORM: &str = "STREAM:EPOCH:SEQ, several joined by commas";

/// A position as text.
pub(crate) fn written(position: &Position) -> String {
    let mut text = String::new();
    for (stream, place) in &position.0 {
        write(stream, place, &mut text);
    }
    text
}

/// Adds a stream's place to a position that is being written.
pub(crate) fn write(stream: &StreamName, place: &StreamPosition, text: &mut String) {
    let comma = if text.is_empty() { "" } else { "," };
    // Writing to a string can't fail.
    let _ = write!(text, "{comma}{stream}:{}:{}", place.epoch.as_str(), place.seq);
}

/// Reads where to begin. `last:POSITION` is one of them.
///
/// # Errors
/// Says what must stand there.
pub(crate) fn from(text: &str) -> Result<ReplayFrom, String> {
    let place = |text| position(text).ok_or_else(expected);
    Ok(match text {
        "now" => ReplayFrom::Now,
        "start" => ReplayFrom::Start,
        "last" => ReplayFrom::Last,
        _ => match (number(text), text.strip_prefix(LAST)) {
            (Some(time), _) => ReplayFrom::Time(time),
            (None, Some(text)) => ReplayFrom::LastAfter(place(text)?),
            (None, None) => ReplayFrom::Position(place(text)?),
        },
    })
}

fn expected() -> String {
    format!(
        "must be now, start, last, a time in milliseconds since 1970, a position, or last:POSITION; a position is {FORM}"
    )
}

/// Reads a position.
pub(crate) fn position(text: &str) -> Option<Position> {
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

/// A number of digits alone that every reader holds exactly.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= MAX_SEQ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_a_query_reads_back() {
        let text = "audit:9f2c:0,recent:a-b_C:41";
        let ReplayFrom::Position(position) = from(text).unwrap() else { panic!("no position") };
        assert_eq!(written(&position), text);
    }

    #[test]
    fn every_sequence_that_there_can_be_is_read() {
        assert_eq!(position("a:b:9007199254740991").unwrap().0.values().next().unwrap().seq, MAX_SEQ);
        assert_eq!(position("a:b:9007199254740992"), None);
        assert_eq!((number(""), number("+1"), number("99999999999999999999")), (None, None, None));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in
            ["", "end", "recent", "recent:a", "recent:a:b", "recent:a:1:2", "a b:c:1", "recent:a:1,", "last:"]
        {
            assert!(from(text).is_err(), "{text}");
        }
    }
}
