//! `fanfare completions`: what a shell needs to complete commands and flags.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::terminal::{self, CommandError};

const EXAMPLES: &str = "Examples:
  source <(fanfare completions bash)       # in this shell
  fanfare completions bash > /usr/share/bash-completion/completions/fanfare
  fanfare completions zsh > ~/.zfunc/_fanfare
  fanfare completions fish > ~/.config/fish/completions/fanfare.fish";

/// Writes what a shell needs to complete commands and flags.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(CompletionsArgs { shell }: CompletionsArgs, mut program: Command) -> ExitCode {
    terminal::run(async move {
        let mut script = Vec::new();
        // Into memory: the generator panics where it can't write.
        clap_complete::generate(shell, &mut program, "fanfare", &mut script);
        io::stdout().lock().write_all(&script).map_err(CommandError::output)
    })
}
