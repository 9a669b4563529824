//! Clients that are offline for two seconds of every fifteen: the share of deliveries that reach them, each once.

use std::time::{Duration, Instant};

use super::{Bound, Row, SET_UP_SECONDS};
use crate::account::Told;
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::follower::{Follower, Scratch, connect_all};
use crate::order::{Faults, Order};
use crate::payload::PAYLOAD_BYTES;
use crate::plan::Plan;
use crate::poller::Poller;
use crate::publisher::{self, Publisher};
use crate::samples::{Figure, Sample};
use crate::schedule::Schedule;
use crate::server::Server;
use crate::window::{Mark, fault_figures};

const CLIENTS: u16 = 500;
const PER_SECOND: u32 = 20;
const PERIOD: Duration = Duration::from_secs(15);
const OFFLINE: Duration = Duration::from_secs(2);
/// After the last message, nothing more is expected once nothing has come for so long.
const QUIET: Duration = Duration::from_secs(1);
/// Longest time that connecting may come to a halt.
const PATIENCE: Duration = Duration::from_secs(5);
const TOPIC: &str = "load.jitter";

/// What bad networks cost.
#[derive(Debug)]
pub struct Jitter;

/// Time from the beginning of one absence to the next: all begin early enough to end within the period.
fn between_absences() -> Duration {
    PERIOD.saturating_sub(OFFLINE) / u32::from(CLIENTS)
}

struct Crowd<'a> {
    server: &'a Server,
    poller: Poller,
    scratch: Scratch,
    clients: Vec<Client<'a>>,
    start: Instant,
    published: u32,
    deliveries: u64,
    last_delivery: Instant,
}

struct Client<'a> {
    follower: Follower<'a>,
    order: Order,
    offline: Absence,
}

/// Where a client's only absence stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    Ahead,
    Now,
    Over,
}

impl Row for Jitter {
    fn name(&self) -> &'static str {
        "jitter"
    }

    fn title(&self) -> String {
        format!("1 topic, 500 clients, each offline for 2 s of 15, {PER_SECOND} messages/s")
    }

    fn bound(&self) -> Bound {
        Bound::AtLeast(100.0)
    }

    fn pairs_max(&self) -> u16 {
        3
    }

    fn seconds(&self, _plan: &Plan) -> f64 {
        SET_UP_SECONDS + PERIOD.as_secs_f64()
    }

    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut crowd = Crowd::connect(&server, adapter)?;
        let topics = vec![TOPIC.to_owned()];
        let mut publisher = Publisher::open(&server, adapter, topics, PAYLOAD_BYTES, &crowd.poller)?;
        let before = Mark::now(&server, 0)?;
        crowd.run(&mut publisher)?;
        let window = Mark::now(&server, crowd.deliveries)?.figures_since(&before);
        crowd.drain(&mut publisher)?;
        crowd.figures(adapter, window)
    }
}

impl<'a> Crowd<'a> {
    fn connect(server: &'a Server, adapter: &'a dyn Adapter) -> Result<Self, LoadError> {
        let (poller, now) = (Poller::new()?, Instant::now());
        let mut clients = Vec::new();
        let mut followers: Vec<_> = (0..CLIENTS).map(|_| Follower::new(adapter, TOPIC)).collect();
        connect_all(&mut followers, server, PATIENCE)?;
        for (token, follower) in followers.into_iter().enumerate() {
            follower.watch(&poller, token)?;
            clients.push(Client { follower, order: Order::default(), offline: Absence::Ahead });
        }
        Ok(Self {
            server,
            poller,
            scratch: Scratch::default(),
            clients,
            start: now,
            published: 0,
            deliveries: 0,
            last_delivery: now,
        })
    }

    /// Publishes for one period, in which each client is away once.
    fn run(&mut self, publisher: &mut Publisher<'_>) -> Result<(), LoadError> {
        self.start = Instant::now();
        let schedule = Schedule::new(PER_SECOND, 0, self.start);
        let mut now = self.start;
        while now < self.start + PERIOD {
            let due = schedule.due(now);
            publisher.publish(self.published..due, &self.poller)?;
            self.published = due;
            self.come_and_go(now)?;
            let next = schedule.intended(due).min(now + between_absences());
            now = self.turn(publisher, next)?;
        }
        self.come_and_go(self.start + PERIOD)
    }

    /// Waits for what the last clients have missed.
    fn drain(&mut self, publisher: &mut Publisher<'_>) -> Result<(), LoadError> {
        self.last_delivery = Instant::now();
        while self.last_delivery.elapsed() < QUIET {
            self.turn(publisher, Instant::now() + QUIET)?;
        }
        Ok(())
    }

    fn come_and_go(&mut self, now: Instant) -> Result<(), LoadError> {
        let apart = between_absences();
        for (token, client) in self.clients.iter_mut().enumerate() {
            let leaves = self.start + apart * u32::try_from(token).unwrap_or(u32::MAX);
            if client.offline == Absence::Ahead && now >= leaves {
                client.follower.disconnect();
                client.offline = Absence::Now;
            }
            if client.offline == Absence::Now && now >= leaves + OFFLINE {
                client.follower.connect(self.server, &self.poller, token)?;
                client.offline = Absence::Over;
            }
        }
        Ok(())
    }

    fn turn(&mut self, publisher: &mut Publisher<'_>, until: Instant) -> Result<Instant, LoadError> {
        let timeout = until.saturating_duration_since(Instant::now());
        for index in 0..self.poller.wait(Some(timeout))? {
            let token = self.poller.token(index);
            if token == publisher::TOKEN {
                publisher.wake(&self.poller)?;
                continue;
            }
            let (client, end) = (&mut self.clients[token], self.published);
            let mut new = 0;
            let take = &mut |number| new += u64::from(client.order.take(number, end));
            client.follower.read(&self.poller, &mut self.scratch, take)?;
            if new > 0 {
                self.deliveries += new;
                self.last_delivery = Instant::now();
            }
        }
        Ok(Instant::now())
    }

    /// The share that arrived. Only Fanfare can and must make up for an absence.
    #[expect(clippy::cast_precision_loss, reason = "far fewer deliveries than 2^52")]
    fn figures(&self, adapter: &dyn Adapter, window: Sample) -> Result<Sample, LoadError> {
        let mut faults = Faults::default();
        let mut in_gaps = 0;
        for Client { follower, order, .. } in &self.clients {
            let Told { in_gaps: told, .. } = follower.account.told;
            in_gaps += told;
            faults += order.faults(self.published);
        }
        if adapter.fanfare().is_some() && faults.total() + in_gaps > 0 {
            let Faults { lost, duplicates, disordered } = faults;
            return Err(LoadError::Deliveries { lost, duplicates, disordered });
        }
        let expected = f64::from(CLIENTS) * f64::from(self.published);
        let mut sample = vec![Figure::new("delivered", "%", 100.0 * self.deliveries as f64 / expected)];
        sample.extend(window);
        sample.extend(fault_figures(faults));
        Ok(sample)
    }
}
