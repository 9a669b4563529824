//! A fan-out: a publisher, many subscribers, and messages at a pace.

use std::time::{Duration, Instant};

use crate::adapter::Adapter;
use crate::crowd;
use crate::error::LoadError;
use crate::in_flight::InFlight;
use crate::latency::Latencies;
use crate::order::{Faults, Order};
use crate::plan::Plan;
use crate::poller::Poller;
use crate::publisher::{self, Publisher};
use crate::samples::Sample;
use crate::schedule::Schedule;
use crate::server::Server;
use crate::subscribers::Subscribers;
use crate::window::{Mark, fault_figures};
use crate::workload::{Pace, Workload};

/// Longest time without a delivery before a sample is given up.
const STALL_MAX: Duration = Duration::from_secs(5);
/// Messages in flight at which a steady pace waits for a server that can't keep it.
const PACED_IN_FLIGHT_MAX: u32 = 4096;
/// Tokens from here on are not the fan-out's: see [`Fanout::others`].
pub const OTHERS: usize = 1 << 32;

/// A publisher and its subscribers.
pub struct Fanout<'a> {
    /// Where all sockets are; others may be added, with tokens from [`OTHERS`] on.
    pub poller: Poller,
    /// Tokens of the last turn that are not the fan-out's.
    pub others: Vec<usize>,
    adapter: &'a dyn Adapter,
    subscribers: Subscribers<'a>,
    publisher: Publisher<'a>,
    in_flight: InFlight,
    schedule: Option<Schedule>,
    last_progress: Instant,
    /// When the last round of the poller was worked off.
    last_turn: Instant,
}

/// Measures one server once: warm-up, window, and a check that each message came once and in order.
///
/// # Errors
/// The server can't be started, says something wrong, stalls, or doesn't deliver each message once and in order.
pub fn sample(adapter: &dyn Adapter, workload: &Workload, plan: &Plan) -> Result<Sample, LoadError> {
    let server = plan.start(adapter)?;
    let mut fanout = Fanout::connect(&server, adapter, workload)?;
    fanout.run_for(plan.warm_up)?;
    let mut figures = fanout.measure(&server, plan.window)?;
    figures.extend(fault_figures(fanout.finish()?));
    Ok(figures)
}

impl<'a> Fanout<'a> {
    /// Connects all subscribers, then the publisher.
    ///
    /// # Errors
    /// The server refuses one of them.
    pub fn connect(
        server: &Server,
        adapter: &'a dyn Adapter,
        workload: &Workload,
    ) -> Result<Self, LoadError> {
        let poller = Poller::new()?;
        let topics = workload.topics();
        let mut subscribers = Subscribers::new(adapter);
        let wildcards = adapter.wildcards();
        let names = |subscriber| workload.subscriptions(subscriber, &topics, wildcards);
        let connections = crowd::subscribe(server, adapter, workload.subscribers, &names)?;
        for (number, connection) in (0..).zip(connections) {
            let order = Order::every(workload.groups(), number % workload.groups());
            subscribers.add(connection, order, &poller)?;
        }
        let publisher = Publisher::open(server, adapter, topics, workload.payload_bytes, &poller)?;
        let in_flight = InFlight::new(1, workload.copies());
        let (others, schedule, now) = (Vec::new(), None, Instant::now());
        let (last_progress, last_turn) = (now, now);
        let mut fanout = Self {
            poller,
            others,
            adapter,
            subscribers,
            publisher,
            in_flight,
            schedule,
            last_progress,
            last_turn,
        };
        fanout.pace(workload.pace)?;
        Ok(fanout)
    }

    /// Publishes at this pace from now on. Nothing may be in flight.
    ///
    /// # Errors
    /// There is no histogram to be had.
    pub fn pace(&mut self, pace: Pace) -> Result<(), LoadError> {
        let (limit, schedule) = match pace {
            Pace::InFlight(limit) => (limit, None),
            Pace::PerSecond(rate) => {
                let schedule = Schedule::new(rate, self.in_flight.published(), Instant::now());
                (PACED_IN_FLIGHT_MAX, Some(schedule))
            }
        };
        self.in_flight.set_limit(limit);
        self.in_flight.latencies = schedule.map(Latencies::new).transpose()?;
        self.schedule = schedule;
        Ok(())
    }

    /// Publishes at the pace, and takes what comes.
    ///
    /// # Errors
    /// The server stalls, or says something that it should not.
    pub fn run_for(&mut self, time: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + time;
        while self.step(end)? < end {}
        Ok(())
    }

