//! What every handler is given: the hub, the limits, and the places of requests that are worked on.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::hub::Hub;
use crate::limits::LiveLimits;

/// Shared by all requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(in crate::net::http) hub: Arc<Hub>,
    pub(super) limits: Arc<LiveLimits>,
    pub(super) places: Arc<Semaphore>,
}

impl Api {
    pub(crate) fn new(hub: Arc<Hub>, limits: Arc<LiveLimits>) -> Self {
        Self { hub, places: Arc::new(Semaphore::new(limits.max_http_requests())), limits }
    }
}
