//! The outbound queue of a session: what waits for its socket, in order and bounded.

mod about;
mod body;
mod burst;
mod entries;
mod entry;
mod events;
mod frame;
mod json_bodies;
mod lanes;
mod made_of;
mod overflow;
mod overtaking;
mod queue;
mod run;
mod track;
mod wire;

use std::sync::Arc;

use fanfare_protocol::{CloseCode, Encoding, ErrorCode, Position, ServerFrame};

pub(crate) use about::About;
pub(crate) use body::Body;
pub(crate) use burst::Burst;
pub(crate) use entry::{Expired, Live};
pub(crate) use events::{LAST_ID, close as last_event};
pub(crate) use json_bodies::JsonBodies;
pub(crate) use lanes::{Advance, Lanes};
pub(crate) use overflow::{Fallen, Rewind};
pub(crate) use run::{Delivery, Run};
pub(crate) use track::{Place, Track};
pub(crate) use wire::Wire;

use entry::Ends;

use crate::auth::Caller;
use crate::engine::{Cursor, SessionId, StreamIndex};
use crate::sync::{Mutex, MutexGuard};

/// What waits for a session's socket. Any thread may add answers; only the owning shard adds messages.
///
/// What a delivery looks at stands together, from the entries of the queue to the session's number: with many sessions
/// all of it is cold memory, and each line of that is waited for. So the order of the fields is as it is written, here and
/// in what the lanes are made of (a mutex has its lock behind what it guards).
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Outbound {
    lanes: Mutex<Lanes>,
    session: SessionId,
    slot: u32,
    shard: u8,
    wire: Wire,
    about: About,
    /// Whose session it is, once that is known.
    caller: Mutex<Option<Caller>>,
}

impl Outbound {
    /// The queue of a session that lives in this slot of this shard.
    pub(crate) fn new(session: SessionId, shard: u8, slot: u32, wire: impl Into<Wire>, about: About) -> Self {
        let wire = wire.into();
        Self {
            lanes: Mutex::new(Lanes::new(wire)),
            session,
            slot,
            shard,
            wire,
            about,
            caller: Mutex::default(),
        }
    }

    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// The number of the shard that owns the session.
    pub(crate) fn shard(&self) -> usize {
        usize::from(self.shard)
    }

    /// The session's slot on its shard.
    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    /// What the bodies of its messages are written in.
    pub(crate) fn encoding(&self) -> Encoding {
        self.wire.encoding()
    }

    /// How its frames go over its connection.
    pub(crate) fn wire(&self) -> Wire {
        self.wire
    }

