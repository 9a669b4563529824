//! `fanfare ready`: asks the broker that runs whether it works.

mod ask;
mod known;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep};

use super::settings::SettingsArgs;
use super::terminal::{self, CommandError, interrupted};
use crate::config::units::parse_duration;
use crate::config::{Fault, Loaded};
use ask::Question;

/// The pause before it is asked again: nobody tells when a broker becomes ready.
const PAUSE: Duration = Duration::from_millis(100);

const STOPPED: &str = "stopped before the broker was ready";

const EXAMPLES: &str = "Examples:
  fanfare ready                                   # does the broker on this machine work?
  fanfare ready --config fanfare.toml --wait 30s  # wait until it does
  fanfare ready --internal 127.0.0.1:7541";

/// Asks a running broker whether it works.
///
/// Reads what `fanfare serve` would read (file, environment, flags) to know its internal port, and asks /readyz there.
/// Ends with status 0 if it works, from publish to delivery, else with 1 and the reason: for the health check of a
/// container, and for scripts.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReadyArgs {
    /// Ask again until it is ready, for this long at most, such as 30s
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
    /// A certificate of this client (PEM), where the internal port asks for one; needs --client-key
    #[arg(long, value_name = "FILE", env = "FANFARE_CLIENT_CERT", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", env = "FANFARE_CLIENT_KEY", requires = "client_cert")]
    client_key: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: ReadyArgs) -> ExitCode {
    terminal::run(ready(args))
}

async fn ready(args: ReadyArgs) -> Result<(), CommandError> {
    let told = |Fault { what, remedy, .. }| CommandError::Input(format!("{what}\n    {remedy}"));
    let (overrides, _) = args.settings.overrides().map_err(told)?;
    let loaded = Loaded::load(args.settings.file(), &overrides);
    let config = loaded.map_err(|faults| CommandError::Input(faults.to_string()))?.config;
    let question = Question::of(&config, args.client_cert.zip(args.client_key).as_ref())?;
    let until = Instant::now() + args.wait.unwrap_or_default();
    tokio::select! {
        biased;
        () = interrupted() => Err(CommandError::Input(STOPPED.to_owned())),
        answer = ask_until(&question, until) => answer.map_err(CommandError::Input),
    }
}

/// Asks until the broker is ready, or until then; at least once.
///
/// # Errors
/// Why it was not ready when it was asked last.
async fn ask_until(question: &Question, until: Instant) -> Result<(), String> {
    loop {
        let answer = question.ask().await;
        if answer.is_ok() || Instant::now() + PAUSE > until {
            return answer;
        }
        sleep(PAUSE).await;
    }
}
