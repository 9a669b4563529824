//! What waits in an outbound queue, and in which lane.

use std::sync::Arc;

use fanfare_protocol::frame::Gap;
use fanfare_protocol::{GapReason, Position, ServerFrame, StreamName};

use super::run::Run;
use super::track::Track;
use crate::engine::{Cursor, Lost, StreamIndex};

/// What an entry takes in a lane beside what it points to, in bytes.
pub(super) const ENTRY_BYTES: usize = size_of::<Entry>();

/// Where a frame waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Control,
    Replies,
    Queue,
    Close,
}

/// Something that waits in order. The number is the subscription's.
#[derive(Debug)]
pub(super) enum Entry {
    /// Messages of one stream, or of none; their bodies are shared.
    Messages(u32, Run),
    /// Answers a request in order, encoded; whether it ends the subscription. It is never taken out.
    Answer(u32, Ends, Box<[u8]>),
    /// Ephemeral messages that found no room, counted where the count is known.
    Dropped(u32, Option<u64>),
    /// What retention took before it could be read.
    Expired(u32, Box<Expired>),
    /// The messages behind this place were taken out: they are read from the stream.
    Behind(u32),
    /// The subscription is pushed again.
    Live(u32, Box<Live>),
    /// A `ping`, shared by the sessions of a sweep.
    Ping(Arc<[u8]>),
    /// What an event stream has for a `ping`: how far its subscription has come.
    Advance(u32, Box<Advance>),
}

/// Whether an answer ends its subscription: what stands before it then belongs to no open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    No,
    Yes,
}

/// A gap over what retention took from a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) index: StreamIndex,
    pub(crate) stream: StreamName,
    pub(crate) lost: Lost,
    /// Where the subscription stood before the gap: it comes back to this place if the gap is taken out.
    pub(crate) before: Cursor,
}

/// The end of catching up.
#[derive(Debug)]
pub(crate) struct Live {
    /// The frame, encoded.
    pub(crate) payload: Box<[u8]>,
    /// How each stream was read up to here, for a subscription that comes back to before this place.
    pub(crate) read: Vec<(StreamIndex, Cursor)>,
    /// The position that the frame tells, for the events that follow it.
    pub(crate) position: Option<Position>,
}

/// How far a quiet subscription has come. It means what stands before it: taken out with that, it says nothing.
#[derive(Debug)]
pub(crate) struct Advance {
    /// The lines, encoded.
    pub(crate) payload: Box<[u8]>,
    /// What they say.
    pub(crate) position: Position,
}

impl Entry {
    /// Messages that are to wait; see [`Run::compact`]. Every entry of messages is made here.
    pub(super) fn messages(sub: u32, run: Run) -> Self {
        Self::Messages(sub, run.compact())
    }

    /// The memory that the entry keeps beside itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Messages(_, run) => run.footprint(),
            Self::Answer(_, _, payload) => payload.len(),
            Self::Live(_, live) => live.payload.len(),
            Self::Ping(payload) => payload.len(),
            Self::Advance(_, advance) => size_of::<Advance>() + advance.payload.len(),
            Self::Expired(..) => size_of::<Expired>(),
            Self::Dropped(..) | Self::Behind(_) => 0,
        }
    }

    /// The subscription that the entry is for; a `ping` is for the session.
    pub(super) fn sub(&self) -> Option<u32> {
        match self {
            Self::Messages(sub, _)
            | Self::Answer(sub, ..)
            | Self::Dropped(sub, _)
            | Self::Expired(sub, _)
            | Self::Behind(sub)
            | Self::Live(sub, _)
            | Self::Advance(sub, _) => Some(*sub),
            Self::Ping(_) => None,
        }
    }

    /// Why something is missing, if that is what it says.
    pub(super) fn gap(&self) -> Option<GapReason> {
        match self {
            Self::Dropped(..) => Some(GapReason::Dropped),
            Self::Expired(..) => Some(GapReason::Expired),
            _ => None,
        }
    }

    /// How many frames it becomes.
    pub(super) fn frames(&self) -> usize {
        match self {
            Self::Messages(_, run) => run.len(),
            _ => 1,
        }
    }

    /// Moves a track behind the first `frames` frames.
    pub(super) fn lead(&self, track: &mut Track, frames: usize) {
        match self {
            Self::Messages(_, run) => track.go_behind(run, frames),
            Self::Live(_, live) => live.position.iter().for_each(|position| track.go_on(position)),
            Self::Advance(_, advance) => track.go_on(&advance.position),
            _ => {}
        }
    }

    /// Whether a newer `ping` may take its place.
    pub(super) fn is_ping(&self) -> bool {
        matches!(self, Self::Ping(_) | Self::Advance(..))
    }

    /// Whether it holds messages that are in no stream: those that nobody can read again.
    pub(super) fn is_ephemeral(&self) -> bool {
        matches!(self, Self::Messages(_, run) if run.first().place().is_none())
    }

    /// Whether it holds messages that can be read again from their stream.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self, Self::Messages(_, run) if run.first().place().is_some())
    }

    /// Takes in the next entry of the same subscription, if both are gaps that one gap can tell.
    pub(super) fn merge(&mut self, next: &Self) -> bool {
        match (self, next) {
            (Self::Dropped(_, count), Self::Dropped(_, more)) => {
                *count = count.zip(*more).map(|(count, more)| count + more);
                true
            }
            (Self::Expired(_, gap), Self::Expired(_, next)) if gap.index == next.index => {
                gap.lost.from = gap.lost.from.min(next.lost.from);
                gap.lost.to = gap.lost.to.max(next.lost.to);
                true
            }
            _ => false,
        }
    }
}

/// The frame for ephemeral messages that were dropped.
pub(super) fn dropped_frame(sub: u32, count: Option<u64>) -> ServerFrame<'static> {
    let gap = Gap { reason: GapReason::Dropped, stream: None, from: None, to: None, count, position: None };
    ServerFrame::Gap { sub, gap }
}

/// The frame for what retention took.
pub(super) fn expired_frame(sub: u32, expired: &Expired) -> ServerFrame<'static> {
    let Lost { from, to } = expired.lost;
    let gap = Gap {
        reason: GapReason::Expired,
        stream: Some(expired.stream.clone()),
        from: Some(from),
        to: Some(to),
        count: None,
        position: None,
    };
    ServerFrame::Gap { sub, gap }
}
