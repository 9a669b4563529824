//! Logs: where they go, in which form, and at which level.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::DEFAULT_LOG_LEVEL;

/// Starts to log: to standard error, as text on a terminal, as JSON otherwise.
pub(super) fn start(level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG_LEVEL));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.compact().with_target(false).init();
    } else {
        logs.json().init();
    }
}

/// The level for commands other than `serve`, from `FANFARE_LOG_LEVEL`.
pub(super) fn level_of_environment() -> String {
    std::env::var("FANFARE_LOG_LEVEL").unwrap_or_else(|_| DEFAULT_LOG_LEVEL.to_owned())
}
