//! 10,000 connections that are subscribed and quiet: what each costs in resident memory.

use std::time::Duration;

use super::{Bound, Row};
use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::error::LoadError;
use crate::plan::Plan;
use crate::poller::Poller;
use crate::procfs::resident_bytes;
use crate::samples::Figure;
use crate::server::Server;

/// Connections whose memory is not counted: they pay for what a server needs once.
const WARM_UP_CONNECTIONS: usize = 200;
const CONNECTIONS: usize = 10_000;
const TOPICS: usize = 1000;
/// Time from the last connection to the measurement.
const SETTLE: Duration = Duration::from_secs(2);

/// What an idle subscribed connection costs.
#[derive(Debug)]
pub struct IdleMemory;

impl Row for IdleMemory {
    fn name(&self) -> &'static str {
        "idle-memory"
    }

    fn title(&self) -> &'static str {
        "10,000 idle connections, each subscribed to one of 1,000 topics"
    }

    fn bound(&self) -> Bound {
        Bound::AtMost(2000.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than 2^52")]
    fn sample(&self, adapter: &dyn Adapter, plan: &Plan) -> Result<Vec<Figure>, LoadError> {
        let server = plan.start(adapter)?;
        let mut connections = subscribe(&server, adapter, WARM_UP_CONNECTIONS)?;
        settle()?;
        let before = resident_bytes(server.pid())?;
        connections.extend(subscribe(&server, adapter, CONNECTIONS)?);
        settle()?;
        let after = resident_bytes(server.pid())?;
        drop(connections);
        let growth = (after as f64 - before as f64) / CONNECTIONS as f64;
        Ok(vec![
            Figure { name: "memory/connection", unit: "B", value: growth },
            Figure { name: "memory before", unit: "kB", value: before as f64 / 1e3 },
        ])
    }
}

fn subscribe(server: &Server, adapter: &dyn Adapter, number: usize) -> Result<Vec<Connection>, LoadError> {
    (0..number)
        .map(|i| Connection::subscribe(server, adapter, &format!("load.idle.{}", i % TOPICS)))
        .collect()
}

/// Waits for nothing: the measurement is defined by the time that passes.
fn settle() -> Result<(), LoadError> {
    Poller::new()?.wait(Some(SETTLE)).map(drop)
}
