//! 1,000 sessions that resume at once, while others are served at half the rate that saturates.

use std::time::{Duration, Instant};

use super::{Bound, Row, SET_UP_SECONDS};
use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::error::LoadError;
use crate::fanout::{Fanout, OTHERS};
use crate::follower::{Follower, Scratch, connect_all};
use crate::order::{Faults, Order};
use crate::payload::numbered;
use crate::plan::Plan;
use crate::samples::{Figure, Sample, Subject};
use crate::server::Server;
use crate::stats::Spread;
use crate::window::{Mark, fault_figures};
use crate::workload::{Pace, Workload};

const RESUMERS: usize = 1000;
/// Messages that each of them has missed.
const MISSED: u32 = 100;
const TOPIC: &str = "load.resumed";
/// The others: their number, and what saturates them.
const LIVE: u32 = 1000;
const SATURATED: Pace = Pace::InFlight(64);
/// Longest time that connecting may come to a halt.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time that the storm is looked at, at the least: a rate over less says nothing.
const STORM_MIN: Duration = Duration::from_secs(1);
/// Time after which a storm that is not over is a failure.
const STORM_MAX: Duration = Duration::from_secs(20);
/// How many times its usual 99th percentile latency may be.
const P99_TIMES_MAX: f64 = 2.0;
const P99_TIMES: &str = "p99 in the storm";

/// What a storm of resuming sessions costs those who stayed.
#[derive(Debug)]
pub struct ResumeStorm;

struct Resumer<'a> {
    follower: Follower<'a>,
    order: Order,
    received: u32,
}

impl Row for ResumeStorm {
    fn name(&self) -> &'static str {
        "resume-storm"
    }

    fn title(&self) -> String {
        format!(
            "{RESUMERS} sessions resume at once ({MISSED} messages each), {LIVE} others at half the saturated rate"
        )
    }

    fn bound(&self) -> Bound {
        Bound::AtLeast(90.0)
    }

    fn seconds(&self, plan: &Plan) -> f64 {
        SET_UP_SECONDS + (2 * plan.warm_up + 2 * plan.window + STORM_MIN).as_secs_f64()
    }

    fn remark(&self, subjects: &[Subject]) -> Option<String> {
        let ours = subjects.iter().find(|subject| !subject.is_floor())?;
        let times = Spread::of(&ours.series(P99_TIMES))?.median;
        let verdict = if times <= P99_TIMES_MAX { "met" } else { "**missed**" };
        Some(format!(
            "{}: latency p99 in the storm is {times:.2} times that before it; ≤ {P99_TIMES_MAX}: {verdict}.",
            ours.name
        ))
    }

    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut fanout = Fanout::connect(&server, adapter, &Workload::one_topic(LIVE, SATURATED))?;
        let (mut resumers, _publisher) = leave(&server, adapter)?;
        let per_second = half_rate(&mut fanout, &server, plan)?;
        fanout.pace(Pace::PerSecond(per_second))?;
        fanout.run_for(plan.warm_up)?;
        fanout.begin_latencies();
        let before = fanout.mark(&server)?;
        fanout.run_for(plan.window)?;
        let usual = fanout.mark(&server)?;
        let usual_p99 = p99(&mut fanout)?;
        fanout.pace(Pace::PerSecond(per_second))?;
        let (from, to, took) = storm(&mut fanout, &server, &mut resumers)?;
        let storm_p99 = p99(&mut fanout)?;
        let mut faults = fanout.finish()?;
        faults += missed(&resumers, adapter)?;
        let mut sample = vec![
            Figure::new("rate kept", "%", 100.0 * to.rate_since(&from) / usual.rate_since(&before)),
            Figure::new(P99_TIMES, "× usual", storm_p99 / usual_p99),
            Figure::new("latency p99 usual", "ms", usual_p99),
            Figure::new("latency p99 in the storm", "ms", storm_p99),
            Figure::new("storm", "ms", 1e3 * took.as_secs_f64()),
        ];
        sample.extend(to.figures_since(&from));
        sample.extend(fault_figures(faults));
        Ok(sample)
    }
}

