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
    fn metrics(&self) -> String {
        self.hub.render_metrics(clock::wall_ms())
    }

    async fn ready(&self) -> Result<(), String> {
        if self.hub.has_reached(Phase::Leaving) {
            return Err("the broker is stopping".to_owned());
        }
        self.hub.ready().await.map_err(|not_ready| not_ready.to_string())
    }
}