    /// Publishes what may be published, and works off what one round of the poller brings, which is waited for until
    /// `end`; what time it is then.
    ///
    /// # Errors
    /// The server stalls, or says something that it should not.
    pub fn step(&mut self, end: Instant) -> Result<Instant, LoadError> {
        let due = self.schedule.map_or(u32::MAX, |schedule| schedule.due(Instant::now()));
        self.publisher.publish(self.in_flight.publish(due), &self.poller)?;
        let next = self.schedule.map(|schedule| schedule.intended(self.in_flight.published()));
        let until = next.filter(|&next| next > self.last_turn).map_or(end, |next| next.min(end));
        self.turn(until)
    }

    /// Runs for a time, and says what it cost.
    ///
    /// # Errors
    /// As [`Self::run_for`].
    pub fn measure(&mut self, server: &Server, time: Duration) -> Result<Sample, LoadError> {
        self.begin_latencies();
        let before = self.mark(server)?;
        self.run_for(time)?;
        let mut figures = self.mark(server)?.figures_since(&before);
        self.end_latencies();
        self.drain()?;
        figures.extend(self.in_flight.latencies.iter().flat_map(Latencies::figures));
        Ok(figures)
    }

    /// Waits for all that is in flight, and publishes nothing more.
    ///
    /// # Errors
    /// The server says something that it should not.
    pub fn drain(&mut self) -> Result<(), LoadError> {
        while !self.in_flight.is_empty() {
            match self.turn(Instant::now() + STALL_MAX) {
                // What is outstanding now is lost, which the check will tell better.
                Err(LoadError::Stalled { .. }) => return Ok(()),
                other => other?,
            };
        }
        Ok(())
    }

    /// Drains, and says what went wrong in all. Of a server that has to deliver everything, that is an error.
    ///
    /// # Errors
    /// The server says something that it should not, or has lost what it must not lose.
    pub fn finish(&mut self) -> Result<Faults, LoadError> {
        self.drain()?;
        let faults = self.subscribers.faults(self.in_flight.published());
        if faults.total() > 0 && self.adapter.delivers_all() {
            let Faults { lost, duplicates, disordered } = faults;
            return Err(LoadError::Deliveries { lost, duplicates, disordered });
        }
        Ok(faults)
    }

    /// How many messages have been published.
    pub fn published(&self) -> u32 {
        self.in_flight.published()
    }

    /// What has been counted up to now.
    ///
    /// # Errors
    /// The server has ended.
    pub fn mark(&self, server: &Server) -> Result<Mark, LoadError> {
        Mark::now(server, self.in_flight.deliveries())
    }

    /// Counts the latencies of what is intended from now on.
    pub fn begin_latencies(&mut self) {
        let published = self.in_flight.published();
        if let Some(latencies) = &mut self.in_flight.latencies {
            latencies.begin(published);
        }
    }

    /// Counts no latencies of what is intended from now on.
    pub fn end_latencies(&mut self) {
        let published = self.in_flight.published();
        if let Some(latencies) = &mut self.in_flight.latencies {
            latencies.end(published);
        }
    }

    /// The latencies so far, if the pace is steady.
    pub fn latencies(&self) -> Option<&Latencies> {
        self.in_flight.latencies.as_ref()
    }

    /// Works off what one round of the poller brings, at most until `until`.
    fn turn(&mut self, until: Instant) -> Result<Instant, LoadError> {
        let before = self.in_flight.deliveries();
        let timeout = until.saturating_duration_since(self.last_turn).min(STALL_MAX);
        self.others.clear();
        for index in 0..self.poller.wait(Some(timeout))? {
            match self.poller.token(index) {
                publisher::TOKEN => self.publisher.wake(&self.poller)?,
                other @ OTHERS.. => self.others.push(other),
                subscriber => self.read(subscriber)?,
            }
        }
        self.last_turn = Instant::now();
        if self.in_flight.deliveries() > before || self.in_flight.is_empty() {
            self.last_progress = self.last_turn;
        } else if self.last_turn > self.last_progress + STALL_MAX {
            self.stalled()?;
        }
        Ok(self.last_turn)
    }

    #[inline]
    fn read(&mut self, subscriber: usize) -> Result<(), LoadError> {
        if let Some(latencies) = &mut self.in_flight.latencies {
            latencies.read_at(Instant::now());
        }
        self.subscribers.read(subscriber, &mut self.in_flight)
    }

    /// A server that may lose messages goes on without those that it lost.
    fn stalled(&mut self) -> Result<(), LoadError> {
        self.last_progress = self.last_turn;
        let undelivered = self.in_flight.outstanding();
        if self.adapter.delivers_all() {
            return Err(LoadError::Stalled { seconds: STALL_MAX.as_secs(), undelivered });
        }
        self.in_flight.give_up();
        Ok(())
    }
}
