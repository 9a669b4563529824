//! A shard looks after its sessions, also while it fans out: ends what is late, closes who is silent, and pings.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use fanfare_protocol::CloseCode;

use super::connection::Connection;
use super::io::{Deadlines, Io};
use super::sessions::Sessions;
use super::turns::{Pings, Turns, slots_of};
use crate::clock::{self, Moment};
use crate::hub::{Heads, Mail};

/// How often the sessions are looked at, at most and at least.
const TICK_MAX: Duration = Duration::from_secs(1);
const TICK_MIN: Duration = Duration::from_millis(5);
/// A time-out is noticed within this part of itself.
const LOOKS_PER_TIMEOUT: u32 = 4;

/// What a shard knows of its looks at the sessions.
#[derive(Debug)]
pub(super) struct Looks {
    looked: Cell<Moment>,
    checks: RefCell<Turns>,
    pings: RefCell<Pings>,
    /// What is up to here is in all queues since the last look.
    heads: RefCell<Heads>,
}

impl Looks {
    pub(super) fn new(io: &Io, now: Moment) -> Self {
        Self {
            looked: Cell::new(now),
            checks: RefCell::new(Turns::new(check_interval(io), now)),
            pings: RefCell::new(Pings::new(io.limits.heartbeat(), now)),
            heads: RefCell::default(),
        }
    }
}

/// How often each session is checked.
fn check_interval(io: &Io) -> Duration {
    io.limits.heartbeat().min(io.limits.stall_timeout()) / LOOKS_PER_TIMEOUT
}

impl Sessions {
    /// How often sessions are looked after, so that each time-out is noticed in time.
    pub(super) fn tick(&self) -> Duration {
        let limits = &self.io.limits;
        let closing = limits.close_timeout().min(limits.stall_timeout());
        let shortest = limits.heartbeat().min(limits.hello_timeout()).min(closing);
        (shortest / LOOKS_PER_TIMEOUT).clamp(TICK_MIN, TICK_MAX)
    }

    /// Ends what is late; looks at a part of the sessions, and pings a part of them.
    pub(super) async fn look_after(&self, mail: &mut Mail) {
        self.look(clock::now());
        self.io.shard.borrow().count_conflated();
        // Heads first, then the mailbox, then the ping: everything up to the heads is in the queues before it.
        let heads = Heads::with_mail(&self.io.hub, self.io.number, mail);
        self.fan_out(mail).await;
        self.looks.heads.replace(heads);
        self.ping(clock::now());
        self.flush_dirty().await;
    }

    /// The same between two parts of mail, if it is time for it, for the whole mail may take long; sends also what is due.
    pub(super) async fn look_between(&self, now: Moment) {
        if now.since(self.looks.looked.get()) >= self.tick() {
            self.look(now);
            self.ping(now);
        } else {
            self.io.shard.borrow_mut().wake_due(now);
        }
        self.flush_dirty().await;
    }

    fn look(&self, now: Moment) {
        let before = self.looks.looked.replace(now);
        self.io.take_limits(now);
        self.io.shard.borrow_mut().wake_due(now);
        self.end_late(now);
        self.check(now, before);
    }

    /// Pings those whose turn it is, with the heads that all queues are known to have reached.
    fn ping(&self, now: Moment) {
        let groups = self.looks.pings.borrow_mut().take(now, self.io.limits.heartbeat());
        let heads = self.looks.heads.borrow();
        for slot in groups.into_iter().flat_map(|group| slots_of(group, self.slots())) {
            if self.get(slot).is_some_and(|connection| connection.is_open()) {
                self.io.shard.borrow_mut().ping(slot, &heads);
            }
        }
    }

    /// Closes sessions that are silent or take nothing. What came after `read` may not have been read yet.
    fn check(&self, now: Moment, read: Moment) {
        let heartbeat = self.io.limits.heartbeat();
        let groups = self.looks.checks.borrow_mut().take(now, check_interval(&self.io));
        for slot in groups.into_iter().flat_map(|group| slots_of(group, self.slots())) {
            if let Some(connection) = self.get(slot) {
                let pinged = self.looks.pings.borrow().answerable(slot, read, heartbeat);
                connection.check(&self.io, now, read, pinged);
            }
        }
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
