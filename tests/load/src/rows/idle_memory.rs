//! Many connections that are subscribed and quiet: what each costs in resident memory.

use std::time::Duration;

use super::{Bound, Row};
use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::crowd;
use crate::error::LoadError;
use crate::plan::Plan;
use crate::poller::Poller;
use crate::procfs::resident_bytes;
use crate::samples::{Figure, Sample};
use crate::server::Server;

/// Resident memory of one connection.
pub const PER_CONNECTION: &str = "memory/connection";
/// Connections whose memory is not counted: they pay for what a server needs once.
const WARM_UP_CONNECTIONS: u32 = 200;
const TOPICS: u32 = 1000;
/// Time from the last connection to the measurement.
const SETTLE: Duration = Duration::from_secs(2);

/// What an idle subscribed connection costs.
#[derive(Debug)]
pub struct IdleMemory {
    /// Connections that are counted.
    pub connections: u32,
}

/// Most connections that can be asked for, with those of the warm-up: a process may have 20,000 files.
pub const CONNECTIONS_MAX: u16 = 15_000;

impl Row for IdleMemory {
    fn name(&self) -> &'static str {
        "idle-memory"
    }

    fn title(&self) -> String {
        format!("{} idle connections, each subscribed to one of 1,000 topics", self.connections)
    }

    fn bound(&self) -> Bound {
        Bound::AtMost(2000.0)
    }

    fn seconds(&self, _plan: &Plan) -> f64 {
        2.0 * SETTLE.as_secs_f64() + f64::from(self.connections) / 8e3
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than 2^52")]
    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let mut connections = subscribe(&server, adapter, WARM_UP_CONNECTIONS)?;
        settle()?;
        let before = resident_bytes(server.pid())?;
        connections.extend(subscribe(&server, adapter, self.connections)?);
        settle()?;
        let after = resident_bytes(server.pid())?;
        drop(connections);
        let growth = (after as f64 - before as f64) / f64::from(self.connections);
        Ok(vec![
            Figure::new(PER_CONNECTION, "B", growth),
            Figure::new("memory before", "kB", before as f64 / 1e3),
        ])
    }
}

fn subscribe(server: &Server, adapter: &dyn Adapter, number: u32) -> Result<Vec<Connection>, LoadError> {
    crowd::subscribe(server, adapter, number, &|client| vec![format!("load.idle.{}", client % TOPICS)])
}

/// Waits for nothing: the measurement is defined by the time that passes.
fn settle() -> Result<(), LoadError> {
    Poller::new()?.wait(Some(SETTLE)).map(drop)
}
