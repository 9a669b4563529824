//! Connections by the thousand: all at once and kept, or made and closed for some time.

use std::time::{Duration, Instant};

use super::{Row, SET_UP_SECONDS};
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::follower::{Follower, Scratch};
use crate::plan::Plan;
use crate::poller::Poller;
use crate::procfs::resident_bytes;
use crate::samples::{Figure, Sample};
use crate::server::Server;
use crate::window::Mark;

/// Server CPU for each connection.
pub const PER_CONNECT: &str = "CPU/connection";
/// Connections of the storm; a process may have 20,000 files.
const STORM: usize = 15_000;
/// Connections of the storm that are on their way at once: fewer than the kernel's queue for one listener takes.
const STORM_AT_ONCE: usize = 1000;
/// Connections of the churn that are on their way at once.
const CHURN_AT_ONCE: usize = 100;
/// Longest time that connecting may come to a halt.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time for a server to tidy up before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);
const TOPIC: &str = "load.storm";

/// 15,000 clients that all connect and subscribe.
#[derive(Debug)]
pub struct ConnectStorm;

/// Clients that connect, subscribe and go, for some time.
#[derive(Debug)]
pub struct Churn;

/// Clients on their way. A place that is used again is a new client.
struct Crowd<'a> {
    server: &'a Server,
    adapter: &'a dyn Adapter,
    poller: Poller,
    scratch: Scratch,
    clients: Vec<Follower<'a>>,
    /// How many were ever confirmed.
    confirmed: u64,
}

impl Row for ConnectStorm {
    fn name(&self) -> &'static str {
        "connect-storm"
    }

    fn title(&self) -> String {
        "15,000 clients connect and subscribe to one topic, 1,000 at a time".into()
    }

    fn seconds(&self, _plan: &Plan) -> f64 {
        SET_UP_SECONDS + 3.0
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than 2^52")]
    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut crowd = Crowd::new(&server, adapter)?;
        let (before, memory) = (Mark::now(&server, 0)?, resident_bytes(server.pid())?);
        while crowd.confirmed < STORM as u64 {
            let begun = crowd.clients.len();
            let room =
                STORM_AT_ONCE.saturating_sub(begun - usize::try_from(crowd.confirmed).unwrap_or(begun));
            for _ in 0..room.min(STORM - begun) {
                crowd.begin()?;
            }
            crowd.turn(|_| Ok(()))?;
        }
        let after = Mark::now(&server, crowd.confirmed)?;
        let growth = resident_bytes(server.pid())?.saturating_sub(memory) as f64;
        let mut sample = figures(&before, &after, crowd.confirmed);
        sample.push(Figure::new("time to all", "s", after.seconds_since(&before)));
        sample.push(Figure::new("memory/connection then", "B", growth / STORM as f64));
        Ok(sample)
    }
}

impl Row for Churn {
    fn name(&self) -> &'static str {
        "churn"
    }

    fn title(&self) -> String {
        "clients connect, subscribe to one topic and go, 100 at a time".into()
    }

    fn seconds(&self, plan: &Plan) -> f64 {
        SET_UP_SECONDS + (plan.warm_up + plan.window + 2 * SETTLE).as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than 2^52")]
    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut crowd = Crowd::new(&server, adapter)?;
        for _ in 0..CHURN_AT_ONCE {
            crowd.begin()?;
        }
        crowd.churn_for(plan.warm_up)?;
        settle()?;
        let (memory, old) = (resident_bytes(server.pid())?, crowd.confirmed);
        let before = Mark::now(&server, 0)?;
        crowd.churn_for(plan.window)?;
        let after = Mark::now(&server, crowd.confirmed - old)?;
        settle()?;
        let growth = resident_bytes(server.pid())? as f64 - memory as f64;
        let mut sample = figures(&before, &after, crowd.confirmed - old);
        sample.push(Figure::new("memory before", "kB", memory as f64 / 1e3));
        sample.push(Figure::new("memory growth", "kB", growth / 1e3));
        Ok(sample)
    }
}

impl<'a> Crowd<'a> {
    fn new(server: &'a Server, adapter: &'a dyn Adapter) -> Result<Self, LoadError> {
        let (poller, scratch) = (Poller::new()?, Scratch::default());
        Ok(Self { server, adapter, poller, scratch, clients: Vec::new(), confirmed: 0 })
    }

    fn begin(&mut self) -> Result<(), LoadError> {
        let mut client = Follower::new(self.adapter, TOPIC);
        client.connect(self.server, &self.poller, self.clients.len())?;
        self.clients.push(client);
        Ok(())
    }

    /// Each client that is confirmed goes, and another comes.
    fn churn_for(&mut self, time: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(|client| {
                client.disconnect();
                Ok(())
            })?;
            for (token, client) in self.clients.iter_mut().enumerate().filter(|(_, client)| client.is_away())
            {
                *client = Follower::new(self.adapter, TOPIC);
                client.connect(self.server, &self.poller, token)?;
            }
        }
        Ok(())
    }

    /// One round of the poller; what becomes of a client that is confirmed in it.
    fn turn(
        &mut self,
        mut confirmed: impl FnMut(&mut Follower<'a>) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let events = self.poller.wait(Some(PATIENCE))?;
        if events == 0 {
            let undelivered = self.clients.iter().filter(|client| !client.is_confirmed).count() as u64;
            return Err(LoadError::Stalled { seconds: PATIENCE.as_secs(), undelivered });
        }
        for index in 0..events {
            let client = &mut self.clients[self.poller.token(index)];
            let before = client.is_confirmed;
            client.read(&self.poller, &mut self.scratch, &mut |_| {})?;
            if client.is_confirmed && !before {
                self.confirmed += 1;
                confirmed(client)?;
            }
        }
        Ok(())
    }
}

/// Waits for nothing: the measurement is defined by the time that passes.
fn settle() -> Result<(), LoadError> {
    Poller::new()?.wait(Some(SETTLE)).map(drop)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer connections than 2^52")]
fn figures(before: &Mark, after: &Mark, connections: u64) -> Sample {
    let mut sample = vec![
        Figure::new(PER_CONNECT, "µs", after.cost_since(before, connections as f64)),
        Figure::new("connections", "1000/s", after.rate_since(before) / 1e3),
    ];
    sample.extend(after.shares_since(before));
    sample
}
