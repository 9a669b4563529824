//! History: retained messages by request, a page at a time.

use std::sync::Arc;

use fanfare_protocol::frame::{Gap, History, ReplayFrom};
use fanfare_protocol::{Encoding, GapReason, Pattern, Position};

use super::shard::expired;
use super::shared::Hub;
use crate::auth::Permitted;
use crate::engine::{Cursor, Message, ReadBudget, StartAt, Stream, StreamIndex};
use crate::outbound::{Body, Delivery};

/// Messages that one page looks at, matching or not, so that a rare pattern holds up no shard; `more` says that the
/// page ended early.
const PAGE_SCANNED_MAX: usize = 16 * 1024;
/// What an answer takes beside its messages, at most, in bytes: frame, position, gaps.
const PAGE_OVERHEAD_BYTES: usize = 16 * 1024;

/// A page in the making.
struct Page {
    encoding: Encoding,
    bodies: Vec<Body>,
    /// The stream and sequence of the last message.
    last: Option<(StreamIndex, u64)>,
    messages_left: usize,
    bytes_left: usize,
    scans_left: usize,
    gaps: Vec<Gap>,
    full: bool,
}

impl Hub {
    /// Answers a history request: a `history` frame in this encoding.
    pub(crate) fn history(&self, history: Permitted<History>, encoding: Encoding) -> Box<[u8]> {
        let History { id, pattern, from, limit } = history.into_inner();
        let mut page = Page {
            encoding,
            bodies: Vec::new(),
            last: None,
            messages_left: limit as usize,
            bytes_left: self.limits.max_frame_bytes.saturating_sub(PAGE_OVERHEAD_BYTES),
            scans_left: PAGE_SCANNED_MAX,
            gaps: Vec::new(),
            full: false,
        };
        let mut met: Vec<&Stream> =
            self.engine.streams().iter().filter(|stream| stream.meets(&pattern)).collect();
        met.sort_by(|a, b| a.name().cmp(b.name()));
        page.gaps.extend(unmet(&met, &from));
        let mut position = Position::default();
        for stream in met {
            let mut cursor = page.begin(stream, &from);
            page.read(stream, &mut cursor, &pattern);
            position.0.insert(stream.name().clone(), stream.position(cursor.after));
        }
        let bodies: Vec<&[u8]> = page.bodies.iter().map(Body::bytes).collect();
        let mut frame = Vec::new();
        encoding.history_of_bodies(id, &bodies, &page.gaps, &position, page.full, &mut frame);
        frame.into_boxed_slice()
    }
}

impl Page {
    /// Where the page begins in a stream, with a gap if the position does not fit it.
    fn begin(&mut self, stream: &Stream, from: &ReplayFrom) -> Cursor {
        match from {
            ReplayFrom::Now => stream.cursor(StartAt::Now).0,
            ReplayFrom::Last => stream.cursor(StartAt::Last).0,
            ReplayFrom::Start => stream.cursor(StartAt::Start).0,
            ReplayFrom::Time(time_ms) => stream.cursor(StartAt::Time(*time_ms)).0,
            ReplayFrom::Position(position) => self.resume(stream, position),
            ReplayFrom::LastAfter(position) => {
                let last = stream.cursor(StartAt::Last).0;
                Cursor { after: self.resume(stream, position).after, ..last }
            }
        }
    }

    fn resume(&mut self, stream: &Stream, position: &Position) -> Cursor {
        let Some(place) = position.get(stream.name().as_str()) else { return Cursor::after(0) };
        let (start, head) = stream.cursor(StartAt::Start);
        if place.epoch == *stream.epoch() && place.seq <= head {
            return Cursor::after(place.seq);
        }
        let position = Position::from_iter([(stream.name().clone(), stream.position(start.after))]);
        self.gaps.push(reset(stream.name().clone(), Some(position)));
        start
    }

    fn read(&mut self, stream: &Stream, cursor: &mut Cursor, pattern: &Pattern) {
        while !self.full {
            let before = *cursor;
            let budget = ReadBudget::new(self.messages_left.min(ReadBudget::SCANNED_MAX), self.bytes_left);
            if self.messages_left == 0 {
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
        let body = Delivery::new(message).body(self.encoding);
        let bytes = body.bytes().len() + 1;
        if bytes > self.bytes_left && !self.bodies.is_empty() {
            self.full = true;
            return false;
        }
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        self.messages_left = self.messages_left.saturating_sub(1);
        self.bodies.push(body);
        self.last = message.place().map(|place| (place.index, place.seq));
        true
    }
}

/// Gaps for the streams that a position names and the pattern does not meet (any more).
fn unmet<'a>(met: &'a [&Stream], from: &'a ReplayFrom) -> impl Iterator<Item = Gap> + use<'a> {
    let position = match from {
        ReplayFrom::Position(position) | ReplayFrom::LastAfter(position) => Some(position),
        _ => None,
    };
    let named = position.into_iter().flat_map(|position| position.0.keys());
    named
        .filter(|name| !met.iter().any(|stream| stream.name() == *name))
        .map(|name| reset(name.clone(), None))
}

fn reset(stream: fanfare_protocol::StreamName, position: Option<Position>) -> Gap {
    Gap { reason: GapReason::Reset, stream: Some(stream), from: None, to: None, count: None, position }
}
