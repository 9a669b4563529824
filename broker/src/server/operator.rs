//! A running broker's way to its operator: what it is told, and that it does so.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::drain;
use super::reload::Reloader;
use super::take_over;
use crate::clock;
use crate::config::{Loaded, Source};
use crate::hub::Hub;
use crate::limits::LiveLimits;

/// Orders that wait at most.
const ORDERS: usize = 8;

/// What a running broker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read the configuration again, and take over what can change.
    Reload,
    /// Send the sessions away, save, and end. The second time: at once.
    Stop,
}

/// A running broker's way to its operator.
pub struct Operator {
    /// What it is told.
    pub orders: mpsc::Receiver<Order>,
    /// Where its configuration is read again.
    pub source: Source,
    /// The configuration that it was started with.
    pub loaded: Loaded,
    /// Changes what is logged.
    pub log_level: Box<dyn Fn(&str)>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("source", &self.source).finish_non_exhaustive()
    }
}

/// A way to tell a broker, and its end of it.
pub fn orders() -> (mpsc::Sender<Order>, mpsc::Receiver<Order>) {
    mpsc::channel(ORDERS)
}

/// Does what it is told, until it is to stop, and no session is left.
pub(super) async fn obey(
    hub: &Arc<Hub>,
    limits: &Arc<LiveLimits>,
    operator: Operator,
    accepting: &mut JoinHandle<()>,
) {
    let Operator { mut orders, source, loaded, log_level } = operator;
    let parts = take_over::parts(hub, limits, log_level, loaded.config.may_be_open());
    let mut reloader = Reloader::new(source, loaded, parts);
    while let Some(Order::Reload) = orders.recv().await {
        reloader.reload().tell(hub.metrics(), clock::wall_ms());
    }
    let told_again = async {
        while let Some(order) = orders.recv().await {
            if order == Order::Stop {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    drain::drain(hub, limits, accepting, told_again).await;
}
