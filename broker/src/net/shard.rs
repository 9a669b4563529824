//! A shard: one thread with its sessions. Its loop fans out what comes by mail, and looks after the sessions.

use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;

use tokio::runtime::LocalRuntime;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::alarm::Alarm;
use super::arrival::{Arrival, Seat, Seats};
use super::connection::Connection;
use super::door::{self, Door};
use super::io::Io;
use super::sessions::Sessions;
use crate::hub::{Hub, Mail};

/// A running shard.
pub(crate) struct ShardHandle {
    /// Takes accepted sockets, as long as the shard lives.
    pub(super) arrivals: mpsc::Sender<Arrival>,
    pub(super) seats: Seats,
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
    let seats = Seats::new(Arc::clone(&door.addresses));
    // Each that waits here has a place, so there is always room.
    let (arrivals, arriving) = mpsc::channel(door.limits.max_handshakes());
    // The runtime can't leave its thread, so the thread says how making it went.
    let (report, started) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name(format!("shard-{number}")).spawn(move || {
        let runtime = match LocalRuntime::new() {
            Ok(runtime) => runtime,
            Err(error) => return drop(report.send(Err(error))),
        };
        drop(report.send(Ok(())));
        let sessions = Rc::new(Sessions::new(Io::new(number, hub, &door)));
        runtime.block_on(run(sessions, door, arriving, stop));
    })?;
    started.recv().map_err(io::Error::other)??;
    Ok(ShardHandle { arrivals, seats, thread })
}

async fn run(
    sessions: Rc<Sessions>,
    door: Door,
    arriving: mpsc::Receiver<Arrival>,
    mut stop: watch::Receiver<bool>,
) {
    let accepting = tokio::task::spawn_local(accept(Rc::clone(&sessions), door, arriving));
    tokio::select! {
        // The loop writes to many sockets in one turn, and yields by itself.
        () = tokio::task::coop::unconstrained(work(&sessions)) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    accepting.abort();
}

/// Shakes hands on every socket that the listener hands over, each in a task of its own.
async fn accept(sessions: Rc<Sessions>, door: Door, mut arriving: mpsc::Receiver<Arrival>) {
    let door = Rc::new(door);
    while let Some(arrival) = arriving.recv().await {
        let (sessions, door) = (Rc::clone(&sessions), Rc::clone(&door));
        tokio::task::spawn_local(async move {
            if let Some((connection, seat)) = door::enter(&sessions.io, &door, arrival).await {
                // A fresh task: this one's memory, grown by the handshake, goes with it.
                tokio::task::spawn_local(live(sessions, connection, seat));
            }
        });
    }
}

/// A session from its first frame to its end. What the future holds, every idle session costs: two pointers and a seat.
fn live(sessions: Rc<Sessions>, connection: Connection, seat: Seat) -> impl Future<Output = ()> {
    let connection = sessions.add(connection);
    async move {
        let reason = connection.run(&sessions.io).await;
        sessions.remove(&connection, reason);
        drop(seat);
    }
}

/// The shard's loop: one task, so that what comes by mail goes out in the order in which it came.
async fn work(sessions: &Sessions) {
    let mut mail = Mail::default();
    let mut tick = ticking(sessions);
    let mut alarm = Alarm::new();
    loop {
        match next(&sessions.io, &mut mail, &mut tick, &mut alarm).await {
            Next::Mail => sessions.fan_out(&mut mail).await,
            Next::Due => sessions.send_due().await,
            Next::Tick => {
                sessions.look_after(&mut mail).await;
                if tick.period() != sessions.tick() {
                    tick = ticking(sessions);
                }
            }
        }
        // However much mail comes, sockets are read and accepted between two rounds of it.
        tokio::task::yield_now().await;
    }
}

/// An interval that looks after the sessions often enough for the limits as they are now. The first tick comes after one
/// period.
fn ticking(sessions: &Sessions) -> Interval {
    let period = sessions.tick();
    let mut tick = tokio::time::interval_at(Instant::now() + period, period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

/// What a shard has to do next.
enum Next {
    /// Mail has come, and was taken.
    Mail,
    /// A batch of a conflated subscription is due.
    Due,
    /// It is time to look after the sessions.
    Tick,
}

fn next<'a>(
    io: &'a Io,
    mail: &'a mut Mail,
    tick: &'a mut Interval,
    alarm: &'a mut Alarm,
) -> impl Future<Output = Next> + 'a {
    poll_fn(move |cx| {
        if tick.poll_tick(cx).is_ready() {
            return Poll::Ready(Next::Tick);
        }
        let due = io.shard.borrow_mut().earliest_due(cx.waker());
        if alarm.poll(due, cx).is_ready() {
            return Poll::Ready(Next::Due);
        }
        io.hub.mailbox(io.number).poll_take(mail, cx.waker()).map(|()| Next::Mail)
    })
}
