//! A run from its first connection to its outcome.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{Instant as Clock, MissedTickBehavior, interval, sleep_until, timeout};

use super::audience::{self, Heard};
use super::course::{Course, Phase};
use super::incoming::Troubles;
use super::latencies::Latencies;
use super::link::Target;
use super::meter::Meter;
use super::order::Faults;
use super::outcome::{Counts, LATE, Outcome};
use super::plan::Pace;
use super::progress::{Progress, TICK};
use super::stage::{self, Performed};
use super::threads::{Working, start};
use crate::cli::terminal::interrupted;

/// When nothing has come for this time, nothing more is expected.
const QUIET_TIME: Duration = Duration::from_secs(2);
/// Time for what is under way at the end, whatever comes.
const MAX_DRAIN: Duration = Duration::from_mins(1);
/// The same if the person wants the end: less than a command is given after Ctrl-C.
const MAX_HURRIED_DRAIN: Duration = Duration::from_secs(3);

/// Leads the threads of a run through its phases.
pub(super) struct Conductor {
    course: Arc<Course>,
    meter: Meter,
    progress: Progress,
    audiences: Vec<Working<Heard>>,
    stage: Option<Working<Performed>>,
    interrupted: bool,
}

/// What was measured from the middle of a run.
struct Window {
    measured: Duration,
    counts: Counts,
}

impl Conductor {
    /// Starts the threads, which begin to connect.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub(super) fn new(course: Arc<Course>, target: &Target, meter: Meter) -> std::io::Result<Self> {
        let plan = &course.plan;
        let threads = plan.threads.min(plan.connections);
        let mut audiences = Vec::with_capacity(threads);
        for thread in 0..threads {
            let connections: Vec<usize> = (thread..plan.connections).step_by(threads).collect();
            let (course, target) = (Arc::clone(&course), target.clone());
            let hear = move |ready| audience::hear(course, target, connections, ready);
            audiences.push(start(&format!("bench-hear-{thread}"), hear)?);
        }
        let perform = {
            let (course, target) = (Arc::clone(&course), target.clone());
            move |ready| stage::perform(course, target, ready)
        };
        let publishes = plan.pace != Pace::Idle;
        let stage = publishes.then(|| start("bench-publish", perform)).transpose()?;
        Ok(Self { course, meter, progress: Progress::new(), audiences, stage, interrupted: false })
    }

    /// Runs to the end, or until Ctrl-C.
    ///
    /// # Errors
    /// Not all connections could be opened.
    pub(super) async fn run(mut self, server: &str) -> Result<Outcome, String> {
        let connected = self.connect().await;
        if connected.is_err() {
            self.progress.clear();
        }
        connected?;
        self.meter.connected().await;
        let window = self.perform().await;
        self.course.enter(Phase::Draining);
        self.meter.end(&self.course).await;
        self.drain().await;
        self.course.enter(Phase::Over);
        self.progress.clear();
        self.conclude(window, server).await
    }

    async fn connect(&mut self) -> Result<(), String> {
        let ready = async {
            for audience in &mut self.audiences {
                audience.ready().await?;
            }
            match &mut self.stage {
                Some(stage) => stage.ready().await,
                None => Ok(()),
            }
        };
        let (course, progress) = (&self.course, &self.progress);
        tokio::select! {
            ready = ready => ready,
            () = interrupted() => Err("stopped while connecting; nothing was measured".to_owned()),
            () = ticking(|_| progress.connecting(course)) => Ok(()),
        }
    }

    /// Warms up and measures, until the time is over or the person wants the end.
    async fn perform(&mut self) -> Window {
        let plan = self.course.plan.clone();
        self.course.enter(Phase::WarmingUp);
        let begun = Clock::now();
        if !self.pass("warming up", begun, plan.warm_up).await {
            return Window { measured: Duration::ZERO, counts: Counts::default() };
        }
        self.course.enter(Phase::Measuring);
        let (before, measuring) = (self.counts(), Instant::now());
        self.meter.begin(&self.course).await;
        self.pass("measuring", begun + plan.warm_up, plan.duration).await;
        Window { measured: measuring.elapsed(), counts: self.counts().since(before) }
    }

    /// Lets time pass, and says whether all of it did.
    async fn pass(&mut self, what: &'static str, from: Clock, time: Duration) -> bool {
        let (course, progress) = (&self.course, &mut self.progress);
        let over = sleep_until(from + time);
        tokio::select! {
            biased;
            () = over => true,
            () = interrupted() => {
                self.interrupted = true;
                false
            }
            () = course.deliveries_reach(u64::MAX) => false,
            () = ticking(|_| progress.passing(what, from.elapsed(), time, course)) => false,
        }
    }

    /// Waits for what is under way, as long as something comes.
    async fn drain(&mut self) {
        let (course, progress) = (&self.course, &self.progress);
        let drained = async {
            let mut before = None;
            while before != Some(course.delivered()) {
                before = Some(course.delivered());
                let all = async {
                    course.publishers_finish().await;
                    course.deliveries_reach(course.deliveries_due()).await;
                };
                if timeout(QUIET_TIME, all).await.is_ok() {
                    return;
                }
            }
        };
        let hurried = async {
            interrupted().await;
            tokio::time::sleep(MAX_HURRIED_DRAIN).await;
        };
        tokio::select! {
            () = drained => {}
            () = hurried => {}
            () = tokio::time::sleep(MAX_DRAIN) => {}
            () = ticking(|_| progress.draining(course)) => {}
        }
    }

    async fn conclude(self, window: Window, server: &str) -> Result<Outcome, String> {
        let all = self.counts();
        let mut outcome = Outcome {
            plan: self.course.plan.clone(),
            server: server.to_owned(),
            measured: window.measured,
            interrupted: self.interrupted,
            window: window.counts,
            all,
            latency: None,
            connecting: None,
            late: 0.0,
            faults: Faults::default(),
            troubles: Troubles::default(),
            receiving_cpu: None,
            publishing_cpu: None,
            usage: self.meter.usage(self.course.plan.connections),
        };
        let empty = || Latencies::new().map_err(|error| error.to_string());
        let (mut latencies, mut connecting) = (empty()?, empty()?);
        for audience in self.audiences {
            let heard = audience.outcome().await?;
            latencies += &heard.latencies;
            connecting += &heard.connecting;
            outcome.faults += heard.faults;
            outcome.troubles += heard.troubles;
            outcome.receiving_cpu = [outcome.receiving_cpu, heard.cpu].into_iter().flatten().reduce(f64::max);
        }
        if let Some(stage) = self.stage {
            let performed = stage.outcome().await?;
            outcome.late = performed.lateness.share_over(LATE);
            outcome.troubles += performed.troubles;
            outcome.publishing_cpu = performed.cpu;
        }
        outcome.latency = latencies.percentiles();
        outcome.connecting = connecting.percentiles();
        Ok(outcome)
    }

    fn counts(&self) -> Counts {
        Counts { sent: self.course.sent_in_all(), delivered: self.course.delivered() }
    }
}

/// Does something again and again, and never ends.
async fn ticking(mut tick: impl FnMut(Clock)) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tick(ticks.tick().await);
    }
}
