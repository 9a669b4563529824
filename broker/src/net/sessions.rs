//! The sessions of a shard: found by slot, written to when something waits for them, and looked after.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use fanfare_protocol::CloseCode;

use super::connection::Connection;
use super::io::{Deadlines, Io};
use crate::clock::{self, Moment};
use crate::hub::{Heads, Mail, is_probe};
use crate::trace::Tracer;

/// Sockets that are written to before other tasks of the shard have a turn.
const FLUSHES_BETWEEN_YIELDS: usize = 256;
/// Sessions whose memory is fetched together.
const TOUCHED_AT_ONCE: usize = 16;
/// How often the sessions are looked at, at most and at least.
const TICK_MAX: Duration = Duration::from_secs(1);
const TICK_MIN: Duration = Duration::from_millis(5);
/// A time-out is noticed within this part of itself.
const LOOKS_PER_TIMEOUT: u32 = 4;

/// All sessions of a shard.
pub(super) struct Sessions {
    pub(super) io: Io,
    /// By slot.
    connections: RefCell<Vec<Option<Rc<Connection>>>>,
    /// Slots to write to; kept for its memory.
    dirty: RefCell<Vec<u32>>,
}

impl Sessions {
    pub(super) fn new(io: Io) -> Self {
        Self { io, connections: RefCell::default(), dirty: RefCell::default() }
    }

    /// Takes in a session that has shaken hands.
    pub(super) fn add(&self, connection: Connection) -> Rc<Connection> {
        let connection = Rc::new(connection);
        let slot = connection.outbound.slot() as usize;
        let mut connections = self.connections.borrow_mut();
        if connections.len() <= slot {
            connections.resize(slot + 1, None);
        }
        if let Some(place) = connections.get_mut(slot) {
            *place = Some(Rc::clone(&connection));
        }
        let encoding = connection.outbound.wire().as_str();
        self.io.counters().connections.count(encoding);
        self.io.counters().opened.count(encoding);
        if connection.is_greeting() {
            self.io.greeting.borrow_mut().add(&connection.outbound, clock::now());
        }
        connection
    }

    /// Lets a session go that has ended.
    pub(super) fn remove(&self, connection: &Connection, reason: &'static str) {
        let slot = connection.outbound.slot();
        if let Some(place) = self.connections.borrow_mut().get_mut(slot as usize) {
            *place = None;
        }
        let expires = connection.outbound.caller().and_then(|caller| caller.expires());
        let session = connection.outbound.session();
        if let Some(expires) = expires {
            self.io.expiring.borrow_mut().forget(slot, session, expires);
        }
        self.io.hold(&connection.outbound, None);
        self.io.shard.borrow_mut().detach(slot);
        self.io.counters().connections.uncount(connection.outbound.wire().as_str());
        self.io.counters().closed.count(reason);
        let name = || self.io.hub.session_name(connection.outbound.session());
        self.io.refusals.closed(reason, name);
        self.io.hub.tell_closed(&connection.outbound, reason, clock::read());
        tracing::debug!(session = name(), reason, "session ended");
    }

    fn get(&self, slot: u32) -> Option<Rc<Connection>> {
        self.connections.borrow().get(slot as usize)?.clone()
    }

    /// Puts mail into queues and writes them out, a part of it at a time, so that no queue fills with what its socket
    /// would have taken.
    pub(super) async fn fan_out(&self, mail: &mut Mail) {
        let tracer = self.io.hub.tracer();
        loop {
            let began = tracer.map(|tracer| (tracer, clock::now()));
            let more = self.io.shard.borrow_mut().fan_out(mail);
            self.flush_dirty().await;
            self.observe(mail);
            if let Some((tracer, began)) = began {
                self.trace(mail, tracer, began);
            }
            if !more {
                break;
            }
            // A socket that took no more is known to take some again only when the runtime has looked.
            tokio::task::yield_now().await;
        }
        mail.done();
        for connection in mail.flushes.iter().filter_map(|slot| self.get(*slot)) {
            connection.flush(&self.io);
        }
        self.io.burst.borrow_mut().forget();
    }

    /// Writes out the batches that are due.
    pub(super) async fn send_due(&self) {
        self.io.shard.borrow_mut().wake_due(clock::now());
        self.flush_dirty().await;
    }

