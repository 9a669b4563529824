//! What the tasks of a shard share: its half of the hub, the buffers that all its sessions use, and its deadlines.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::CloseCode;

use super::door::Door;
use super::expiries::Expiries;
use super::halves::Halves;
use super::refusals::Refusals;
use super::websocket::{CONTEXT_BYTES, Held, Spare};
use crate::clock::{self, Moment};
use crate::engine::SessionId;
use crate::hub::{Hub, Shard};
use crate::limits::{Limits, LiveLimits};
use crate::metrics::ShardCounters;
use crate::outbound::{Burst, Outbound};
use crate::session::SessionLimits;

/// What a session is told whose message is under way for too long.
const HALF_TOO_LONG: &str =
    "messages that have not come whole take too much (half_messages_bytes), and this one began first";
/// The buffer that all sessions of a shard read into, in bytes.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Shared by tasks of one thread; none holds a borrow over an await.
pub(super) struct Io {
    pub(super) hub: Arc<Hub>,
    pub(super) number: usize,
    pub(super) limits: Arc<LiveLimits>,
    session_limits: Cell<SessionLimits>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) shard: RefCell<Shard>,
    pub(super) spare: RefCell<Spare>,
    pub(super) scratch: RefCell<Box<[u8]>>,
    pub(super) burst: RefCell<Burst>,
    /// Sessions whose `hello` is still to come.
    pub(super) greeting: RefCell<Deadlines>,
    /// Sessions that are being closed.
    pub(super) ending: RefCell<Deadlines>,
    /// Sessions whose token expires.
    pub(super) expiring: RefCell<Expiries>,
    /// Sessions within a message.
    halves: RefCell<Halves<Arc<Outbound>>>,
}

impl Io {
    pub(super) fn new(number: usize, hub: Arc<Hub>, door: &Door) -> Self {
        let limits = Arc::clone(&door.limits);
        let now: &Limits = &limits.snapshot();
        Self {
            session_limits: Cell::new(SessionLimits::from(now)),
            refusals: Arc::clone(&door.refusals),
            shard: RefCell::new(Shard::new(Arc::clone(&hub), u8::try_from(number).unwrap_or(u8::MAX))),
            spare: RefCell::new(Spare::new(now.max_frame_bytes)),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            burst: RefCell::default(),
            greeting: RefCell::new(Deadlines::new(now.hello_timeout)),
            expiring: RefCell::default(),
            ending: RefCell::new(Deadlines::new(now.close_timeout)),
            halves: RefCell::new(Halves::new(half_messages_share(now, hub.shards()))),
            hub,
            number,
            limits,
        }
    }

    pub(super) fn counters(&self) -> &ShardCounters {
        self.hub.counters(self.number)
    }

    /// What one session may do.
    pub(super) fn session_limits(&self) -> SessionLimits {
        self.session_limits.get()
    }

    /// Takes over the limits as they are now, where they are not read at each use. Cheap, so it can be done at each look
    /// at the sessions.
    pub(super) fn take_limits(&self, now: Moment) {
        let limits = self.limits.snapshot();
        self.session_limits.set(SessionLimits::from(&limits));
        self.spare.borrow_mut().limit(limits.max_frame_bytes);
        self.greeting.borrow_mut().give(limits.hello_timeout, now);
        self.ending.borrow_mut().give(limits.close_timeout, now);
        self.limit_halves(half_messages_share(&limits, self.hub.shards()));
        self.shard.borrow_mut().take_limits();
    }

    /// A session holds so much of a message now. If all of them hold too much, some have to go, perhaps this one.
    pub(super) fn hold(&self, session: &Arc<Outbound>, held: Option<Held>) {
        let mut halves = self.halves.borrow_mut();
        match held {
            Some(held) => halves.hold(session.slot(), held, || Arc::clone(session)),
            None => drop(halves.forget(session.slot())),
        }
        self.end_oldest(&mut halves);
    }

    fn limit_halves(&self, most: usize) {
        let mut halves = self.halves.borrow_mut();
        halves.limit(most);
        self.end_oldest(&mut halves);
    }

    /// Ends the sessions whose messages are under way for the longest time until the others have room.
    fn end_oldest(&self, halves: &mut Halves<Arc<Outbound>>) {
        while let Some(oldest) = halves.pop_over() {
            oldest.close(CloseCode::OverCapacity, HALF_TOO_LONG);
            self.hub.mailbox(self.number).request_flush(oldest.slot());
            self.counters().half_messages_dropped.add(1);
        }
        self.counters().half_message_bytes.set(halves.bytes() as u64);
    }

    /// A session is being closed: it is given `close_timeout` to take its leave.
    pub(super) fn expect_end(&self, session: &Outbound) {
        self.ending.borrow_mut().add(session, clock::now());
    }
}

/// What the half messages of one shard may take; one message always fits.
fn half_messages_share(limits: &Limits, shards: usize) -> usize {
    (limits.half_messages_bytes / shards.max(1)).max(limits.max_frame_bytes + CONTEXT_BYTES)
}

/// Sessions that must have done something by a deadline. All have the same time for it, so the nearest comes first.
#[derive(Debug)]
pub(super) struct Deadlines {
    time: Duration,
    waiting: VecDeque<(Moment, u32, SessionId)>,
}

impl Deadlines {
    fn new(time: Duration) -> Self {
        Self { time, waiting: VecDeque::new() }
    }

    /// Gives another time from now on, and no more than that to those that wait already.
    fn give(&mut self, time: Duration, now: Moment) {
        if time < self.time {
            let latest = now.plus(time);
            self.waiting.iter_mut().for_each(|(deadline, ..)| *deadline = latest.min(*deadline));
        }
        self.time = time;
    }

    /// Gives a session its time.
    pub(super) fn add(&mut self, session: &Outbound, now: Moment) {
        self.waiting.push_back((now.plus(self.time), session.slot(), session.session()));
    }

    /// The slot and number of a session whose time is over, one a call; the slot may be another session's by now.
    pub(super) fn pop_late(&mut self, now: Moment) -> Option<(u32, SessionId)> {
        let (_, slot, session) = self.waiting.pop_front_if(|(deadline, ..)| *deadline <= now)?;
        Some((slot, session))
    }
}
