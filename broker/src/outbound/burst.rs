//! A burst: the frames of one write, laid out so that small ones are joined and large bodies are not copied.
//!
//! Sessions that have the same messages waiting are given the same burst: it is laid out for the first of them only.

use std::io::IoSlice;
use std::ops::Range;

use fanfare_protocol::{Encoding, ServerFrame};

use super::body::Body;
use super::entry::{self, Entry, Lane};
use super::made_of::MadeOf;
use super::run::Run;
use super::track::Track;
use super::wire::Wire;
use super::{events, frame};

/// Bodies of at least this many bytes are written from where they lie. Smaller ones are cheaper to copy: once for all
/// sessions that share the burst, where several pieces of memory cost each write 0.8 µs. Less in tests, so that they get
/// there.
const LARGE_BODY_BYTES: usize = if cfg!(test) { 4 } else { 32 } * 1024;
/// Most pieces of memory in one write.
const MAX_PIECES: usize = 64;

/// One write in the making. A shard has one and uses it for all its sessions.
#[derive(Debug)]
pub(crate) struct Burst {
    wire: Wire,
    /// The way of an event stream: where it stood at the start, and where it stands behind what is laid out.
    way: Option<Box<Way>>,
    joined: Vec<u8>,
    pieces: Vec<Piece>,
    groups: Vec<Group>,
    /// Bytes of each frame, group after group.
    frames: Vec<usize>,
    made_of: MadeOf,
    /// Bytes of the first frame that an earlier write took.
    skip: usize,
    len: usize,
    prefix: Vec<u8>,
    prefix_of: Option<(Encoding, u32)>,
}

/// The way of an event stream's subscription through a burst.
#[derive(Debug)]
struct Way {
    from: Track,
    to: Track,
    /// Kept for its memory.
    id: String,
}

/// A part of the write.
#[derive(Debug)]
enum Piece {
    Joined(Range<usize>),
    Body(Body, Range<usize>),
}

/// Frames of one entry of a queue, or of another lane.
#[derive(Debug)]
struct Group {
    lane: Lane,
    frames: usize,
    bytes: usize,
}

/// What a write took of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) lane: Lane,
    /// Whole frames.
    pub(super) frames: usize,
    /// Bytes of the frame behind them, if the group has one more.
    pub(super) begun: Option<usize>,
}

impl Default for Burst {
    fn default() -> Self {
        Self {
            wire: Wire::MsgPack,
            way: None,
            joined: Vec::new(),
            pieces: Vec::new(),
            groups: Vec::new(),
            frames: Vec::new(),
            made_of: MadeOf::default(),
            skip: 0,
            len: 0,
            prefix: Vec::new(),
            prefix_of: None,
        }
    }
}

impl Burst {
    /// Begins anew; `skip` bytes of the first frame to come were written before. An event stream goes on from `track`.
    pub(super) fn start(&mut self, wire: Wire, track: Option<&Track>, skip: usize) {
        self.wire = wire;
        if track.is_some() || self.way.is_some() {
            let way = |track: &Track| Way { from: track.clone(), to: track.clone(), id: String::new() };
            self.way = track.map(|track| Box::new(way(track)));
        }
        self.joined.clear();
        self.pieces.clear();
        self.groups.clear();
        self.frames.clear();
        self.made_of.start(skip > 0);
        self.skip = skip;
        self.len = 0;
    }

    /// Lets go of the messages that it was made of, so that they are freed once retention and queues let go of them.
    pub(crate) fn forget(&mut self) {
        self.start(self.wire, None, 0);
    }

