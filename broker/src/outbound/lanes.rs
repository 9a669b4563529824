//! The two lanes of an outbound queue: what keeps its order, and the answers that overtake it.

use std::sync::Arc;

use fanfare_protocol::codes::Reconnect;
use fanfare_protocol::{CloseCode, GapReason};

use super::burst::{Burst, Taken};
use super::entry::{self, ENTRY_BYTES, Ends, Entry, Expired, Lane, Live};
use super::overflow::Fallen;
use super::overtaking::Overtaking;
use super::queue::Queue;
use super::run::Run;
use super::track::Track;
use super::wire::Wire;
use super::{events, frame};

/// What a write has brought to its end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advance {
    /// Messages that are written whole.
    pub(crate) messages: u64,
    /// Gaps that are: ephemeral messages that were dropped, and what retention took.
    pub(crate) dropped_gaps: u64,
    pub(crate) expired_gaps: u64,
    /// Whether the close frame is written.
    pub(crate) closed: bool,
}

/// How a session ends; nothing is queued for it any more.
#[derive(Debug)]
enum End {
    /// Our close frame goes out last.
    ByUs(CloseCode, Box<[u8]>),
    /// Nothing goes out any more, though a frame was begun.
    Cut(CloseCode),
    /// The client's came; the answer is in the control lane.
    ByPeer {
        /// Whether it means to: it is not the end of a page, nor of a connection that comes again.
        meant: bool,
    },
}

/// What waits for one socket. What a delivery looks at stands last and together: see [`super::Outbound`].
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Lanes {
    /// Where the subscription of an event stream stands: what is written is behind it. Boxed, for no other session has one.
    track: Option<Box<Track>>,
    queue: Queue,
    /// The lane whose first frame is partly written, and how much of it.
    begun: Option<(Lane, usize)>,
    overtaking: Overtaking,
    /// Boxed, for every idle session would carry its room.
    end: Option<Box<End>>,
    wire: Wire,
}

