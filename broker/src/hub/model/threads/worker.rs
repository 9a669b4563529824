//! A shard on a thread of its own, with one session whose socket takes as much as the schedule says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe};
use fanfare_protocol::{Encoding, Pattern, Position};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{self, JoinHandle};

use super::super::client::Client;
use super::broker::now;
use super::parking::waker;
use super::socket::Socket;
use crate::auth::Caller;
use crate::hub::{Heads, Hub, Mail, Shard};
use crate::outbound::{About, Burst};

/// Frames are laid out in writes of about so many bytes.
const WRITE_BYTES: usize = 64;
/// Times that a shard looks after its session while publishers run.
const LOOKS: usize = 2;

/// A subscription that a shard opened, and what it may hear.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) number: u32,
    pub(super) pattern: &'static str,
    pub(super) from: ReplayFrom,
    /// Whether only the newest message of each topic is asked for.
    pub(super) latest: bool,
    /// The heads when it was asked for, and when it was open.
    pub(super) between: [Position; 2],
    /// Ephemeral messages that were acknowledged before.
    pub(super) passed_on: usize,
    /// Whether publishers ran already.
    pub(super) late: bool,
}

pub(super) struct Worker {
    hub: Arc<Hub>,
    number: usize,
    shard: Shard,
    mail: Mail,
    burst: Burst,
    pub(super) client: Client,
    pub(super) asked: Vec<Asked>,
    /// What it subscribes to while publishers run, the last one first.
    wishes: Vec<(&'static str, ReplayFrom)>,
    /// Whether it pings its session.
    pub(super) pings: bool,
    pub(super) socket: Socket,
    looks: usize,
    passed_on: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl Worker {
    pub(super) fn new(
        hub: &Arc<Hub>,
        number: usize,
        passed_on: Arc<AtomicUsize>,
        ended: Arc<AtomicBool>,
    ) -> Self {
        let mut shard = Shard::new(Arc::clone(hub), u8::try_from(number).unwrap());
        let encoding = if number == 0 { Encoding::MsgPack } else { Encoding::Json };
        let client = Client::new(shard.attach(encoding, About::default()));
        Self {
            hub: Arc::clone(hub),
            number,
            shard,
            mail: Mail::default(),
            burst: Burst::default(),
            client,
            asked: Vec::new(),
            wishes: Vec::new(),
            pings: true,
            socket: Socket::default(),
            looks: LOOKS,
            passed_on,
            ended,
        }
    }

    /// Opens a subscription before publishers run.
    pub(super) fn subscribe(&mut self, pattern: &'static str, from: ReplayFrom) {
        self.open(pattern, from, Deliver::Every, false);
    }

    /// Opens one to the newest message of each topic, before publishers run.
    pub(super) fn subscribe_to_latest(&mut self, pattern: &'static str, from: ReplayFrom) {
        self.open(pattern, from, Deliver::Latest { max_rate: None }, false);
    }

    fn open(&mut self, pattern: &'static str, from: ReplayFrom, deliver: Deliver, late: bool) {
        let latest = deliver != Deliver::Every;
        let passed_on = self.passed_on.load(Ordering::SeqCst);
        let number = u32::try_from(self.asked.len() + 1).unwrap();
        let subscribe =
            Subscribe { sub: number, pattern: Pattern::new(pattern).unwrap(), from: from.clone(), deliver };
        let before = self.hub.position_of_heads();
        self.shard
            .subscribe(self.client.outbound.slot(), Caller::unlimited().subscribe(subscribe).unwrap())
            .unwrap();
        let between = [before, self.hub.position_of_heads()];
        self.asked.push(Asked { number, pattern, from, latest, between, passed_on, late });
    }

    /// Opens a subscription while publishers run.
    pub(super) fn will_subscribe(&mut self, pattern: &'static str, from: ReplayFrom) {
        self.wishes.push((pattern, from));
    }

    /// Works on a thread of its own.
    pub(super) fn start(self) -> JoinHandle<Self> {
        thread::spawn(|| self.work())
    }

    /// Works as a shard does, until publishers have ended and everything is delivered.
    fn work(mut self) -> Self {
        let waker = waker();
        loop {
            // Before the mailbox is looked at: all that was published has come by then.
            let ended = self.ended.load(Ordering::SeqCst);
            if let Some((pattern, from)) = self.wishes.pop() {
                self.open(pattern, from, Deliver::Every, true);
            }
            let busy = self.look_after() || self.take_mail(&waker);
            let served = self.serve(ended);
            match (busy || served, ended) {
                (true, _) => {}
                (false, true) => break,
                // Its socket may take more at any time.
                (false, false) if self.client.blocked => thread::yield_now(),
                (false, false) => thread::park(),
            }
        }
        if self.pings {
            self.ping();
        }
        self.write(usize::MAX);
        self
    }

    /// Sometimes sends a ping.
    fn look_after(&mut self) -> bool {
        let due = self.pings && self.looks > 0 && thread_rng().gen_ratio(1, 4);
        if due {
            self.looks -= 1;
            self.ping();
        }
        due
    }

    /// Sends a ping as the network does: heads, mail, ping.
    fn ping(&mut self) {
        let heads = Heads::with_mail(&self.hub, self.number, &mut self.mail);
        self.fan_out();
        self.shard.ping(self.client.outbound.slot(), &heads);
    }

    fn take_mail(&mut self, waker: &Waker) -> bool {
        let taken = self.hub.mailbox(self.number).poll_take(&mut self.mail, waker).is_ready();
        if taken {
            self.fan_out();
        }
        taken
    }

    fn fan_out(&mut self) {
        while self.shard.fan_out(&mut self.mail) {
            self.write_some(false);
        }
        self.mail.done();
        self.client.awake |= self.mail.flushes.contains(&self.client.outbound.slot());
    }

    /// The session's task goes on, if its socket takes more, and what waits is written. True if anything moved.
    fn serve(&mut self, ended: bool) -> bool {
        let slot = self.client.outbound.slot();
        let mut moved = false;
        while !self.client.blocked && self.shard.wants_turn(slot) && self.shard.catch_up(slot, now().moment) {
            moved = true;
            self.write_some(ended);
        }
        moved | self.write_some(ended)
    }

    fn write_some(&mut self, all: bool) -> bool {
        let room = if all { usize::MAX } else { self.socket.room() };
        self.write(room)
    }

    /// Writes out what waits, as far as the socket has room for it; true if anything went.
    pub(super) fn write(&mut self, room: usize) -> bool {
        let mut dirty = Vec::new();
        self.shard.take_dirty(&mut dirty);
        self.client.awake |= !dirty.is_empty();
        let slot = self.client.outbound.slot();
        if self.client.awake && !self.client.blocked && self.shard.has_batches(slot) {
            self.shard.send_batches(slot, now().moment);
        }
        self.client.write(room, WRITE_BYTES, &mut self.burst)
    }
}
