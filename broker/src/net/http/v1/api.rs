//! What every handler is given: the hub, the limits, and the places of requests that are worked on.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::census::Census;
use crate::hub::Hub;
use crate::limits::LiveLimits;
use crate::net::admission::Proxies;
use crate::whose::Whose;

/// Shared by all requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(in crate::net::http) hub: Arc<Hub>,
    pub(in crate::net::http) limits: Arc<LiveLimits>,
    /// Whose word about who asks is taken.
    pub(in crate::net::http) proxies: Arc<Proxies>,
    pub(super) places: Arc<Semaphore>,
    /// The requests of each caller.
    pub(super) callers: Arc<Census<Whose>>,
}

impl Api {
    pub(crate) fn new(hub: Arc<Hub>, limits: Arc<LiveLimits>, proxies: Proxies) -> Self {
        let places = Arc::new(Semaphore::new(limits.max_http_requests()));
        Self { hub, limits, proxies: Arc::new(proxies), places, callers: Arc::default() }
    }
}
