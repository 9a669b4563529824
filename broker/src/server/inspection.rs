//! What the internal port sees of the broker: its metrics, and whether it is ready.

use std::sync::Arc;

use crate::clock;
use crate::hub::{Hub, Phase};
use crate::net::http::Inside;

/// What the internal port sees of the broker.
pub(super) struct Inspection {
    pub(super) hub: Arc<Hub>,
}

impl Inside for Inspection {
    /// Each scrape asks whether the broker is ready, so that the metric tells it though nobody else asks.
    async fn metrics(&self) -> String {
        let ready = self.ready().await.is_ok();
        self.hub.render_metrics(clock::wall_ms(), ready)
    }

    async fn ready(&self) -> Result<(), String> {
        if self.hub.has_reached(Phase::Leaving) {
            return Err("the broker is stopping".to_owned());
        }
        self.hub.ready().await.map_err(|not_ready| not_ready.to_string())
    }
}
