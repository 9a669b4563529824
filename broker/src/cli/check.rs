//! `fanfare check`: says what is wrong with a configuration, or what it comes to.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::settings::SettingsArgs;
use crate::config::{Fault, Faults, Files, Loaded, Place, example_file, reference_page};

/// Checks a configuration without starting a broker.
///
/// Reads what `fanfare serve` would read (file, environment, flags, and the files with certificates and keys that they
/// name) and reports every fault at once, each with its line, its column and what to write instead. Ends with status 0 if
/// there is none, else 1.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    /// Settings file (TOML); the one of --config or FANFARE_CONFIG if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print every setting, its value and where that comes from, as TOML that can be used as a settings file
    #[arg(long)]
    print: bool,
    /// Report as JSON, for programs
    #[arg(long)]
    json: bool,
    /// Don't open the files that the configuration names (certificates, keys, key sets): to check it on another machine
    #[arg(long)]
    no_files: bool,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What can be printed without a configuration.
#[derive(Debug, Args)]
struct Pages {
    /// Print a settings file to begin with: every setting with its default, explained
    #[arg(long, conflicts_with_all = ["file", "print", "json", "reference"])]
    example: bool,
    /// Print the reference of all settings, in Markdown
    #[arg(long, conflicts_with_all = ["file", "print", "json"])]
    reference: bool,
}

const EXAMPLES: &str = "Examples:
  fanfare check fanfare.toml              # every fault, with its line and what to write instead
  fanfare check --print fanfare.toml      # what a broker would run with, and why
  FANFARE_LIMITS_HEARTBEAT=5s fanfare check --print
  fanfare check --example > fanfare.toml  # a file to begin with";

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    match args.pages {
        Pages { example: true, .. } => status(say(&example_file()).is_ok()),
        Pages { reference: true, .. } => status(say(&reference_page()).is_ok()),
        Pages { .. } => check(args),
    }
}

fn check(args: &CheckArgs) -> ExitCode {
    let file = args.file.as_deref().or(args.settings.file());
    let (overrides, unknown) = match args.settings.overrides() {
        Ok(overrides) => overrides,
        Err(fault) => return complain(&format!("{}\n    {}", fault.what, fault.remedy)),
    };
    let files = if args.no_files { Files::Unopened } else { Files::All };
    let loaded = Loaded::check(file, &overrides, files);
    if args.json {
        let mut report = report(&loaded, &unknown);
        if let (true, Ok(loaded)) = (args.print, &loaded) {
            report["settings"] = loaded.listing.to_json(file);
        }
        return status(say(&format!("{report:#}\n")).is_ok() && loaded.is_ok());
    }
    for Fault { what, remedy, .. } in &unknown {
        complain(&format!("warning: {what}\n    {remedy}"));
    }
    match loaded {
        Err(faults) => complain(&format!("{faults}\n{}", count(&faults))),
        Ok(loaded) if args.print => status(say(&loaded.listing.to_toml(file)).is_ok()),
        Ok(_) => status(say(&format!("{}no fault found\n", prefix(file))).is_ok()),
    }
}

/// The outcome for programs.
fn report(loaded: &Result<Loaded, Faults>, unknown: &[Fault]) -> Value {
    let faults = loaded.as_ref().err().map(|faults| faults.iter().map(fault).collect::<Vec<_>>());
    json!({
        "ok": loaded.is_ok(),
        "faults": faults.unwrap_or_default(),
        "warnings": unknown.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn fault(Fault { place, what, remedy }: &Fault) -> Value {
    let mut fault = json!({"what": what, "remedy": remedy});
    match place {
        Place::At { line, column } => {
            fault["line"] = json!(line);
            fault["column"] = json!(column);
        }
        Place::Variable(name) => fault["variable"] = json!(name.variable()),
        Place::Flag(name) => fault["flag"] = json!(name.flag()),
        Place::Whole => {}
    }
    fault
}

fn count(faults: &Faults) -> String {
    match faults.iter().len() {
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    }
}

fn prefix(file: Option<&Path>) -> String {
    file.map_or_else(String::new, |file| format!("{}: ", file.display()))
}

fn status(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes to standard output; a reader that has gone is told by the exit status.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
fn complain(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::FAILURE
}
