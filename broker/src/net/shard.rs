//! A shard: one thread with its sessions. Its loop fans out what comes by mail, and looks after the sessions.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use fanfare_protocol::CloseCode;
use tokio::runtime::LocalRuntime;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Interval;

use super::connection::Connection;
use super::door::{self, Door};
use super::websocket::Spare;
use crate::auth::Authority;
use crate::clock::{self, Moment};
use crate::engine::SessionId;
use crate::hub::{Heads, Hub, Mail, Shard};
use crate::limits::Limits;
use crate::metrics::ShardCounters;
use crate::outbound::Burst;
use crate::session::SessionLimits;

/// The buffer that all sessions of a shard read into, in bytes.
const SCRATCH_BYTES: usize = 64 * 1024;
/// Sockets that are written to before other tasks of the shard have a turn.
const FLUSHES_BETWEEN_YIELDS: usize = 64;
/// How often sessions are looked after, at most and at least.
const TICK_MAX: Duration = Duration::from_secs(1);
const TICK_MIN: Duration = Duration::from_millis(5);
/// A time-out is noticed within this part of itself.
const TICKS_PER_TIMEOUT: u32 = 4;

/// What the tasks of a shard share. They run on one thread, and none holds a borrow over an await.
pub(super) struct ShardIo {
    pub(super) hub: Arc<Hub>,
    pub(super) number: usize,
    pub(super) limits: Arc<Limits>,
    pub(super) session_limits: SessionLimits,
    pub(super) authority: Authority,
    pub(super) shard: RefCell<Shard>,
    pub(super) spare: RefCell<Spare>,
    pub(super) scratch: RefCell<Box<[u8]>>,
    pub(super) burst: RefCell<Burst>,
    /// By the slot of the session.
    connections: RefCell<Vec<Option<Rc<Connection>>>>,
    greeting: RefCell<Deadlines>,
    ending: RefCell<Deadlines>,
}

/// Sessions with a deadline, the nearest first: all of one kind have the same time.
type Deadlines = VecDeque<(Moment, u32, SessionId)>;

/// A running shard.
pub(crate) struct ShardHandle {
    /// Takes connected sockets, as long as the shard lives.
    pub(crate) sockets: mpsc::Sender<std::net::TcpStream>,
    pub(crate) thread: JoinHandle<()>,
}

/// Starts a shard on a thread of its own. It ends when `stop` says so.
///
/// # Errors
/// The operating system refuses the thread, or what its event loop needs.
pub(crate) fn spawn(
    number: usize,
    hub: Arc<Hub>,
    door: Door,
    stop: watch::Receiver<bool>,
) -> io::Result<ShardHandle> {
    let (sockets, incoming) = mpsc::channel(door.limits.max_handshakes.max(1));
    // The runtime can't leave its thread, so the thread says how making it went.
    let (report, started) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name(format!("shard-{number}")).spawn(move || {
        let runtime = match LocalRuntime::new() {
            Ok(runtime) => runtime,
            Err(error) => return drop(report.send(Err(error))),
        };
        drop(report.send(Ok(())));
        let io = Rc::new(ShardIo::new(number, hub, Arc::clone(&door.limits)));
        runtime.block_on(run(io, door, incoming, stop));
    })?;
    started.recv().map_err(io::Error::other)??;
    Ok(ShardHandle { sockets, thread })
}

async fn run(
    io: Rc<ShardIo>,
    door: Door,
    incoming: mpsc::Receiver<std::net::TcpStream>,
    mut stop: watch::Receiver<bool>,
) {
    let accepting = tokio::task::spawn_local(accept(Rc::clone(&io), door, incoming));
    tokio::select! {
        // The loop writes to many sockets in one turn, and yields by itself.
        () = tokio::task::coop::unconstrained(work(io)) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    accepting.abort();
}

/// Shakes hands on every socket that the listener hands over, each in a task of its own.
async fn accept(io: Rc<ShardIo>, door: Door, mut incoming: mpsc::Receiver<std::net::TcpStream>) {
    let door = Rc::new(door);
    let shards = io.hub.shards();
    let places = Arc::new(Semaphore::new(io.limits.max_handshakes.div_ceil(shards)));
    while let Some(socket) = incoming.recv().await {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            door::turn_away(&io, &socket);
            continue;
        };
        let (io, door) = (Rc::clone(&io), Rc::clone(&door));
        tokio::task::spawn_local(async move {
            if let Some(connection) = door::enter(&io, &door, socket).await {
                // A fresh task: this one's memory, grown by the handshake, goes with it.
                tokio::task::spawn_local(live(io, connection));
            }
            drop(place);
        });
    }
}