impl Lanes {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            track: None,
            queue: Queue::default(),
            begun: None,
            overtaking: Overtaking::default(),
            end: None,
            wire,
        }
    }

    /// Queues the messages of a run that have room; returns the others.
    pub(super) fn push_run(&mut self, sub: u32, run: Run, queue_bytes: usize) -> Option<Run> {
        if self.end.is_some() {
            return None;
        }
        let room = queue_bytes.saturating_sub(self.queue.bytes() + ENTRY_BYTES);
        if run.footprint() <= room {
            self.queue.push(Entry::messages(sub, run));
            return None;
        }
        // One message always fits, however large its encoding: else its subscriber could never be served.
        let fitting = run.fitting(room).max(usize::from(self.queue.is_empty()));
        let (fits, rest) = run.split(fitting);
        if let Some(fits) = fits {
            self.queue.push(Entry::messages(sub, fits));
        }
        rest
    }

    pub(super) fn push_answer(&mut self, sub: u32, ends: Ends, payload: Box<[u8]>) {
        self.push(Entry::Answer(sub, ends, payload));
    }

    pub(super) fn push_behind(&mut self, sub: u32) {
        self.push(Entry::Behind(sub));
    }

    pub(super) fn push_live(&mut self, sub: u32, live: Live) {
        self.push(Entry::Live(sub, Box::new(live)));
    }

    pub(super) fn push_expired(&mut self, sub: u32, expired: Expired) {
        self.push_gap(Entry::Expired(sub, Box::new(expired)));
    }

    pub(super) fn push_dropped(&mut self, sub: u32, count: Option<u64>) {
        self.push_gap(Entry::Dropped(sub, count));
    }

    fn push(&mut self, entry: Entry) {
        if self.end.is_none() {
            self.queue.push(entry);
        }
    }

    fn push_gap(&mut self, gap: Entry) {
        if self.end.is_none() {
            self.queue.push_gap(gap, self.begun_in(Lane::Queue));
        }
    }

    /// Takes out what can be read again; see [`Queue::fall`].
    pub(super) fn fall(&mut self, is_behind: impl Fn(u32) -> bool) -> Vec<Fallen> {
        self.queue.fall(self.begun_in(Lane::Queue), is_behind)
    }

    /// Drops the oldest ephemeral messages until `bytes` are free; returns how many.
    pub(super) fn drop_oldest(&mut self, bytes: usize) -> u64 {
        self.queue.drop_oldest(self.begun_in(Lane::Queue), bytes)
    }

    pub(super) fn push_ping(&mut self, payload: Arc<[u8]>) {
        if self.end.is_some() {
            return;
        }
        self.drop_ping();
        self.queue.push(Entry::Ping(payload));
    }

    /// Queues how far the subscription of an event stream has come, in the place of an older such mark.
    pub(super) fn push_advance(&mut self, sub: u32, advance: entry::Advance) {
        if self.end.is_some() {
            return;
        }
        self.drop_ping();
        self.queue.push(Entry::Advance(sub, Box::new(advance)));
    }

    /// Takes out a `ping` that still waits.
    fn drop_ping(&mut self) {
        let begun = self.begun_in(Lane::Queue);
        let older = self.queue.iter().skip(begun).position(Entry::is_ping);
        if let Some(at) = older {
            self.queue.remove(at + begun);
        }
    }

    /// The subscription of an event stream begins here.
    pub(super) fn follow(&mut self, track: Track) {
        self.track = Some(Box::new(track));
    }

    pub(super) fn push_reply(&mut self, payload: Box<[u8]>) {
        if self.end.is_none() {
            self.overtaking.push_answer(payload);
        }
    }

    pub(super) fn close(&mut self, code: CloseCode, reason: &str) {
        if self.end.is_none() {
            self.drop_replies();
        }
        self.close_after_replies(code, reason);
    }

    pub(super) fn close_after_replies(&mut self, code: CloseCode, reason: &str) {
        if self.end.is_none() {
            self.drop_queue();
            let close = match self.wire {
                Wire::Json | Wire::MsgPack => frame::close(code, reason),
                Wire::Events => events::close(code, reason),
            };
            self.end = Some(Box::new(End::ByUs(code, close.into_boxed_slice())));
        }
    }

    /// Ends the session without waiting for its socket: what waits is dropped, and a frame begun is never finished. Where none
    /// is, the close frame may still go out.
    pub(super) fn cut(&mut self, code: CloseCode, reason: &str) {
        if matches!(self.begun, None | Some((Lane::Control | Lane::Close, _))) {
            return self.close(code, reason);
        }
        if !matches!(self.end.as_deref(), Some(End::ByPeer { .. })) {
            self.begun = None;
            self.drop_replies();
            self.drop_queue();
            self.end = Some(Box::new(End::Cut(code)));
        }
    }

    /// Whether nothing goes out any more, not even a close frame.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.end.as_deref(), Some(End::Cut(_)))
    }

    pub(super) fn peer_closed(&mut self, meant: bool) {
        if self.end.is_none() {
            self.drop_replies();
            self.drop_queue();
            self.end = Some(Box::new(End::ByPeer { meant }));
        }
    }

    /// Takes whole control frames from the WebSocket library; false, and takes nothing, if more than `room_bytes` of
    /// them would wait.
    pub(crate) fn push_control(&mut self, bytes: &[u8], room_bytes: usize) -> bool {
        let room = self.end.is_none() && self.overtaking.control().len() + bytes.len() <= room_bytes;
        if room {
            self.overtaking.push_control(bytes);
        }
        room
    }

    /// The code that the session is being closed with.
    pub(crate) fn closing(&self) -> Option<CloseCode> {
        match self.end.as_deref() {
            Some(End::ByUs(code, _) | End::Cut(code)) => Some(*code),
            Some(End::ByPeer { .. }) | None => None,
        }
    }

    /// Whether the session ends for good: its client took leave, or was told not to come again.
    pub(crate) fn is_over(&self) -> bool {
        match self.end.as_deref() {
            // With a new token the client may come again.
            Some(End::ByUs(CloseCode::TokenExpired, _)) | None => false,
            Some(End::ByUs(code, _) | End::Cut(code)) => Reconnect::after(code.number()) == Reconnect::Never,
            Some(End::ByPeer { meant }) => *meant,
        }
    }

    /// Bytes that wait in order.
    pub(crate) fn queue_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// When the first message that waits was published, in milliseconds since 1970.
    pub(crate) fn oldest_time_ms(&self) -> Option<u64> {
        self.queue.iter().find_map(|entry| match entry {
            Entry::Messages(_, run) => Some(run.first().time_ms()),
            _ => None,
        })
    }

    /// Frames that wait in order.
    pub(crate) fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// Bytes that wait, in order or not.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.queue.bytes() + self.overtaking.answer_bytes()
    }

    /// Bytes of answers that wait, in order or not.
    pub(crate) fn answer_bytes(&self) -> usize {
        self.overtaking.answer_bytes() + self.queue.answer_bytes()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.overtaking.is_empty() && self.closing().is_none()
    }

    /// Gives back memory that an idle session does not need.
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
        self.overtaking.shrink();
    }

    /// Lays out what goes into the next write, up to `max_bytes` but at least one frame: the frame begun, control
    /// frames, answers, then the queue.
    pub(crate) fn fill(&self, burst: &mut Burst, max_bytes: usize) {
        let (wire, track) = (self.wire, self.track.as_deref());
        let only_queue = self.begun.is_none() && self.overtaking.is_empty();
        if only_queue && self.end.is_none() && burst.is_of(wire, track, self.queue.iter(), max_bytes) {
            // A session of the same shard had the same waiting just before.
            return;
        }
        burst.start(wire, track, self.begun.map_or(0, |(_, written)| written));
        let (skip_reply, skip_entry) = match self.begun {
            Some((Lane::Control | Lane::Close, _)) | None => (0, 0),
            Some((Lane::Replies, _)) => {
                self.overtaking.answers().take(1).for_each(|payload| burst.add_reply(payload));
                (1, 0)
            }
            Some((Lane::Queue, _)) => {
                self.queue.iter().next().inspect(|entry| burst.add_entry(entry, max_bytes));
                (0, 1)
            }
        };
        let control = self.overtaking.control();
        if !control.is_empty() {
            burst.add_raw(Lane::Control, control);
        }
        for payload in self.overtaking.answers().skip(skip_reply) {
            if burst.is_full(max_bytes) {
                return;
            }
            burst.add_reply(payload);
        }
        if let Some(End::ByUs(_, close)) = self.end.as_deref() {
            return burst.add_raw(Lane::Close, close);
        }
        for entry in self.queue.iter().skip(skip_entry) {
            if burst.is_full(max_bytes) {
                return;
            }
            burst.add_entry(entry, max_bytes);
        }
    }

    /// Takes out what a write of `written` bytes took.
    pub(crate) fn advance(&mut self, burst: &Burst, written: usize) -> Advance {
        let mut advance = Advance::default();
        for Taken { lane, frames, begun } in burst.taken(written) {
            if frames > 0 {
                self.begun = None;
                self.take_first(lane, frames, &mut advance);
            }
            if let Some(written) = begun {
                self.begin(lane, written);
            }
        }
        advance
    }

    /// Notes that a write ended `written` bytes after the last whole frame.
    fn begin(&mut self, lane: Lane, written: usize) {
        // Only the burst's first frame can have been begun before.
        let before = self.begun.map_or(0, |(_, written)| written);
        self.begun = Some((lane, before + written)).filter(|(_, written)| *written > 0);
        if self.begun_in(Lane::Queue) > 0 {
            self.queue.split_begun();
        }
    }

    /// Takes out the first frames of a lane.
    fn take_first(&mut self, lane: Lane, frames: usize, advance: &mut Advance) {
        match lane {
            Lane::Control => self.overtaking.clear_control(),
            Lane::Replies => self.overtaking.pop_answer(),
            Lane::Queue => {
                if let Some(track) = self.track.as_deref_mut() {
                    self.queue.iter().take(1).for_each(|entry| entry.lead(track, frames));
                }
                let popped = self.queue.pop(frames);
                advance.messages += popped.messages as u64;
                advance.dropped_gaps += u64::from(popped.gap == Some(GapReason::Dropped));
                advance.expired_gaps += u64::from(popped.gap == Some(GapReason::Expired));
            }
            Lane::Close => advance.closed = true,
        }
    }

    /// Drops the answers, but for one that is partly written.
    fn drop_replies(&mut self) {
        self.overtaking.truncate_answers(self.begun_in(Lane::Replies));
    }

    /// Drops what waits in order, but for an entry that is partly written.
    fn drop_queue(&mut self) {
        self.queue.truncate(self.begun_in(Lane::Queue));
    }

    /// How many frames of this lane are partly written: one or none.
    fn begun_in(&self, lane: Lane) -> usize {
        usize::from(self.begun.is_some_and(|(begun, _)| begun == lane))
    }
}
