//! The command line: what a person types, and what they are told.

mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

mod advice;
mod banner;
mod bench;
mod breaks;
mod check;
mod completions;
mod connection;
mod credentials;
mod files;
mod logging;
mod manual;
mod publish;
mod ready;
mod settings;
mod signals;
mod start;
mod subscribe;
mod terminal;
mod token;
mod top;

/// A real-time publish/subscribe broker over WebSocket.
///
/// Without a command it runs the broker, as `fanfare serve` does: clients on 127.0.0.1:7440, metrics and the console on
/// 127.0.0.1:7441.
#[derive(Debug, Parser)]
#[command(name = "fanfare", version = crate::BUILD, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

const EXAMPLES: &str = "Examples:
  fanfare                                     # run a broker with defaults
  fanfare sub 'orders.>'                      # follow every topic below `orders`
  fanfare pub orders.eu 'hello'               # publish one message
  tail -f app.log | fanfare pub logs --lines  # publish each line as it comes
  fanfare bench                               # measure a running broker
  fanfare top                                 # watch a running broker
  fanfare check fanfare.toml                  # what is wrong with a settings file
  fanfare ready                               # does the running broker work?";

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Pub(publish::PublishArgs),
    Sub(subscribe::SubscribeArgs),
    Bench(bench::BenchArgs),
    Top(top::TopArgs),
    Token(token::TokenArgs),
    Check(check::CheckArgs),
    Ready(ready::ReadyArgs),
    Man(manual::ManArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    // `serve` logs as its configuration says, and what `top` draws leaves no room for lines of a log.
    if !matches!(command, Command::Serve(_) | Command::Top(_)) {
        logging::start_by_environment();
    }
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Pub(args) => publish::run(args),
        Command::Sub(args) => subscribe::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Top(args) => top::run(args),
        Command::Token(args) => token::run(args),
        Command::Check(args) => check::run(&args),
        Command::Ready(args) => ready::run(args),
        Command::Man(args) => manual::run(args, Arguments::command()),
        Command::Completions(args) => completions::run(args, Arguments::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn every_variable_that_a_flag_reads_is_known() {
        let mut commands = vec![Arguments::command()];
        while let Some(command) = commands.pop() {
            let variables = command.get_arguments().filter_map(|argument| argument.get_env());
            let (_, unknown) = Overrides::from_environment(variables.map(|name| (name.into(), "x".into())));
            assert_eq!(unknown, [], "of `{}`", command.get_name());
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