    /// Who the session is.
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// Whose session it is, once that is known.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.caller.lock().clone()
    }

    /// Notes whose session it is.
    pub(crate) fn set_caller(&self, caller: &Caller) {
        *self.caller.lock() = Some(caller.clone());
    }

    /// Queues messages for one of the session's subscriptions. Returns those that found no room: the queue would hold
    /// more than `queue_bytes`.
    #[must_use = "what found no room is still to be dealt with"]
    pub(crate) fn push_run(&self, sub: u32, run: Run, queue_bytes: usize) -> Option<Run> {
        self.lanes.lock().push_run(sub, run, queue_bytes)
    }

    /// Queues an answer of a subscription that keeps its place among the messages.
    pub(crate) fn push_in_order(&self, sub: u32, frame: &ServerFrame<'_>) {
        let payload = self.encode(frame);
        self.lanes.lock().push_answer(sub, Ends::No, payload);
    }

    /// Queues the frame that ends a subscription.
    /// `code` says why, if that is the broker's doing.
    pub(crate) fn push_unsubscribed(&self, sub: u32, code: Option<ErrorCode>) {
        let payload = self.encode(&ServerFrame::Unsubscribed { sub, code });
        self.lanes.lock().push_answer(sub, Ends::Yes, payload);
    }

    /// Queues a gap over what retention took from a stream.
    pub(crate) fn push_expired(&self, sub: u32, expired: Expired) {
        self.lanes.lock().push_expired(sub, expired);
    }

    /// Queues a gap for ephemeral messages that were dropped; the count is `None` where it is not known.
    pub(crate) fn push_dropped(&self, sub: u32, count: Option<u64>) {
        self.lanes.lock().push_dropped(sub, count);
    }

    /// Queues the mark that a subscription is read from its streams from here on.
    pub(crate) fn push_behind(&self, sub: u32) {
        self.lanes.lock().push_behind(sub);
    }

    /// Queues the mark that a subscription has caught up; `read` is how each stream was read up to here.
    pub(crate) fn push_live(&self, sub: u32, position: Position, read: Vec<(StreamIndex, Cursor)>) {
        let frame = ServerFrame::Live { sub, position };
        let payload = self.encode(&frame);
        let position = match frame {
            ServerFrame::Live { position, .. } if self.wire == Wire::Events => Some(position),
            _ => None,
        };
        self.lanes.lock().push_live(sub, Live { payload, read, position });
    }

    /// The subscription of an event stream begins here; to be called once, before anything is queued for it.
    pub(crate) fn follow(&self, track: Track) {
        self.lanes.lock().follow(track);
    }

    /// Queues how far the subscription of an event stream has come, in the place of an older `ping` that still waits.
    pub(crate) fn push_advance(&self, sub: u32, position: Position) {
        let payload = events::place(&position).into_boxed_slice();
        self.lanes.lock().push_advance(sub, entry::Advance { payload, position });
    }

    /// Queues what keeps the connection of an event stream in use, in the place of an older `ping` that still waits.
    pub(crate) fn push_comment(&self) {
        self.lanes.lock().push_ping(Arc::from(events::COMMENT));
    }

    /// Takes out all messages that can be read again from their streams. `is_behind` tells how a subscription stands
    /// now; each that is returned is to be read from where it comes back to.
    pub(crate) fn fall(&self, is_behind: impl Fn(u32) -> bool) -> Vec<Fallen> {
        self.lanes.lock().fall(is_behind)
    }

    /// Drops the oldest messages that are in no stream until `bytes` are free, or none is left, and leaves gaps that
    /// count them. Returns how many.
    pub(crate) fn drop_oldest(&self, bytes: usize) -> u64 {
        self.lanes.lock().drop_oldest(bytes)
    }

    /// Queues a `ping`, in the place of an older one that still waits. `payload` is in the session's encoding.
    pub(crate) fn push_ping(&self, payload: &Arc<[u8]>) {
        self.lanes.lock().push_ping(Arc::clone(payload));
    }

    /// Adds an answer, an error or a `goaway`; these overtake what waits in the queue.
    pub(crate) fn push_reply(&self, frame: &ServerFrame<'_>) {
        self.push_reply_payload(self.encode(frame));
    }

    /// Adds an answer that is encoded already.
    pub(crate) fn push_reply_payload(&self, payload: Box<[u8]>) {
        self.lanes.lock().push_reply(payload);
    }

    /// Ends the session: what waits is dropped, but for a frame begun, and a close frame takes its place.
    pub(crate) fn close(&self, code: CloseCode, reason: &str) {
        self.lanes.lock().close(code, reason);
    }

    /// Ends the session and frees all that waits, though a frame was begun: then it just ends, and a close frame goes out
    /// only where none was.
    pub(crate) fn cut(&self, code: CloseCode, reason: &str) {
        self.lanes.lock().cut(code, reason);
    }

    /// Ends the session once the answers that wait are written; what waits in the queue is dropped.
    pub(crate) fn close_after_replies(&self, code: CloseCode, reason: &str) {
        self.lanes.lock().close_after_replies(code, reason);
    }

    /// The client's close frame has come, and its answer is in the control lane: nothing else goes out any more.
    /// `meant`: it takes leave for good.
    pub(crate) fn peer_closed(&self, meant: bool) {
        self.lanes.lock().peer_closed(meant);
    }

    /// Whether another thread is at the lanes.
    pub(crate) fn is_busy(&self) -> bool {
        self.lanes.is_locked()
    }

    /// Access to all lanes at once.
    pub(crate) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock()
    }

    fn encode(&self, frame: &ServerFrame<'_>) -> Box<[u8]> {
        let payload = match self.wire.websocket() {
            Some(encoding) => {
                let mut payload = Vec::with_capacity(128);
                encoding.encode_server(frame, &mut payload);
                payload
            }
            None => events::event(frame),
        };
        payload.into_boxed_slice()
    }
}

#[cfg(test)]
mod tests;
