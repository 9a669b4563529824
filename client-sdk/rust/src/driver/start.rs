//! How a driver comes to be.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{AutoHandler, BATCH, Driver, ErrorHandler, now};
use crate::alarm::Alarm;
use crate::connector::{Connection, Connector};
use crate::handle::Handle;
use crate::inboxes::Inboxes;
use crate::limits::{Limits, MAX_WAITING};
use crate::link::Link;
use crate::random::{Random, unique};
use crate::reconnect::{Policy, Reconnector};
use crate::session::Session;
use crate::signals::Signals;
use crate::state::Status;

/// What a driver needs to know.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) connector: Connector,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) on_error: Option<ErrorHandler>,
    pub(crate) on_auto: Option<AutoHandler>,
}

/// Starts the task of a client, on its first connection or without one yet, and gives the way to it.
pub(crate) fn start(first: Option<Connection>, plan: Plan) -> Handle {
    let (driver, handle) = prepare(first, plan);
    tokio::spawn(driver);
    handle
}

/// The same, but for the start.
pub(super) fn prepare(first: Option<Connection>, plan: Plan) -> (Driver, Handle) {
    let Plan { connector, policy, limits, on_error, on_auto } = plan;
    let (commands, commands_taken) = mpsc::channel(MAX_WAITING);
    let (status, status_seen) = watch::channel(Status::connecting());
    let signals = Arc::new(Signals::default());
    let mut driver = Driver {
        link: Link::Down(now()),
        connector,
        reconnector: Reconnector::new(policy, Random::seeded(unique())),
        session: Session::begin(&limits, Random::seeded(unique()), policy.renews_token),
        inboxes: Inboxes::new(Arc::clone(&signals), limits.max_buffered_bytes),
        commands: commands_taken,
        batch: Vec::with_capacity(BATCH),
        commanded: true,
        signals: Arc::clone(&signals),
        status,
        on_error,
        on_auto,
        limits,
        renewal: None,
        alarm: Alarm::default(),
        goodbye: None,
        close_by: None,
        unflushed: false,
        ended: false,
    };
    if let Some(connection) = first {
        driver.connected(now(), connection);
    }
    (driver, Handle::new(commands, status_seen, signals, limits))
}
