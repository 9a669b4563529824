//! The world of a run: the real engine, hub, shards and queues on one thread, their clients, and the reference beside.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{Encoding, ServerFrame};

use super::client::{Client, Memory};
use super::desk::Desk;
use super::restarting::{desks, new_broker};
use super::setup::Setup;
use super::steps::Step;
use super::tally::Tally;
use super::truth::Truth;
use super::violation::{Check, Checked, ensure};
use crate::clock::{Moment, Now};
use crate::engine::Stream;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::outbound::About;

/// Positions that are remembered for clients to resume from.
const MEMORIES: usize = 64;

pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) hub: Arc<Hub>,
    pub(super) desks: Vec<Desk>,
    pub(super) clients: Vec<Client>,
    pub(super) truth: Truth,
    pub(super) memories: VecDeque<Memory>,
    pub(super) now: Now,
    pub(super) tally: Tally,
    pub(super) elapsed: Duration,
    pub(super) published: u64,
    /// What happened, if anyone wants to know.
    pub(super) story: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(setup: Setup, told: bool) -> Self {
        let (hub, truth) = new_broker(&setup);
        let elapsed = Duration::from_secs(10);
        let mut world = Self {
            desks: desks(&hub),
            hub,
            setup,
            clients: Vec::new(),
            truth,
            memories: VecDeque::new(),
            now: Now { moment: Moment::after_start(elapsed), wall_ms: 1_000_000 },
            tally: Tally::default(),
            elapsed,
            published: 0,
            story: told.then(Vec::new),
        };
        world.join(0, Encoding::Json);
        world.join(1, Encoding::MsgPack);
        world
    }

    /// Adds a line to the story, which is made only if it is told.
    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(line());
        }
    }

    /// Does one step, then looks whether everything is still as it should be.
    pub(super) fn perform(&mut self, step: Step) -> Checked {
        self.tell(|| format!("{step:?}"));
        match step {
            Step::Publish(publication) => self.publish(publication)?,
            Step::Burst { count, topics, size } => self.burst(count, topics, size)?,
            Step::Subscribe(wish) => self.subscribe(wish)?,
            Step::Unsubscribe { client, number } => self.unsubscribe(client, number)?,
            Step::Join { shard, json } => {
                self.join(shard, if json { Encoding::Json } else { Encoding::MsgPack });
            }
            Step::Leave { client } => self.leave(client),
            Step::Turn { shard, meanwhile } => drop(self.turn(shard, false, meanwhile)?),
            Step::LookAfter { shard, meanwhile } => drop(self.turn(shard, true, meanwhile)?),
            Step::Write { client, room, chunk } => self.write(client, room, chunk)?,
            Step::Stall { client, stalled } => {
                if let Some(client) = self.client(client) {
                    client.stalled = stalled;
                }
            }
            Step::CatchUp { client } => {
                client.checked_rem(self.clients.len()).map(|at| self.catch_up(at));
            }
            Step::Answer { client } => self.answer(client),
            Step::Wait { ms } => self.wait(ms),
            Step::SetBack { ms } => self.now.wall_ms -= ms,
            Step::Sweep => self.sweep()?,
            Step::History { json, pattern, from, limit } => self.history(json, pattern, from, limit)?,
            Step::Rest => self.rest()?,
            Step::Crash => self.crash()?,
            Step::Restart => self.restart()?,
        }
        self.look_around()
    }

    /// How often the run came to what.
    pub(super) fn tally(mut self) -> Tally {
        self.note_overflows();
        self.tally
    }

    pub(super) fn note_overflows(&mut self) {
        let metrics = &self.hub.metrics;
        self.tally.add("mailbox overflow", metrics.sum(|shard| shard.mailbox_overflows.get()));
        self.tally.add("dropped by a queue", metrics.sum(|shard| shard.dropped_messages.get()));
    }

    /// The client that a number means; none if there is none at all.
    pub(super) fn client(&mut self, number: usize) -> Option<&mut Client> {
        let count = self.clients.len();
        self.clients.get_mut(number.checked_rem(count)?)
    }

    fn join(&mut self, shard: usize, encoding: Encoding) {
        if self.clients.len() < self.setup.clients {
            let shard = shard % self.desks.len();
            let client = Client::new(self.desks[shard].shard.attach(encoding, About::default()));
            self.tell(|| format!("    {} joins shard {shard}, {encoding:?}", client.name()));
            self.clients.push(client);
        }
    }

    fn leave(&mut self, number: usize) {
        if let Some(at) = number.checked_rem(self.clients.len()) {
            self.drop_client(at);
        }
    }

    pub(super) fn drop_client(&mut self, at: usize) {
        let mut client = self.clients.remove(at);
        self.tell(|| format!("    {} is gone", client.name()));
        client.remember_all(&self.truth);
        self.memories.extend(client.memories);
        self.desks[client.outbound.shard()].shard.detach(client.outbound.slot());
    }

    fn write(&mut self, number: usize, room: usize, chunk: usize) -> Checked {
        let Some(at) = number.checked_rem(self.clients.len()) else { return Ok(()) };
        self.flush(at, room, chunk);
        self.read(at)
    }

    /// Writes out what waits for a client whose shard said so, as the network does. True if anything went.
    pub(super) fn flush(&mut self, at: usize, room: usize, chunk: usize) -> bool {
        let client = &mut self.clients[at];
        let (Desk { shard, burst, .. }, slot) =
            (&mut self.desks[client.outbound.shard()], client.outbound.slot());
        if client.awake && !client.blocked && shard.has_batches(slot) {
            shard.send_batches(slot, self.now.moment);
        }
        client.write(room, chunk, burst)
    }

    /// Lets a client work off what it got.
    pub(super) fn read(&mut self, at: usize) -> Checked {
        let Self { clients, truth, story, memories, tally, elapsed, .. } = self;
        let client = &mut clients[at];
        let read = client.read(truth, *elapsed, tally, |line| {
            if let Some(story) = story {
                story.push(line());
            }
        });
        memories.extend(client.memories.drain(..));
        memories.drain(..memories.len().saturating_sub(MEMORIES));
        read
    }

    /// A client's task goes on, if its socket takes more; it writes out what it queued. False if there is no more to do.
    pub(super) fn catch_up(&mut self, at: usize) -> bool {
        let client = &mut self.clients[at];
        let (shard, slot) = (&mut self.desks[client.outbound.shard()].shard, client.outbound.slot());
        if client.blocked || client.stalled || !shard.wants_turn(slot) {
            return false;
        }
        client.awake = true;
        shard.catch_up(slot, self.now.moment)
    }

    fn answer(&mut self, number: usize) {
        if let Some(client) = self.client(number) {
            client.outbound.push_reply(&ServerFrame::Pong);
            client.awake = true;
        }
    }

    pub(super) fn wait(&mut self, ms: u64) {
        self.elapsed += Duration::from_millis(ms);
        self.now = Now { moment: Moment::after_start(self.elapsed), wall_ms: self.now.wall_ms + ms };
    }

    pub(super) fn sweep(&mut self) -> Checked {
        self.hub.sweep(self.now);
        self.has_swept()
    }

    pub(super) fn stream(&self, log: usize) -> &Stream {
        &self.hub.engine.streams()[log]
    }

    /// What holds after every step.
    fn look_around(&mut self) -> Checked {
        self.wake();
        (0..self.truth.logs.len()).try_for_each(|log| self.stays_within_its_bound(log))?;
        let mut of_shards = vec![(0, 0); self.desks.len()];
        for client in &self.clients {
            let lanes = client.outbound.lanes();
            let attached =
                self.desks[client.outbound.shard()].shard.sessions.get(client.outbound.slot() as usize);
            let conflated = attached.map_or(0, |attached| attached.waiting_bytes);
            let (bytes, answers) = (lanes.queue_bytes(), lanes.answer_bytes());
            let most = self.setup.limits.queue_bytes.max(ONE_MESSAGE_BYTES) + answers + PING_BYTES;
            ensure(bytes <= most, Check::Bound, || format!("{bytes} bytes wait, at most {most} may"))?;
            ensure(conflated <= most, Check::Bound, || format!("{conflated} bytes wait for their batches"))?;
            let (total, beside) = &mut of_shards[client.outbound.shard()];
            *total += bytes + conflated;
            // Its only message always stays.
            *beside += answers + PING_BYTES + ONE_MESSAGE_BYTES;
        }
        let Limits { all_queues_bytes, queue_bytes, .. } = self.setup.limits;
        let share = (all_queues_bytes / self.desks.len()).max(queue_bytes);
        let over = of_shards.iter().find(|(total, beside)| *total > share + share / 4 + beside);
        ensure(over.is_none(), Check::Bound, || {
            format!("{over:?} bytes wait for a shard's sockets, its share is {share}")
        })
    }

    /// Does what the network does: wakes the writers of sessions that something waits for.
    pub(super) fn wake(&mut self) {
        let mut dirty = Vec::new();
        for number in 0..self.desks.len() {
            self.desks[number].shard.take_dirty(&mut dirty);
            let lives = |client: &Client| (client.outbound.shard(), client.outbound.slot());
            for client in &mut self.clients {
                client.awake |= lives(client).0 == number && dirty.contains(&lives(client).1);
            }
        }
    }
}

/// One message always fits a queue; this is what the largest keeps in memory, in either encoding.
const ONE_MESSAGE_BYTES: usize = 96_000;
/// A ping waits beside the messages.
const PING_BYTES: usize = 600;