    async fn flush_dirty(&self) {
        let mut dirty = self.dirty.take();
        self.io.shard.borrow_mut().take_dirty(&mut dirty);
        let mut flushed = 0;
        for slots in dirty.chunks(TOUCHED_AT_ONCE) {
            if flushed >= FLUSHES_BETWEEN_YIELDS {
                flushed = 0;
                tokio::task::yield_now().await;
            }
            flushed += slots.len();
            self.touch(slots);
            for connection in slots.iter().filter_map(|slot| self.get(*slot)) {
                connection.flush(&self.io);
            }
        }
        self.dirty.replace(dirty);
        self.io.burst.borrow_mut().forget();
    }

    /// Looks at the memory of some sessions before it is worked with. All of it is cold, and so the processor fetches it
    /// for all of them together, not for one after the other.
    fn touch(&self, slots: &[u32]) {
        let connections = self.connections.borrow();
        let of = |slot: &u32| connections.get(*slot as usize)?.as_ref().map(|connection| connection.touch());
        std::hint::black_box(slots.iter().filter_map(of).fold(0, usize::wrapping_add));
    }

    fn observe(&self, mail: &Mail) {
        let now = clock::now();
        for message in mail.fanned_out().iter().filter(|message| !is_probe(message)) {
            self.io.counters().publish_to_socket.observe(now.since(message.arrived()));
        }
    }

    /// Tells of the messages that are traced that they were delivered.
    fn trace(&self, mail: &Mail, tracer: &Tracer, began: Moment) {
        for context in mail.fanned_out().iter().filter_map(|message| message.trace()) {
            tracer.delivered(context, began, self.io.number);
        }
    }

    /// How often sessions are looked after, so that each time-out is noticed in time.
    pub(super) fn tick(&self) -> Duration {
        let limits = &self.io.limits;
        let closing = limits.close_timeout().min(limits.stall_timeout());
        let shortest = limits.heartbeat().min(limits.hello_timeout()).min(closing);
        (shortest / LOOKS_PER_TIMEOUT).clamp(TICK_MIN, TICK_MAX)
    }

    /// Ends what is late; looks at a part of the sessions, and pings a part of them.
    pub(super) async fn look_after(&self, mail: &mut Mail, round: u32) {
        let now = clock::now();
        self.io.take_limits(now);
        self.end_late(now);
        self.check(now, round);
        self.io.shard.borrow().count_conflated();
        // Heads first, then the mailbox, then the ping: everything up to the heads is in the queues before it.
        let heads = Heads::with_mail(&self.io.hub, self.io.number, mail);
        self.fan_out(mail).await;
        for slot in self.turn(self.io.limits.heartbeat(), round) {
            if self.get(slot).is_some_and(|connection| connection.is_open()) {
                self.io.shard.borrow_mut().ping(slot, &heads);
            }
        }
        self.flush_dirty().await;
    }

    /// Closes sessions that are silent or take nothing.
    fn check(&self, now: Moment, round: u32) {
        let limits = &self.io.limits;
        let every = limits.heartbeat().min(limits.stall_timeout()) / LOOKS_PER_TIMEOUT;
        for connection in self.turn(every, round).filter_map(|slot| self.get(slot)) {
            connection.check(&self.io, now);
        }
    }

    /// The slots whose turn it is in this round, if each is to have one in every `interval`.
    fn turn(&self, interval: Duration, round: u32) -> impl Iterator<Item = u32> + use<> {
        let rounds = interval.as_nanos() / self.tick().as_nanos().max(1);
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX).max(1);
        let slots = u32::try_from(self.connections.borrow().len()).unwrap_or(u32::MAX);
        (round % rounds..slots).step_by(rounds as usize)
    }

    fn end_late(&self, now: Moment) {
        for connection in self.late(&self.io.greeting, now) {
            if connection.is_greeting() {
                connection.close(&self.io, CloseCode::NoHello, "no hello came within hello_timeout");
            }
        }
        loop {
            let Some((slot, session)) = self.io.expiring.borrow_mut().pop_due(now) else { break };
            let connection = self.get(slot).filter(|connection| connection.outbound.session() == session);
            if let Some(connection) = connection {
                connection.check_expiry(&self.io, now);
            }
        }
        for connection in self.late(&self.io.ending, now) {
            connection.abandon();
        }
    }

    fn late(&self, deadlines: &RefCell<Deadlines>, now: Moment) -> Vec<Rc<Connection>> {
        let mut late = Vec::new();
        while let Some((slot, session)) = deadlines.borrow_mut().pop_late(now) {
            late.extend(self.get(slot).filter(|connection| connection.outbound.session() == session));
        }
        late
    }
}
