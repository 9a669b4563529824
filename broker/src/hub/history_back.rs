//! History backwards: retained messages, newest first, a page at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use fanfare_protocol::frame::{Gap, History, ReplayFrom};
use fanfare_protocol::{Encoding, Pattern, Position};

use super::history::HistoryPage;
use super::page::{Bodies, PAGE_SCANNED_MAX};
use super::shared::Hub;
use super::start::{reset, start_at, unmet};
use crate::auth::Permitted;
use crate::engine::{BackwardPlace, Message, ReadBudget, Stream};

/// Messages that are read of a stream at once.
const BATCH_MESSAGES: usize = 64;

/// Before what a page backwards begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing: with the newest message.
    End,
    /// This time, in milliseconds since 1970.
    Time(u64),
    /// The sequence of each stream. A stream that is not named counts from its end.
    Places(Position),
}

/// A stream that is read backwards.
struct Source<'a> {
    stream: &'a Stream,
    place: BackwardPlace,
    /// The last sequence before which the page begins.
    through: u64,
    /// What was read and is not on the page yet, newest first.
    read: VecDeque<Arc<Message>>,
}

impl Source<'_> {
    /// Reads until there is a message, nothing is left, or the page has looked at enough.
    fn fill(&mut self, pattern: &Pattern, scans_left: &mut usize) {
        while self.read.is_empty() && !self.place.at_start && *scans_left > 0 {
            *scans_left = scans_left.saturating_sub(ReadBudget::SCANNED_MAX);
            let budget = ReadBudget::new(BATCH_MESSAGES, usize::MAX);
            self.read.extend(self.stream.read_back(&mut self.place, pattern, budget));
        }
    }

    /// Whether a message may be left that nobody has seen.
    fn is_unread(&self) -> bool {
        self.read.is_empty() && !self.place.at_start
    }

    /// Before which sequence the next page goes on.
    fn before(&self) -> u64 {
        self.read.front().map_or(self.place.before, |next| next.seq() + 1)
    }
}

impl Hub {
    /// A page of history backwards from `before` down to where `history` begins: newest first by time over all streams,
    /// and descending in each. Its position is after its newest message; the second one is what the next page is before.
    pub(crate) fn history_back(
        &self,
        history: Permitted<History>,
        before: &Before,
        encoding: Encoding,
    ) -> (HistoryPage, Position) {
        let History { pattern, from, limit, .. } = history.into_inner();
        let mut gaps = Vec::new();
        let mut sources = self.sources(&pattern, &from, before, &mut gaps);
        let mut bodies = Bodies::new(encoding, limit as usize, self.page_bytes());
        let mut scans_left = PAGE_SCANNED_MAX;
        loop {
            for source in &mut sources {
                source.fill(&pattern, &mut scans_left);
            }
            if bodies.left() == 0 || sources.iter().any(Source::is_unread) {
                break;
            }
            let Some(newest) = newest(&mut sources) else { break };
            let Some(message) = newest.read.front() else { break };
            if !bodies.take(message) {
                break;
            }
            newest.read.pop_front();
        }
        let more = sources.iter().any(|source| !source.read.is_empty() || !source.place.at_start);
        let place = |stream: &Stream, seq| (stream.name().clone(), stream.position(seq));
        let position = sources.iter().map(|source| place(source.stream, source.through)).collect();
        let next = sources.iter().map(|source| place(source.stream, source.before())).collect();
        (HistoryPage { bodies: bodies.into_bodies(), gaps, position, more }, next)
    }

    fn sources(
        &self,
        pattern: &Pattern,
        from: &ReplayFrom,
        before: &Before,
        gaps: &mut Vec<Gap>,
    ) -> Vec<Source<'_>> {
        let met: Vec<&Stream> = self.engine.streams().iter().filter(|stream| stream.meets(pattern)).collect();
        gaps.extend(unmet(&met, from, None));
        let mut sources = Vec::with_capacity(met.len());
        for stream in met {
            let begin = stream.begin(start_at(from, stream), false, pattern);
            let end = end_of(stream, before);
            if begin.reset || end.is_none() {
                gaps.push(reset(stream.name().clone(), None));
            }
            // Before a place of another epoch there is nothing any more.
            let Some(before) = end else { continue };
            let place = BackwardPlace { from: begin.cursor, before, at_start: false };
            sources.push(Source {
                stream,
                place,
                through: before.saturating_sub(1).min(stream.head().seq),
                read: VecDeque::new(),
            });
        }
        sources
    }
}

/// Before which sequence a stream is read; none if the place is of another epoch.
fn end_of(stream: &Stream, before: &Before) -> Option<u64> {
    let newest = || stream.head().seq + 1;
    match before {
        Before::End => Some(newest()),
        Before::Time(time_ms) => Some(stream.first_since(*time_ms)),
        Before::Places(places) => match places.get(stream.name().as_str()) {
            Some(place) => (place.epoch == *stream.epoch()).then_some(place.seq),
            None => Some(newest()),
        },
    }
}

/// The stream with the newest message of those that were read.
fn newest<'s, 'a>(sources: &'s mut [Source<'a>]) -> Option<&'s mut Source<'a>> {
    let time = |source: &&mut Source<'a>| source.read.front().map(|message| message.time_ms());
    sources.iter_mut().filter(|source| !source.read.is_empty()).max_by_key(time)
}
