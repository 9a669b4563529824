//! One sample of a fan-out: a publisher, many subscribers of one topic, and a fixed number of messages in flight.

use std::time::{Duration, Instant};

use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::error::LoadError;
use crate::in_flight::InFlight;
use crate::order::Faults;
use crate::plan::Plan;
use crate::poller::Poller;
use crate::procfs::{CpuTime, cpu_time};
use crate::publisher::{self, Publisher};
use crate::samples::{Figure, Subject};
use crate::server::Server;
use crate::stats::Spread;
use crate::subscribers::Subscribers;

/// Longest time without a delivery before a sample is given up.
const STALL_MAX: Duration = Duration::from_secs(5);
const TOPIC: &str = "load.fanout";

/// The place of the deliveries a second, in thousands, among the figures of a sample.
pub const RATE: usize = 1;
/// The place of the generator's CPU share, in percent, among the figures of a sample.
pub const GENERATOR_CPU: usize = 3;

/// The place of the time for which others had the CPUs, in percent, among the figures of a sample.
const KEPT_OFF_CPU: usize = 4;
/// The share of that time from which on the machine was not quiet, in percent.
const DISTURBED: f64 = 10.0;

/// How much is asked of the server.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Subscribers of the topic.
    pub subscribers: u32,
    /// Messages published that not every subscriber has yet.
    pub in_flight: u32,
}

struct Fanout<'a> {
    poller: Poller,
    subscribers: Subscribers<'a>,
    publisher: Publisher<'a>,
    in_flight: InFlight,
    last_progress: Instant,
}

/// What has been counted up to a moment.
struct Mark {
    at: Instant,
    deliveries: u64,
    server: CpuTime,
    generator: CpuTime,
}

/// Measures one server once.
///
/// # Errors
/// The server can't be started, says something wrong, stalls, or doesn't deliver each message once and in order.
pub fn sample(adapter: &dyn Adapter, workload: Workload, plan: &Plan) -> Result<Vec<Figure>, LoadError> {
    let server = plan.start(adapter)?;
    let mut fanout = Fanout::connect(&server, adapter, workload)?;
    fanout.run_for(plan.warm_up)?;
    let before = fanout.mark(&server)?;
    fanout.run_for(plan.window)?;
    let after = fanout.mark(&server)?;
    fanout.drain()?;
    fanout.check()?;
    Ok(figures(&before, &after))
}

/// Says so if other programs disturbed the samples: neither a rate nor a bound can be judged then.
pub fn disturbance(subjects: &[Subject]) -> Option<String> {
    let shares = subjects.iter().filter_map(|subject| Spread::of(&subject.series(KEPT_OFF_CPU)));
    let share = shares.map(|spread| spread.median).fold(0.0, f64::max);
    let text = || {
        format!("**Disturbed**: server and generator were kept off their CPUs ({share:.0} %). Measure again.")
    };
    (share > DISTURBED).then(text)
}

impl<'a> Fanout<'a> {
    fn connect(server: &Server, adapter: &'a dyn Adapter, workload: Workload) -> Result<Self, LoadError> {
        let poller = Poller::new()?;
        let mut subscribers = Subscribers::new(adapter);
        for _ in 0..workload.subscribers {
            subscribers.add(Connection::subscribe(server, adapter, TOPIC)?, &poller)?;
        }
        let publisher = Publisher::open(server, adapter, TOPIC, &poller)?;
        let in_flight = InFlight::new(workload.in_flight, workload.subscribers);
        Ok(Self { poller, subscribers, publisher, in_flight, last_progress: Instant::now() })
    }

    fn run_for(&mut self, time: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + time;
        while self.last_progress < end {
            self.publisher.publish(self.in_flight.publish(), &self.poller)?;
            self.turn()?;
        }
        Ok(())
    }

    /// Waits for all that is in flight, and publishes nothing more.
    fn drain(&mut self) -> Result<(), LoadError> {
        while self.in_flight.outstanding() > 0 {
            match self.turn() {
                // What is outstanding now is lost, which the check will tell better.
                Err(LoadError::Stalled { .. }) => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    /// Works off what one round of the poller brings.
    fn turn(&mut self) -> Result<(), LoadError> {
        let before = self.in_flight.deliveries();
        for index in 0..self.poller.wait(Some(STALL_MAX))? {
            match self.poller.token(index) {
                publisher::TOKEN => self.publisher.wake(&self.poller)?,
                subscriber => self.subscribers.read(subscriber, &mut self.in_flight)?,
            }
        }
        let now = Instant::now();
        if self.in_flight.deliveries() > before {
            self.last_progress = now;
        } else if now > self.last_progress + STALL_MAX {
            let undelivered = self.in_flight.outstanding();
            return Err(LoadError::Stalled { seconds: STALL_MAX.as_secs(), undelivered });
        }
        Ok(())
    }

    fn mark(&self, server: &Server) -> Result<Mark, LoadError> {
        Ok(Mark {
            server: cpu_time(server.pid())?,
            generator: cpu_time(std::process::id())?,
            deliveries: self.in_flight.deliveries(),
            at: Instant::now(),
        })
    }

    fn check(&self) -> Result<(), LoadError> {
        let Faults { lost, duplicates, disordered } = self.subscribers.faults(self.in_flight.published());
        if lost + duplicates + disordered == 0 {
            return Ok(());
        }
        Err(LoadError::Deliveries { lost, duplicates, disordered })
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer deliveries than 2^52")]
fn figures(before: &Mark, after: &Mark) -> Vec<Figure> {
    let seconds = (after.at - before.at).as_secs_f64();
    let share = |time: Duration| 100.0 * time.as_secs_f64() / seconds;
    let server = after.server.since(before.server);
    let generator = after.generator.since(before.generator);
    let deliveries = (after.deliveries - before.deliveries) as f64;
    let cost = 1e6 * server.used.as_secs_f64() / deliveries;
    vec![
        Figure { name: "CPU/delivery", unit: "µs", value: cost },
        Figure { name: "deliveries", unit: "1000/s", value: deliveries / seconds / 1e3 },
        Figure { name: "server CPU", unit: "%", value: share(server.used) },
        Figure { name: "generator CPU", unit: "%", value: share(generator.used) },
        Figure { name: "kept off CPU", unit: "%", value: share(server.waited + generator.waited) },
    ]
}
