//! Logs: where they go, in which form, and the level, which can change while the broker runs.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{DEFAULT_LOG_LEVEL, LogFormat};

/// The level of this process's logs.
#[derive(Debug, Clone)]
pub(super) struct LogLevel(reload::Handle<EnvFilter, Registry>);

impl LogLevel {
    /// Logs at another level from now on.
    ///
    /// # Errors
    /// The text names no level.
    pub(super) fn set(&self, level: &str) -> Result<(), ParseError> {
        let filter = filter(level)?;
        // It fails only when nothing is logged any more.
        let _ = self.0.reload(filter);
        Ok(())
    }
}

/// Starts to log to standard error.
pub(super) fn start(level: &str, format: LogFormat) -> LogLevel {
    let filter = filter(level).unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG_LEVEL));
    let (filter, handle) = reload::Layer::new(filter);
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
    let is_text = format == LogFormat::Text || (format == LogFormat::Auto && terminal);
    let lines = if is_text {
        lines.compact().with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    LogLevel(handle)
}

/// Starts to log for commands other than `serve`, as `FANFARE_LOG_LEVEL` and `FANFARE_LOG_FORMAT` say.
pub(super) fn start_by_environment() {
    let level = std::env::var("FANFARE_LOG_LEVEL").unwrap_or_else(|_| DEFAULT_LOG_LEVEL.to_owned());
    let format = std::env::var("FANFARE_LOG_FORMAT").ok().and_then(|name| LogFormat::named(&name));
    start(&level, format.unwrap_or_default());
}

fn filter(level: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(directives(level))
}

/// What is logged at a level: where that is finer than `info`, it is meant for this program's own lines. What others log
/// then is not ours to promise anything of; whoever wants it names them.
fn directives(level: &str) -> String {
    let own = |part: &str| match part.trim().parse::<LevelFilter>() {
        Ok(level) if level > LevelFilter::INFO => format!("info,fanfare={level},fanfare_client={level}"),
        _ => part.to_owned(),
    };
    level.split(',').map(own).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fine_level_is_for_this_program_alone_unless_another_is_named() {
        assert_eq!(directives("warn"), "warn");
        assert_eq!(directives("trace"), "info,fanfare=trace,fanfare_client=trace");
        assert_eq!(directives("DEBUG,hyper=trace"), "info,fanfare=debug,fanfare_client=debug,hyper=trace");
        for level in ["off", "info", "debug", "info,fanfare::net=debug"] {
            assert!(filter(level).is_ok(), "{level}");
        }
    }
}
