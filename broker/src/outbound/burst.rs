//! A burst: the frames of one write, laid out so that small ones are joined and large bodies are not copied.

use std::io::IoSlice;
use std::ops::Range;

use fanfare_protocol::{Encoding, ServerFrame};

use super::body::Body;
use super::entry::{self, Entry, Lane};
use super::frame;

/// Bodies of at least this many bytes are written from where they lie; smaller ones are cheaper to copy.
const LARGE_BODY_BYTES: usize = 4 * 1024;
/// Most pieces of memory in one write.
const MAX_PIECES: usize = 64;

/// One write in the making. A shard has one and uses it for all its sessions.
#[derive(Debug, Default)]
pub(crate) struct Burst {
    joined: Vec<u8>,
    pieces: Vec<Piece>,
    frames: Vec<(Lane, usize)>,
    /// Bytes of the first frame that an earlier write took.
    skip: usize,
    len: usize,
    prefix: Vec<u8>,
    prefix_of: Option<(Encoding, u32)>,
}

/// A part of the write.
#[derive(Debug)]
enum Piece {
    Joined(Range<usize>),
    Body(Body, Range<usize>),
}

impl Burst {
    /// Begins anew; `skip` bytes of the first frame to come were written before.
    pub(super) fn start(&mut self, skip: usize) {
        self.joined.clear();
        self.pieces.clear();
        self.frames.clear();
        self.skip = skip;
        self.len = 0;
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

    pub(super) fn add_reply(&mut self, encoding: Encoding, payload: &[u8]) {
        self.add_payload(Lane::Replies, encoding, payload);
    }

    pub(super) fn add_entry(&mut self, encoding: Encoding, entry: &Entry) {
        match entry {
            Entry::Message(sub, body) => self.add_message(encoding, *sub, body),
            Entry::Answer(_, _, payload) => self.add_payload(Lane::Queue, encoding, payload),
            Entry::Live(_, live) => self.add_payload(Lane::Queue, encoding, &live.payload),
            Entry::Ping(payload) => self.add_payload(Lane::Queue, encoding, payload),
            Entry::Behind(sub) => self.add_frame_of(encoding, &ServerFrame::Behind { sub: *sub }),
            Entry::Dropped(sub, count) => self.add_frame_of(encoding, &entry::dropped_frame(*sub, *count)),
            Entry::Expired(sub, gap) => self.add_frame_of(encoding, &entry::expired_frame(*sub, gap)),
        }
    }

    fn add_frame_of(&mut self, encoding: Encoding, frame: &ServerFrame<'_>) {
        let mut payload = Vec::new();
        encoding.encode_server(frame, &mut payload);
        self.add_payload(Lane::Queue, encoding, &payload);
    }

    fn add_payload(&mut self, lane: Lane, encoding: Encoding, payload: &[u8]) {
        let before = self.joined.len();
        frame::data_header(encoding, payload.len(), &mut self.joined);
        self.joined.extend_from_slice(payload);
        self.close_frame(lane, before);
    }

    fn add_message(&mut self, encoding: Encoding, sub: u32, shared: &Body) {
        let body = shared.bytes();
        if self.prefix_of != Some((encoding, sub)) {
            self.prefix.clear();
            encoding.message_prefix(sub, &mut self.prefix);
            self.prefix_of = Some((encoding, sub));
        }
        let before = self.joined.len();
        frame::data_header(encoding, self.prefix.len() + body.len(), &mut self.joined);
        self.joined.extend_from_slice(&self.prefix);
        if body.len() < LARGE_BODY_BYTES {
            self.joined.extend_from_slice(body);
            return self.close_frame(Lane::Queue, before);
        }
        let head = self.cut_skipped(before);
        self.close_joined();
        let cut = std::mem::take(&mut self.skip).min(body.len());
        self.pieces.push(Piece::Body(shared.clone(), cut..body.len()));
        self.add_frame(Lane::Queue, head + body.len() - cut);
    }

    /// Notes a frame that ends where the joined bytes end.
    fn close_frame(&mut self, lane: Lane, before: usize) {
        let len = self.cut_skipped(before);
        self.add_frame(lane, len);
    }

    fn add_frame(&mut self, lane: Lane, len: usize) {
        self.frames.push((lane, len));
        self.len += len;
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

    /// Each frame's lane and how many of its bytes are in the burst.
    pub(super) fn frames(&self) -> impl Iterator<Item = (Lane, usize)> {
        self.frames.iter().copied()
    }
}