/// Sessions that were there and went, and who published what they miss: it is to stay, lest its messages go with it.
fn leave<'a>(server: &Server, adapter: &'a dyn Adapter) -> Result<(Vec<Resumer<'a>>, Connection), LoadError> {
    let mut followers: Vec<_> = (0..RESUMERS).map(|_| Follower::new(adapter, TOPIC)).collect();
    connect_all(&mut followers, server, PATIENCE)?;
    followers.iter_mut().for_each(Follower::disconnect);
    let mut frames = Vec::new();
    adapter.introduce_publisher(&mut frames);
    for number in 0..MISSED {
        adapter.publish(TOPIC, &numbered(number), &mut frames)?;
    }
    let mut publisher = Connection::open(server, adapter)?;
    publisher.send(&frames)?;
    let resumer = |follower| Resumer { follower, order: Order::default(), received: 0 };
    Ok((followers.into_iter().map(resumer).collect(), publisher))
}

/// Half the messages a second that the others take when saturated.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate of messages")]
fn half_rate(fanout: &mut Fanout<'_>, server: &Server, plan: &Plan) -> Result<u32, LoadError> {
    fanout.run_for(plan.warm_up)?;
    let before = fanout.mark(server)?;
    fanout.run_for(plan.window)?;
    let rate = fanout.mark(server)?.rate_since(&before) / f64::from(LIVE);
    fanout.drain()?;
    Ok((rate / 2.0) as u32)
}

/// The 99th percentile of the latencies of what was intended up to now, in milliseconds.
fn p99(fanout: &mut Fanout<'_>) -> Result<f64, LoadError> {
    fanout.end_latencies();
    fanout.drain()?;
    Ok(fanout.latencies().map_or(0.0, |latencies| latencies.quantile_ms(0.99)))
}

/// Lets all come back at once: the marks around the time that was looked at, and how long it took until all had what
/// they missed.
fn storm(
    fanout: &mut Fanout<'_>,
    server: &Server,
    resumers: &mut [Resumer<'_>],
) -> Result<(Mark, Mark, Duration), LoadError> {
    let mut scratch = Scratch::default();
    fanout.begin_latencies();
    let (from, start) = (fanout.mark(server)?, Instant::now());
    for (place, resumer) in resumers.iter_mut().enumerate() {
        resumer.follower.connect(server, &fanout.poller, OTHERS + place)?;
    }
    let (mut open, mut took, mut now) = (resumers.len(), Duration::ZERO, start);
    while open > 0 || now < start + STORM_MIN {
        now = fanout.step(now + STORM_MIN)?;
        for token in std::mem::take(&mut fanout.others) {
            let resumer = &mut resumers[token - OTHERS];
            let before = resumer.has_all();
            let (order, received) = (&mut resumer.order, &mut resumer.received);
            let take = &mut |number| *received += u32::from(order.take(number, MISSED));
            resumer.follower.read(&fanout.poller, &mut scratch, take)?;
            if resumer.has_all() && !before {
                open -= 1;
                took = start.elapsed();
            }
        }
        if now > start + STORM_MAX {
            let undelivered = open as u64;
            return Err(LoadError::Stalled { seconds: STORM_MAX.as_secs(), undelivered });
        }
    }
    Ok((from, fanout.mark(server)?, took))
}

impl Resumer<'_> {
    /// Whether it has what it missed; where sessions can't resume, whether it is back.
    fn has_all(&self) -> bool {
        let resumes = self.follower.account.position().is_some();
        self.follower.is_confirmed && (!resumes || self.received == MISSED)
    }
}

/// What went wrong for those who came back. Only Fanfare makes up for an absence.
fn missed(resumers: &[Resumer<'_>], adapter: &dyn Adapter) -> Result<Faults, LoadError> {
    let mut faults = Faults::default();
    for resumer in resumers {
        faults += resumer.order.faults(MISSED);
    }
    if adapter.fanfare().is_some() && faults.total() > 0 {
        let Faults { lost, duplicates, disordered } = faults;
        return Err(LoadError::Deliveries { lost, duplicates, disordered });
    }
    Ok(faults)
}
