//! How samples are taken: for how long, on which CPUs.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use crate::adapter::Adapter;
use crate::error::{Doing, LoadError};
use crate::server::{Cpus, Server};

/// How samples are taken.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Load before the measured window.
    pub warm_up: Duration,
    /// The measured window.
    pub window: Duration,
    /// Who runs where.
    pub cpus: Cpus,
    /// Where servers' errors go.
    pub log: PathBuf,
}

impl Plan {
    /// Starts a subject's server.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(&self, adapter: &dyn Adapter) -> Result<Server, LoadError> {
        let log = File::options().create(true).append(true).open(&self.log).doing("open the servers' log")?;
        Server::start(adapter.launch()?, self.cpus, log)
    }
}
