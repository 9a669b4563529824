//! The flags that `serve` and `check` share: where settings come from.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Fault, Name, Overrides};

/// Every setting is in the file; each has an environment variable, too.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingsArgs {
    /// Settings file (TOML); environment variables and flags win over it
    #[arg(long, value_name = "FILE", env = "FANFARE_CONFIG")]
    config: Option<PathBuf>,
    /// Address for clients [env: FANFARE_LISTEN] [default: 127.0.0.1:7440]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address for metrics, health, the HTTP API and the console [env: FANFARE_INTERNAL] [default: 127.0.0.1:7441]
    #[arg(long, value_name = "ADDR")]
    internal: Option<String>,
    /// Threads that own sessions [env: FANFARE_SHARDS] [default: one per processor]
    #[arg(long, value_name = "N")]
    shards: Option<String>,
    /// Run without authentication although others than this machine reach a port [env: FANFARE_ALLOW_ANONYMOUS]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_anonymous: Option<String>,
    /// Directory in which streams survive a planned restart; without one nothing is saved [env: FANFARE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// What is logged: off, error, warn, info, debug or trace [env: FANFARE_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How it is logged: auto, text or json [env: FANFARE_LOG_FORMAT] [default: auto]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Any other setting by its name, such as limits.heartbeat=25s; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl SettingsArgs {
    /// The settings file, if one is named.
    pub(super) fn file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// What the environment and the flags say; beside it, variables that seem to be meant for this program and are not
    /// known.
    ///
    /// # Errors
    /// A `--set` that can't be understood.
    pub(super) fn overrides(&self) -> Result<(Overrides, Vec<Fault>), Fault> {
        let (mut overrides, unknown) = Overrides::from_environment(std::env::vars_os());
        let flags = [
            ("listen", &self.listen),
            ("internal", &self.internal),
            ("shards", &self.shards),
            ("allow_anonymous", &self.allow_anonymous),
            ("data_dir", &self.data_dir),
            ("log_level", &self.log_level),
            ("log_format", &self.log_format),
        ];
        for (key, value) in flags {
            if let Some(value) = value {
                overrides.flag(Name::top(key), value);
            }
        }
        self.set.iter().try_for_each(|assignment| overrides.set(assignment))?;
        Ok((overrides, unknown))
    }
}
