//! A thread that receives: opens its share of the connections, and hears them to the end.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, spawn_local};
use tokio::time::Instant;

use super::course::{Course, Phase};
use super::cpu;
use super::incoming::Troubles;
use super::latencies::Latencies;
use super::link::Target;
use super::listener::{Desk, Listener};
use super::order::Faults;

/// Connections that one thread opens at a time.
pub(super) const MAX_CONNECTING: usize = 64;

/// What one thread heard.
#[derive(Debug)]
pub(super) struct Heard {
    /// From when a message was to be sent to its arrival.
    pub(super) latencies: Latencies,
    /// From nothing to a confirmed subscription.
    pub(super) connecting: Latencies,
    pub(super) troubles: Troubles,
    /// Faults of this thread's subscribers.
    pub(super) faults: Faults,
    /// The part of the measured time that the thread computed.
    pub(super) cpu: Option<f64>,
}

/// Opens the connections with these numbers, hears them, and says what was heard when the run is over.
///
/// # Errors
/// A connection can't be opened.
pub(super) async fn hear(
    course: Arc<Course>,
    target: Target,
    connections: Vec<usize>,
    ready: oneshot::Sender<()>,
) -> Result<Heard, String> {
    let measure = || Latencies::new().map_err(|error| error.to_string());
    let desk = Rc::new(Desk::new(Arc::clone(&course), measure()?));
    let connecting = RefCell::new(measure()?);
    let opened: Vec<Listener> = stream::iter(connections)
        .map(|connection| open(&course, &target, connection, &connecting))
        .buffer_unordered(MAX_CONNECTING)
        .try_collect()
        .await?;
    let listeners: Vec<_> = opened.into_iter().map(|listener| Rc::new(RefCell::new(listener))).collect();
    // Tasks of their own, small and fresh: those of the handshakes would keep its memory.
    let mut tasks = JoinSet::new();
    for listener in &listeners {
        let (listener, desk) = (Rc::clone(listener), Rc::clone(&desk));
        tasks.spawn_local(poll_fn(move |cx| listener.borrow_mut().poll(cx, &desk)));
    }
    let share = spawn_local({
        let course = Arc::clone(&course);
        async move { cpu::share(&course).await }
    });
    // Who started this thread may have given up.
    let _ = ready.send(());
    course.reaches(Phase::Over).await;
    tasks.shutdown().await;
    let cpu = share.await.ok().flatten();
    let mut faults = Faults::default();
    for listener in &listeners {
        let listener = listener.borrow();
        faults += listener.faults(&course);
        listener.say_goodbye();
    }
    let latencies = desk.latencies.replace(measure()?);
    let troubles = desk.troubles.take();
    Ok(Heard { latencies, connecting: connecting.into_inner(), troubles, faults, cpu })
}

async fn open(
    course: &Course,
    target: &Target,
    connection: usize,
    connecting: &RefCell<Latencies>,
) -> Result<Listener, String> {
    if course.is(Phase::Over) {
        return Err("stopped while connecting".to_owned());
    }
    let begun = Instant::now();
    let topic = course.plan.topic_of(connection);
    let opened = target.open(Some(&course.plan.topic(topic))).await;
    let link = opened.map_err(|why| {
        format!("after {} of {} connections: {why}", course.connected(), course.plan.sockets())
    })?;
    connecting.borrow_mut().record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    course.count_connected();
    Ok(Listener::new(link, topic))
}
