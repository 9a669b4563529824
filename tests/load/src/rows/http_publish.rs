//! What an acknowledged publish costs over HTTP, beside one over WebSocket. Nobody subscribes.

use std::time::{Duration, Instant};

use super::{Axis, Row};
use crate::acks::Acks;
use crate::adapter::Adapter;
use crate::desk::Desk;
use crate::error::LoadError;
use crate::http;
use crate::order::Faults;
use crate::payload::PAYLOAD_BYTES;
use crate::plan::Plan;
use crate::poller::Poller;
use crate::samples::{Figure, Sample};
use crate::server::Server;
use crate::window::{Mark, fault_figures};

/// Server CPU for each publish.
pub const PER_PUBLISH: &str = "CPU/publish";
/// Connections that publish; the broker answers 128 requests at once.
const CONNECTIONS: usize = 16;
/// Longest time without an acknowledgement before a sample is given up.
const PATIENCE: Duration = Duration::from_secs(5);
const TOPIC: &str = "load.publish";
/// What stands before the newest sequence where the API describes streams.
const HEAD: &str = "\"head\":";

/// Publishers that wait for acknowledgements.
#[derive(Debug)]
pub struct HttpPublish;

impl Row for HttpPublish {
    fn name(&self) -> &'static str {
        "http-publish"
    }

    fn title(&self) -> String {
        format!(
            "{CONNECTIONS} connections publish 128 B and wait for the answers, by publishes of each at once"
        )
    }

    fn axis(&self) -> Axis {
        Axis { label: "publishes at once, of a connection", points: &[1, 100] }
    }

    fn with_json(&self) -> bool {
        true
    }

    fn pairs_max(&self) -> u16 {
        3
    }

    fn suits(&self, adapter: &dyn Adapter) -> bool {
        adapter.publishing().is_some()
    }

    fn sample(&self, at_once: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut desks = Desks::open(&server, adapter, at_once)?;
        desks.run_for(plan.warm_up)?;
        let before = Mark::now(&server, desks.acks.acknowledged)?;
        desks.run_for(plan.window)?;
        let after = Mark::now(&server, desks.acks.acknowledged)?;
        let faults = desks.finish(&server)?;
        let rate = after.rate_since(&before);
        let mut sample = vec![
            Figure::new(PER_PUBLISH, "µs", after.cost_since(&before, rate * after.seconds_since(&before))),
            Figure::new("publishes", "1000/s", rate / 1e3),
        ];
        sample.extend(after.shares_since(&before));
        sample.extend(fault_figures(faults));
        Ok(sample)
    }
}

/// All publishers.
struct Desks<'a> {
    all: Vec<Desk<'a>>,
    poller: Poller,
    at_once: u32,
    acks: Acks,
    published: u64,
}

impl<'a> Desks<'a> {
    fn open(server: &Server, adapter: &'a dyn Adapter, at_once: u32) -> Result<Self, LoadError> {
        let poller = Poller::new()?;
        let open = |token| Desk::open(server, adapter, TOPIC, PAYLOAD_BYTES, &poller, token);
        let all = (0..CONNECTIONS).map(open).collect::<Result<_, _>>()?;
        Ok(Self { all, poller, at_once, acks: Acks::default(), published: 0 })
    }

    /// Each connection publishes as soon as it may.
    fn run_for(&mut self, time: Duration) -> Result<(), LoadError> {
        for token in 0..self.all.len() {
            self.publish(token)?;
        }
        let end = Instant::now() + time;
        while Instant::now() < end {
            for token in self.turn()? {
                self.publish(token)?;
            }
        }
        Ok(())
    }

    fn publish(&mut self, token: usize) -> Result<(), LoadError> {
        self.published += u64::from(self.all[token].publish(self.at_once, &self.poller)?);
        Ok(())
    }

    /// One round of the poller; whose turn it was.
    fn turn(&mut self) -> Result<Vec<usize>, LoadError> {
        let events = self.poller.wait(Some(PATIENCE))?;
        if events == 0 {
            let undelivered = self.all.iter().map(|desk| u64::from(desk.waiting)).sum();
            return Err(LoadError::Stalled { seconds: PATIENCE.as_secs(), undelivered });
        }
        let tokens: Vec<usize> = (0..events).map(|index| self.poller.token(index)).collect();
        for &token in &tokens {
            self.all[token].wake(&self.poller, &mut self.acks)?;
        }
        Ok(tokens)
    }

    /// Waits for what is not answered yet, then asks how many messages the stream ever took.
    fn finish(&mut self, server: &Server) -> Result<Faults, LoadError> {
        while self.all.iter().any(|desk| desk.waiting > 0) {
            self.turn()?;
        }
        let faults = self.acks.faults(self.published, head(server)?);
        if faults.total() > 0 {
            let Faults { lost, duplicates, disordered } = faults;
            return Err(LoadError::Deliveries { lost, duplicates, disordered });
        }
        Ok(faults)
    }
}

/// The newest sequence of the only stream that there is.
fn head(server: &Server) -> Result<u64, LoadError> {
    let streams = http::get(server.api()?, "/v1/streams")?;
    let digits = streams.split_once(HEAD).map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
    let head = digits.flatten().and_then(|digits| digits.parse().ok());
    head.ok_or_else(|| LoadError::Protocol(format!("no head among the streams: {streams}")))
}
