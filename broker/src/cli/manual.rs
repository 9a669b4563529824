//! `fanfare man`: the manual, a page for each command, made from the same texts as the help.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::Man;

use super::terminal::{self, CommandError};

const EXAMPLES: &str = "Examples:
  fanfare man | man -l -                   # read it
  fanfare man /usr/local/share/man/man1    # install it: then `man fanfare-sub` and the like work";

/// Writes the manual: a page for each command into a directory, or the first one to standard output.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArgs {
    /// Where the pages go, such as /usr/local/share/man/man1; made if it is not there
    directory: Option<PathBuf>,
}

pub(super) fn run(args: ManArgs, program: Command) -> ExitCode {
    terminal::run(async move {
        match args.directory {
            Some(directory) => write_all(&directory, program),
            None => write_one(program),
        }
    })
}

fn write_one(program: Command) -> Result<(), CommandError> {
    let mut page = Vec::new();
    let rendered = Man::new(program).render(&mut page);
    rendered.and_then(|()| io::stdout().lock().write_all(&page)).map_err(CommandError::output)
}

fn write_all(directory: &Path, program: Command) -> Result<(), CommandError> {
    let written = fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(program, directory));
    written
        .map_err(|source| CommandError::Input(format!("{}: {source}; check the path", directory.display())))
}