/// A session from its first frame to its end.
async fn live(io: Rc<ShardIo>, connection: Rc<Connection>) {
    let reason = connection.run(&io).await;
    io.remove(&connection, reason);
}

/// The shard's loop: one task, so that what comes by mail goes out in the order in which it came.
async fn work(io: Rc<ShardIo>) {
    let mut mail = Mail::default();
    let mut dirty = Vec::new();
    let mut tick = tokio::time::interval(io.tick());
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round = 0;
    loop {
        if !next(&io, &mut mail, &mut tick).await {
            io.look_after(&mut mail, &mut dirty, round).await;
            round = round.wrapping_add(1);
            continue;
        }
        io.fan_out(&mut mail, &mut dirty).await;
        // However much mail comes, sockets are read and accepted between two rounds of it.
        tokio::task::yield_now().await;
    }
}

/// Waits for mail (true, and takes it) or the next tick.
fn next<'a>(io: &'a ShardIo, mail: &'a mut Mail, tick: &'a mut Interval) -> impl Future<Output = bool> + 'a {
    poll_fn(move |cx| {
        if tick.poll_tick(cx).is_ready() {
            return Poll::Ready(false);
        }
        io.hub.mailbox(io.number).poll_take(mail, cx.waker()).map(|()| true)
    })
}

impl ShardIo {
    fn new(number: usize, hub: Arc<Hub>, limits: Arc<Limits>) -> Self {
        Self {
            session_limits: SessionLimits::from(&*limits),
            authority: Authority,
            shard: RefCell::new(Shard::new(Arc::clone(&hub), u8::try_from(number).unwrap_or(u8::MAX))),
            spare: RefCell::new(Spare::new(limits.max_frame_bytes)),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            burst: RefCell::default(),
            connections: RefCell::default(),
            greeting: RefCell::default(),
            ending: RefCell::default(),
            hub,
            number,
            limits,
        }
    }

    pub(super) fn counters(&self) -> &ShardCounters {
        self.hub.counters(self.number)
    }

    /// How often sessions are looked after, so that each time-out is noticed in time.
    fn tick(&self) -> Duration {
        let limits = &self.limits;
        let shortest =
            limits.heartbeat.min(limits.hello_timeout).min(limits.close_timeout).min(limits.stall_timeout);
        (shortest / TICKS_PER_TIMEOUT).clamp(TICK_MIN, TICK_MAX)
    }

    /// Takes in a session that has shaken hands.
    pub(super) fn add(&self, connection: Connection) -> Rc<Connection> {
        let connection = Rc::new(connection);
        let slot = connection.slot as usize;
        let mut connections = self.connections.borrow_mut();
        if connections.len() <= slot {
            connections.resize(slot + 1, None);
        }
        if let Some(place) = connections.get_mut(slot) {
            *place = Some(Rc::clone(&connection));
        }
        let encoding = connection.outbound.encoding().as_str();
        self.counters().connections.count(encoding);
        self.counters().opened.count(encoding);
        let deadline = clock::now().plus(self.limits.hello_timeout);
        self.greeting.borrow_mut().push_back((deadline, connection.slot, connection.outbound.session()));
        connection
    }

    fn remove(&self, connection: &Connection, reason: &'static str) {
        if let Some(place) = self.connections.borrow_mut().get_mut(connection.slot as usize) {
            *place = None;
        }
        self.shard.borrow_mut().detach(connection.slot);
        self.counters().connections.uncount(connection.outbound.encoding().as_str());
        self.counters().closed.count(reason);
        tracing::debug!(session = connection.outbound.session().0, reason, "session ended");
    }

