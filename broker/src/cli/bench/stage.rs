//! The thread that publishes: apart from those that receive, so that their work does not delay its schedule.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use super::course::Course;
use super::cpu;
use super::incoming::Troubles;
use super::latencies::Latencies;
use super::link::Target;
use super::publisher::publish;
use super::schedule::Schedule;

/// What all publishers met with.
#[derive(Debug)]
pub(super) struct Performed {
    /// How long after they were due messages were sent.
    pub(super) lateness: Latencies,
    pub(super) troubles: Troubles,
    /// The part of the measured time that the thread computed.
    pub(super) cpu: Option<f64>,
}

/// Opens the publishing connections, publishes, and says what became of it when the run is over.
///
/// # Errors
/// A connection can't be opened.
pub(super) async fn perform(
    course: Arc<Course>,
    target: Target,
    ready: oneshot::Sender<()>,
) -> Result<Performed, String> {
    let mut lateness = Latencies::new().map_err(|error| error.to_string())?;
    let (topics, publishers) = (course.plan.topics, course.plan.publishers);
    let mut publishing = Vec::with_capacity(publishers);
    for publisher in 0..publishers {
        let link = target.open(None).await.map_err(|why| format!("a publisher can't connect: {why}"))?;
        course.count_connected();
        let schedule = Schedule::new(topics, publisher, publishers);
        publishing.push(spawn_local(publish(Arc::clone(&course), link, schedule)));
    }
    let share = spawn_local({
        let course = Arc::clone(&course);
        async move { cpu::share(&course).await }
    });
    // Who started this thread may have given up.
    let _ = ready.send(());
    let mut troubles = Troubles::default();
    for published in try_join_all(publishing).await.map_err(|error| error.to_string())? {
        let published = published?;
        lateness += &published.lateness;
        troubles += published.troubles;
    }
    Ok(Performed { lateness, troubles, cpu: share.await.ok().flatten() })
}
