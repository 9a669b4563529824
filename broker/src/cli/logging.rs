//! Logs: where they go, in which form, and the level, which can change while the broker runs.

use std::io::IsTerminal;

use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::DEFAULT_LOG_LEVEL;

/// The level of this process's logs.
#[derive(Debug, Clone)]
pub(super) struct LogLevel(reload::Handle<EnvFilter, Registry>);

impl LogLevel {
    /// Logs at another level from now on.
    ///
    /// # Errors
    /// The text names no level.
    pub(super) fn set(&self, level: &str) -> Result<(), ParseError> {
        let filter = EnvFilter::try_new(level)?;
        // It fails only when nothing is logged any more.
        let _ = self.0.reload(filter);
        Ok(())
    }
}

/// Starts to log: to standard error, as text on a terminal, as JSON otherwise.
pub(super) fn start(level: &str) -> LogLevel {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG_LEVEL));
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.compact().with_target(false).boxed()
    } else {
        lines.json().boxed()
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    LogLevel(handle)
}

/// The level for commands other than `serve`, from `FANFARE_LOG_LEVEL`.
pub(super) fn level_of_environment() -> String {
    std::env::var("FANFARE_LOG_LEVEL").unwrap_or_else(|_| DEFAULT_LOG_LEVEL.to_owned())
}