    /// Whether it is what it would be if it were laid out for these entries, and nothing but them.
    pub(super) fn is_of<'a>(
        &self,
        wire: Wire,
        track: Option<&Track>,
        entries: impl Iterator<Item = &'a Entry>,
        max_bytes: usize,
    ) -> bool {
        self.wire == wire && self.is_from(track) && self.made_of.is(entries, self.is_full(max_bytes))
    }

    /// Whether an event stream that stands there would go on alike; any other session does.
    fn is_from(&self, track: Option<&Track>) -> bool {
        match (&self.way, track) {
            (None, None) => true,
            (Some(way), Some(track)) => way.from == *track,
            _ => false,
        }
    }

    pub(super) fn is_full(&self, max_bytes: usize) -> bool {
        self.len >= max_bytes || self.pieces.len() + 2 > MAX_PIECES
    }

    /// Adds bytes that are frames already.
    pub(super) fn add_raw(&mut self, lane: Lane, bytes: &[u8]) {
        let before = self.joined.len();
        self.joined.extend_from_slice(bytes);
        self.close_frame(lane, before);
    }

    pub(super) fn add_reply(&mut self, payload: &[u8]) {
        self.add_payload(Lane::Replies, payload);
    }

    /// Adds what a queue's entry becomes; of messages as many as there is room for, but at least one.
    pub(super) fn add_entry(&mut self, entry: &Entry, max_bytes: usize) {
        match entry {
            Entry::Messages(sub, run) => self.add_run(*sub, run, max_bytes),
            Entry::Answer(_, _, payload) => self.add_payload(Lane::Queue, payload),
            Entry::Live(_, live) => self.add_payload(Lane::Queue, &live.payload),
            Entry::Ping(payload) => self.add_payload(Lane::Queue, payload),
            Entry::Advance(_, advance) => self.add_payload(Lane::Queue, &advance.payload),
            Entry::Behind(sub) => self.add_frame_of(&ServerFrame::Behind { sub: *sub }),
            Entry::Dropped(sub, count) => self.add_frame_of(&entry::dropped_frame(*sub, *count)),
            Entry::Expired(sub, gap) => self.add_frame_of(&entry::expired_frame(*sub, gap)),
        }
        if let Some(way) = &mut self.way
            && !matches!(entry, Entry::Messages(..))
        {
            // Each message has moved it already, as far as there was room.
            entry.lead(&mut way.to, 1);
        }
    }

    fn add_frame_of(&mut self, frame: &ServerFrame<'_>) {
        let payload = match self.wire.websocket() {
            Some(encoding) => {
                let mut payload = Vec::new();
                encoding.encode_server(frame, &mut payload);
                payload
            }
            None => events::event(frame),
        };
        self.add_payload(Lane::Queue, &payload);
    }

    fn add_payload(&mut self, lane: Lane, payload: &[u8]) {
        let before = self.joined.len();
        if let Some(encoding) = self.wire.websocket() {
            frame::data_header(encoding, payload.len(), &mut self.joined);
            self.joined.extend_from_slice(payload);
        } else {
            events::begin_chunk(payload.len(), &mut self.joined);
            self.joined.extend_from_slice(payload);
            self.joined.extend_from_slice(events::CHUNK_END);
        }
        self.close_frame(lane, before);
    }

    fn add_run(&mut self, sub: u32, run: &Run, max_bytes: usize) {
        let encoding = self.wire.encoding();
        if self.prefix_of != Some((encoding, sub)) {
            self.prefix.clear();
            encoding.message_prefix(sub, &mut self.prefix);
            self.prefix_of = Some((encoding, sub));
        }
        let (before, frames) = (self.len, self.frames.len());
        for body in run.bodies() {
            if self.frames.len() > frames && self.is_full(max_bytes) {
                break;
            }
            match self.wire.websocket() {
                Some(encoding) => self.add_message(encoding, body),
                None => self.add_event(body),
            }
        }
        let frames = self.frames.len() - frames;
        self.groups.push(Group { lane: Lane::Queue, frames, bytes: self.len - before });
        if let Some(run) = run.front(frames) {
            self.made_of.add_run(sub, run);
        }
    }

    fn add_message(&mut self, encoding: Encoding, shared: &Body) {
        let body = shared.bytes();
        let before = self.joined.len();
        frame::data_header(encoding, self.prefix.len() + body.len(), &mut self.joined);
        self.joined.extend_from_slice(&self.prefix);
        if body.len() < LARGE_BODY_BYTES {
            self.joined.extend_from_slice(body);
            let len = self.cut_skipped(before);
            return self.add_frame(len);
        }
        let head = self.cut_skipped(before);
        self.close_joined();
        let cut = std::mem::take(&mut self.skip).min(body.len());
        self.pieces.push(Piece::Body(shared.clone(), cut..body.len()));
        self.add_frame(head + body.len() - cut);
    }

    /// Adds a message as an event, with the place where its client goes on after it.
    fn add_event(&mut self, shared: &Body) {
        let body = shared.bytes();
        let before = self.joined.len();
        let mut id = "";
        if let (Some(way), Some(place)) = (&mut self.way, shared.message().place()) {
            way.to.go_to(place.index, place.seq);
            way.id.clear();
            way.to.write(&mut way.id);
            id = &way.id;
        }
        events::begin_message(id, body.len(), &mut self.joined);
        let is_line = events::is_line(body);
        if body.len() < LARGE_BODY_BYTES || !is_line {
            if is_line {
                self.joined.extend_from_slice(body);
            } else {
                events::put_in_line(body, &mut self.joined);
            }
            self.joined.extend_from_slice(events::MESSAGE_END);
            let len = self.cut_skipped(before);
            return self.add_frame(len);
        }
        let head = self.cut_skipped(before);
        self.close_joined();
        let cut = self.skip.min(body.len());
        self.skip -= cut;
        self.pieces.push(Piece::Body(shared.clone(), cut..body.len()));
        let before = self.joined.len();
        self.joined.extend_from_slice(events::MESSAGE_END);
        let end = self.cut_skipped(before);
        self.add_frame(head + body.len() - cut + end);
    }

    /// Notes a frame, a group of its own, that ends where the joined bytes end.
    fn close_frame(&mut self, lane: Lane, before: usize) {
        let bytes = self.cut_skipped(before);
        self.add_frame(bytes);
        self.groups.push(Group { lane, frames: 1, bytes });
        self.made_of.add_other();
    }

    fn add_frame(&mut self, bytes: usize) {
        self.frames.push(bytes);
        self.len += bytes;
    }

    /// Takes out of the bytes since `before` what an earlier write took; returns how many stay.
    fn cut_skipped(&mut self, before: usize) -> usize {
        if self.skip > 0 {
            let cut = self.skip.min(self.joined.len() - before);
            self.joined.drain(before..before + cut);
            self.skip -= cut;
        }
        self.joined.len() - before
    }

    /// Makes a piece of the joined bytes that are in none yet.
    fn close_joined(&mut self) {
        let from = self.pieces.iter().rev().find_map(|piece| match piece {
            Piece::Joined(range) => Some(range.end),
            Piece::Body(..) => None,
        });
        let from = from.unwrap_or(0);
        if self.joined.len() > from {
            self.pieces.push(Piece::Joined(from..self.joined.len()));
        }
    }

    /// Completes the layout. Whoever writes asks this first.
    pub(crate) fn finish(&mut self) {
        if !self.pieces.is_empty() {
            self.close_joined();
        }
    }

    /// All bytes in one piece, if no large body stands between them.
    pub(crate) fn as_one(&self) -> Option<&[u8]> {
        self.pieces.is_empty().then_some(&self.joined)
    }

    /// The pieces in order.
    pub(crate) fn slices(&self) -> Vec<IoSlice<'_>> {
        self.pieces.iter().map(|piece| IoSlice::new(self.bytes_of(piece))).collect()
    }

    fn bytes_of<'a>(&'a self, piece: &'a Piece) -> &'a [u8] {
        match piece {
            Piece::Joined(range) => self.joined.get(range.clone()).unwrap_or_default(),
            Piece::Body(body, range) => body.bytes().get(range.clone()).unwrap_or_default(),
        }
    }

    /// Bytes in the burst.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What a write of `written` bytes took of each group, up to the one that it took nothing or not all of.
    pub(super) fn taken(&self, written: usize) -> impl Iterator<Item = Taken> {
        let (mut left, mut frames, mut cut) = (written, self.frames.iter(), false);
        self.groups.iter().map_while(move |group| {
            if cut {
                return None;
            }
            let (lane, all) = (group.lane, group.frames);
            if group.bytes <= left {
                left -= group.bytes;
                frames.nth(all.saturating_sub(1));
                return Some(Taken { lane, frames: all, begun: None });
            }
            cut = true;
            let whole = frames.by_ref().take_while(|bytes| take_from(&mut left, **bytes)).count();
            Some(Taken { lane, frames: whole, begun: Some(left) })
        })
    }
}

/// Takes `bytes` from `left`, if there are as many.
fn take_from(left: &mut usize, bytes: usize) -> bool {
    let enough = bytes <= *left;
    *left -= if enough { bytes } else { 0 };
    enough
}
