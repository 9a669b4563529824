//! The sessions of a shard: found by slot, and written to when something waits for them.

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::Connection;
use super::io::Io;
use super::look_after::Looks;
use crate::clock::{self, Moment};
use crate::hub::{Mail, is_probe};
use crate::trace::Tracer;

/// Sockets that are written to before other tasks of the shard have a turn.
const FLUSHES_BETWEEN_YIELDS: usize = 256;
/// Sessions whose memory is fetched together.
const TOUCHED_AT_ONCE: usize = 16;

/// All sessions of a shard.
pub(super) struct Sessions {
    pub(super) io: Io,
    /// By slot.
    connections: RefCell<Vec<Option<Rc<Connection>>>>,
    /// Slots to write to; kept for its memory.
    dirty: RefCell<Vec<u32>>,
    pub(super) looks: Looks,
}

impl Sessions {
    pub(super) fn new(io: Io) -> Self {
        let looks = Looks::new(&io, clock::now());
        Self { io, connections: RefCell::default(), dirty: RefCell::default(), looks }
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

    pub(super) fn get(&self, slot: u32) -> Option<Rc<Connection>> {
        self.connections.borrow().get(slot as usize)?.clone()
    }

    /// Slots that were ever in use.
    pub(super) fn slots(&self) -> usize {
        self.connections.borrow().len()
    }

    /// Puts mail into queues and writes them out, a part of it at a time, so that no queue fills with what its socket
    /// would have taken.
    pub(super) async fn fan_out(&self, mail: &mut Mail) {
        let tracer = self.io.hub.tracer();
        loop {
            let began = tracer.map(|tracer| (tracer, clock::now()));
            let more = self.io.shard.borrow_mut().fan_out(mail);
            self.flush_dirty().await;
            let now = self.observe(mail);
            if let Some((tracer, began)) = began {
                self.trace(mail, tracer, began);
            }
            if !more {
                break;
            }
            // A socket that took no more is known to take some again only when the runtime has looked.
            tokio::task::yield_now().await;
            self.look_between(now).await;
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

    pub(super) async fn flush_dirty(&self) {
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

    /// Counts how long the messages took to the sockets; returns the time, which it reads.
    fn observe(&self, mail: &Mail) -> Moment {
        let now = clock::now();
        for message in mail.fanned_out().iter().filter(|message| !is_probe(message)) {
            self.io.counters().publish_to_socket.observe(now.since(message.arrived()));
        }
        now
    }

    /// Tells of the messages that are traced that they were delivered.
    fn trace(&self, mail: &Mail, tracer: &Tracer, began: Moment) {
        for context in mail.fanned_out().iter().filter_map(|message| message.trace()) {
            tracer.delivered(context, began, self.io.number);
        }
    }
}
