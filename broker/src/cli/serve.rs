//! `fanfare serve`: runs the broker until it is told to stop.

use std::process::ExitCode;

use clap::Args;
use tokio::runtime::LocalRuntime;

use super::logging::{self, LogLevel};
use super::settings::SettingsArgs;
use super::signals;
use super::start;
use crate::config::{Fault, Loaded, Source};
use crate::server::{Operator, Server, orders};

/// Runs the broker until it is told to stop.
///
/// SIGTERM or Ctrl-C stops it in good order: /readyz answers no, sessions are sent away one by one, and the streams are
/// saved if there is a data_dir. A second one ends it at once. SIGHUP makes it read its configuration again, and apply
/// what can change while it runs.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let (overrides, unknown) = match args.settings.overrides() {
        Ok(overrides) => overrides,
        Err(fault) => return fail(&format_args!("{}\n    {}", fault.what, fault.remedy)),
    };
    let source = Source { file: args.settings.file().map(Into::into), overrides };
    let loaded = match source.load() {
        Ok(loaded) => loaded,
        Err(faults) => return fail(&faults),
    };
    let log_level = logging::start(&loaded.config.log_level, loaded.config.log_format);
    for Fault { what, remedy, .. } in unknown {
        tracing::warn!("{what}; {remedy}");
    }
    match serve(source, loaded, log_level) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn serve(source: Source, loaded: Loaded, log_level: LogLevel) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = LocalRuntime::new()?;
    runtime.block_on(async {
        let server = Server::start(&loaded.config)?;
        let (client, internal) = (server.client_address(), server.internal_address());
        start::warn_of_open_doors(&loaded.config);
        let (sender, orders) = orders();
        tokio::task::spawn_local(signals::pass_on(signals::Signals::listen()?, sender));
        start::tell(client, internal, &loaded.config)?;
        // The level was checked with the rest of the configuration.
        let log_level = Box::new(move |level: &str| drop(log_level.set(level)));
        server.run(Operator { orders, source, loaded, log_level }).await?;
        Ok(())
    })
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("fanfare: {error}");
    ExitCode::FAILURE
}
