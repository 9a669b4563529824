//! History: retained messages by request, a page at a time, forwards.

use std::sync::Arc;

use fanfare_protocol::frame::{Gap, History, ReplayFrom};
use fanfare_protocol::{Encoding, Pattern, Position};

use super::page::{Bodies, PAGE_SCANNED_MAX};
use super::shared::Hub;
use super::start::{expired, reset, start_at, unmet};
use crate::auth::Permitted;
use crate::engine::{Cursor, Message, ReadBudget, StartAt, Stream, StreamIndex};
use crate::outbound::Body;

/// A page in the making.
struct Page {
    bodies: Bodies,
    /// The stream and sequence of the last message.
    last: Option<(StreamIndex, u64)>,
    scans_left: usize,
    gaps: Vec<Gap>,
    full: bool,
}

/// A page of history.
#[derive(Debug)]
pub(crate) struct HistoryPage {
    /// The messages in their encoding, each as [`Encoding::message_body`] writes it.
    pub(crate) bodies: Vec<Body>,
    pub(crate) gaps: Vec<Gap>,
    /// Where the page ends.
    pub(crate) position: Position,
    pub(crate) more: bool,
}

impl Hub {
    /// Answers a history request: a `history` frame in this encoding.
    pub(crate) fn history(&self, history: Permitted<History>, encoding: Encoding) -> Box<[u8]> {
        let history = history.into_inner();
        let id = history.id;
        let HistoryPage { bodies, gaps, position, more } = self.read_history(history, encoding);
        let bodies: Vec<&[u8]> = bodies.iter().map(Body::bytes).collect();
        let mut frame = Vec::new();
        encoding.history_of_bodies(id, &bodies, &gaps, &position, more, &mut frame);
        frame.into_boxed_slice()
    }

    /// The same as a page whose messages are in this encoding.
    pub(crate) fn history_page(&self, history: Permitted<History>, encoding: Encoding) -> HistoryPage {
        self.read_history(history.into_inner(), encoding)
    }

    fn read_history(&self, history: History, encoding: Encoding) -> HistoryPage {
        let History { pattern, from, limit, .. } = history;
        let mut page = Page {
            bodies: Bodies::new(encoding, limit as usize, self.page_bytes()),
            last: None,
            scans_left: PAGE_SCANNED_MAX,
            gaps: Vec::new(),
            full: false,
        };
        let mut met: Vec<&Stream> =
            self.engine.streams().iter().filter(|stream| stream.meets(&pattern)).collect();
        met.sort_by(|a, b| a.name().cmp(b.name()));
        page.gaps.extend(unmet(&met, &from, None));
        let mut position = Position::default();
        for stream in met {
            let mut cursor = page.begin(stream, &from, &pattern);
            page.read(stream, &mut cursor, &pattern);
            position.0.insert(stream.name().clone(), stream.position(cursor.after));
        }
        HistoryPage { bodies: page.bodies.into_bodies(), gaps: page.gaps, position, more: page.full }
    }
}

impl Page {
    /// Where the page begins in a stream, with a gap if the position does not fit it.
    fn begin(&mut self, stream: &Stream, from: &ReplayFrom, pattern: &Pattern) -> Cursor {
        let begin = stream.begin(start_at(from, stream), false, pattern);
        if begin.reset {
            let position =
                Position::from_iter([(stream.name().clone(), stream.position(begin.cursor.after))]);
            self.gaps.push(reset(stream.name().clone(), Some(position)));
        }
        if matches!(from, ReplayFrom::LastAfter(_)) {
            let last = stream.begin(StartAt::Last, false, pattern).cursor;
            return Cursor { after: begin.cursor.after, ..last };
        }
        self.gaps.extend(begin.lost.map(|lost| expired(stream, lost)));
        begin.cursor
    }

    fn read(&mut self, stream: &Stream, cursor: &mut Cursor, pattern: &Pattern) {
        while !self.full {
            let before = *cursor;
            let left = self.bodies.left();
            let budget = ReadBudget::new(left.min(ReadBudget::SCANNED_MAX), self.bodies.bytes_left());
            if left == 0 {
                // Only whether there is more is of interest now, and that is cheap to know of one message.
                let mut ahead = *cursor;
                let batch = stream.read(&mut ahead, pattern, ReadBudget::new(1, 0), || ());
                self.full = !batch.messages.is_empty() || !batch.at_head;
                return;
            }
            let batch = stream.read(cursor, pattern, budget, || ());
            self.gaps.extend(batch.lost.map(|lost| expired(stream, lost)));
            for message in batch.messages {
                if !self.take(&message) {
                    // Back to before this message; what was taken of the batch stays.
                    let taken = self.last.filter(|(index, _)| *index == stream.index());
                    cursor.after = taken.map_or(before.after, |(_, seq)| seq);
                    return;
                }
            }
            if batch.at_head {
                return;
            }
            self.scans_left = self.scans_left.saturating_sub(ReadBudget::SCANNED_MAX);
            self.full |= self.scans_left == 0;
        }
    }

    /// Takes a message into the page; false if the page has no room for it.
    fn take(&mut self, message: &Arc<Message>) -> bool {
        let taken = self.bodies.take(message);
        if taken {
            self.last = message.place().map(|place| (place.index, place.seq));
        }
        self.full |= !taken;
        taken
    }
}
