//! `fanfare token`: makes tokens and API keys, and says what a token is worth.

mod inspect;
mod make;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::auth::NewApiKey;

/// Makes and inspects tokens, and makes API keys.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

const EXAMPLES: &str = "Examples:
  fanfare token make --secret-file secret --sub alice --subscribe 'rooms.>' > alice.token
  fanfare token inspect --config fanfare.toml - < alice.token
  fanfare token key backend > backend.key 2>> fanfare.toml  # a new API key, and its lines for the configuration";

#[derive(Debug, Subcommand)]
enum TokenCommand {
    Make(Box<make::MakeArgs>),
    Inspect(inspect::InspectArgs),
    /// Makes an API key: the key goes to standard output, its lines for the configuration to standard error.
    Key(KeyArgs),
}

#[derive(Debug, Args)]
struct KeyArgs {
    /// What the key is for: `A-Z a-z 0-9 _ -`
    name: String,
}

pub(super) fn run(args: TokenArgs) -> ExitCode {
    let done = match args.command {
        TokenCommand::Make(args) => make::run(&args).map(|()| true),
        TokenCommand::Inspect(args) => inspect::run(&args),
        TokenCommand::Key(args) => make_key(&args.name).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => complain(&error),
    }
}

fn make_key(name: &str) -> Result<(), String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(known) {
        return Err(format!("{name:?} is no name of an API key: use A-Z a-z 0-9 _ -"));
    }
    let key = NewApiKey::random().map_err(|error| error.to_string())?;
    // Apart, so that each can be sent where it belongs; and as TOML, so that the second can stand there as it is.
    hint(&format!(
        "# What follows belongs into the configuration. The key itself is shown once and kept nowhere.\n\
         [[api_key]]\nname = \"{name}\"\nhash = \"{}\"\npublish = []     # patterns, such as [\"orders.>\"]\n\
         subscribe = []\n",
        key.hash
    ));
    say(&format!("{}\n", key.text))
}

fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}

#[allow(clippy::print_stderr, reason = "beside what is piped on")]
fn hint(text: &str) {
    eprint!("{text}");
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
fn complain(text: &str) -> ExitCode {
    eprintln!("fanfare: {text}");
    ExitCode::FAILURE
}
