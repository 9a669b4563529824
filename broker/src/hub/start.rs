//! Where a reading begins in each stream, and the gaps that tell what it can't have.

use fanfare_protocol::frame::{Gap, ReplayFrom};
use fanfare_protocol::{GapReason, Pattern, Position, StreamName, StreamPosition};

use super::lost::gap_at;
use super::subscription::{Met, Progress, Reader, Streams};
use crate::engine::{Begin, Lost, StartAt, Stream};
use crate::outbound::Expired;

/// Where a subscription begins.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) streams: Streams,
    /// Before the gaps: whoever never hears of them comes back to this place, and is told again.
    pub(super) position: Position,
    /// What it can't have of what it asked for; they stand before its first message.
    pub(super) gaps: Vec<FirstGap>,
}

/// A gap before the first message.
#[derive(Debug)]
pub(super) enum FirstGap {
    Reset(Gap),
    Expired(Expired),
}

impl Start {
    /// Where a subscription to this pattern begins in the streams that it meets; see [`Stream::begin`].
    pub(super) fn new(met: &[&Stream], from: &ReplayFrom, newest_only: bool, pattern: &Pattern) -> Self {
        let begun: Vec<(&Stream, Begin)> = met
            .iter()
            .map(|stream| (*stream, stream.begin(start_at(from, stream), newest_only, pattern)))
            .collect();
        let mut position: Position = begun
            .iter()
            .map(|(stream, begin)| (stream.name().clone(), asked_place(stream, begin, from)))
            .collect();
        let start = position.clone();
        let mut gaps: Vec<FirstGap> = unmet(met, from, Some(&position)).map(FirstGap::Reset).collect();
        for (stream, begin) in &begun {
            if begin.reset {
                position.0.insert(stream.name().clone(), stream.position(begin.cursor.after));
                gaps.push(FirstGap::Reset(reset(stream.name().clone(), Some(position.clone()))));
            }
            let cursor = begin.cursor;
            gaps.extend(begin.lost.map(|lost| FirstGap::Expired(gap_at(stream, lost, cursor))));
        }
        let streams =
            begun.iter().map(|(stream, begin)| Met { index: stream.index(), progress: progress(begin) });
        Self { streams: streams.collect(), position: start, gaps }
    }
}

/// Pushed at once if nothing is to be read first.
fn progress(begin: &Begin) -> Progress {
    if begin.at_head {
        Progress::Live(begin.cursor.after)
    } else {
        Progress::Reading(Box::new(Reader { cursor: begin.cursor, pushed: false }))
    }
}

/// Where the subscription stands in a stream before it is told of any gap.
fn asked_place(stream: &Stream, begin: &Begin, from: &ReplayFrom) -> StreamPosition {
    let asked = asked_position(from).filter(|_| begin.reset);
    let place = asked.and_then(|position| position.get(stream.name().as_str()));
    place.cloned().unwrap_or_else(|| stream.position(begin.cursor.after))
}

/// Where to begin in a stream, as the client asks.
pub(super) fn start_at<'a>(from: &'a ReplayFrom, stream: &Stream) -> StartAt<'a> {
    match from {
        ReplayFrom::Now => StartAt::Now,
        ReplayFrom::Last => StartAt::Last,
        ReplayFrom::Start => StartAt::Start,
        ReplayFrom::Time(time_ms) => StartAt::Time(*time_ms),
        ReplayFrom::Position(position) | ReplayFrom::LastAfter(position) => {
            StartAt::After(position.get(stream.name().as_str()))
        }
    }
}

/// The position that the client asks to go on from, if it does.
pub(super) fn asked_position(from: &ReplayFrom) -> Option<&Position> {
    match from {
        ReplayFrom::Position(position) | ReplayFrom::LastAfter(position) => Some(position),
        ReplayFrom::Now | ReplayFrom::Last | ReplayFrom::Start | ReplayFrom::Time(_) => None,
    }
}

/// A gap for each stream that a position names and the pattern does not meet (any more); `position` is where to go on.
pub(super) fn unmet<'a>(
    met: &'a [&Stream],
    from: &'a ReplayFrom,
    position: Option<&'a Position>,
) -> impl Iterator<Item = Gap> + use<'a> {
    let named = asked_position(from).into_iter().flat_map(|position| position.0.keys());
    let unmet = named.filter(|name| !met.iter().any(|stream| stream.name() == *name));
    unmet.map(move |name| reset(name.clone(), position.cloned()))
}

/// A gap for a position that does not fit the stream (any more).
pub(super) fn reset(stream: StreamName, position: Option<Position>) -> Gap {
    Gap { reason: GapReason::Reset, stream: Some(stream), from: None, to: None, count: None, position }
}

/// A gap over what retention took.
pub(super) fn expired(stream: &Stream, lost: Lost) -> Gap {
    Gap {
        reason: GapReason::Expired,
        stream: Some(stream.name().clone()),
        from: Some(lost.from),
        to: Some(lost.to),
        count: None,
        position: None,
    }
}