    /// A session is being closed: it is given `close_timeout` to take its leave.
    pub(super) fn expect_end(&self, connection: &Connection) {
        let deadline = clock::now().plus(self.limits.close_timeout);
        self.ending.borrow_mut().push_back((deadline, connection.slot, connection.outbound.session()));
    }

    fn connection(&self, slot: u32) -> Option<Rc<Connection>> {
        self.connections.borrow().get(slot as usize)?.clone()
    }

    /// Puts mail into queues and writes them out, a part of it at a time, so that no queue fills with what its socket
    /// would have taken.
    async fn fan_out(&self, mail: &mut Mail, dirty: &mut Vec<u32>) {
        loop {
            let more = self.shard.borrow_mut().fan_out(mail);
            self.close_overfull();
            self.flush_dirty(dirty).await;
            self.observe(mail);
            if !more {
                break;
            }
        }
        mail.done();
        self.flush_sent(mail);
    }

    async fn flush_dirty(&self, dirty: &mut Vec<u32>) {
        self.shard.borrow_mut().take_dirty(dirty);
        for (at, slot) in dirty.iter().enumerate() {
            if at > 0 && at % FLUSHES_BETWEEN_YIELDS == 0 {
                tokio::task::yield_now().await;
            }
            if let Some(connection) = self.connection(*slot) {
                connection.flush(self);
            }
        }
    }

    fn close_overfull(&self) {
        let overfull = self.shard.borrow_mut().take_overfull();
        for slot in overfull {
            if let Some(connection) = self.connection(slot) {
                connection.close(self, CloseCode::TooSlow, "the outbound queue is full (queue_bytes)");
            }
        }
    }

    fn observe(&self, mail: &Mail) {
        let now = clock::now();
        for message in mail.fanned_out() {
            self.counters().publish_to_socket.observe(now.since(message.arrived()));
        }
    }

    /// Writes out what other threads sent to sessions directly.
    fn flush_sent(&self, mail: &Mail) {
        for connection in mail.flushes.iter().filter_map(|slot| self.connection(*slot)) {
            connection.flush(self);
        }
    }

    /// Closes what is late, and pings the sessions whose turn it is.
    async fn look_after(&self, mail: &mut Mail, dirty: &mut Vec<u32>, round: u32) {
        let now = clock::now();
        self.end_late(now);
        // Heads first, then the mailbox, then the ping: everything up to the heads is in the queues before it.
        let heads = self.hub.position_of_heads();
        self.hub.mailbox(self.number).take(mail);
        let heads = Heads::served(&self.hub, heads, mail);
        self.fan_out(mail, dirty).await;
        let rounds = self.rounds();
        let slots = u32::try_from(self.connections.borrow().len()).unwrap_or(u32::MAX);
        for slot in (round % rounds..slots).step_by(rounds as usize) {
            if let Some(connection) = self.connection(slot)
                && connection.check(self, now)
            {
                self.shard.borrow_mut().ping(slot, &heads);
            }
        }
        self.flush_dirty(dirty).await;
    }

    /// Ticks in a heartbeat: each session has its turn in one of them.
    fn rounds(&self) -> u32 {
        let rounds = self.limits.heartbeat.as_nanos() / self.tick().as_nanos().max(1);
        u32::try_from(rounds).unwrap_or(u32::MAX).max(1)
    }

    fn end_late(&self, now: Moment) {
        for connection in self.late(&self.greeting, now) {
            if connection.is_greeting() {
                connection.close(self, CloseCode::NoHello, "no hello came within hello_timeout");
            }
        }
        for connection in self.late(&self.ending, now) {
            connection.abandon();
        }
    }

    fn late(&self, deadlines: &RefCell<Deadlines>, now: Moment) -> Vec<Rc<Connection>> {
        let mut late = Vec::new();
        let mut deadlines = deadlines.borrow_mut();
        while let Some((_, slot, session)) = deadlines.pop_front_if(|(deadline, ..)| *deadline <= now) {
            late.extend(self.connection(slot).filter(|connection| connection.outbound.session() == session));
        }
        late
    }
}
