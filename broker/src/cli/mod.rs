//! The command line: what a person types, and what they are told.

mod serve;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

mod bench;
mod breaks;
mod connection;
mod publish;
mod subscribe;
mod terminal;

/// A real-time publish/subscribe broker over WebSocket.
///
/// Without a command it serves with defaults: clients on 127.0.0.1:7440, metrics and a page to try it on
/// 127.0.0.1:7441.
#[derive(Debug, Parser)]
#[command(name = "fanfare", version = crate::VERSION, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

const EXAMPLES: &str = "Examples:
  fanfare                                  serve with defaults
  fanfare sub 'orders.>'                   follow every topic below `orders`
  fanfare pub orders.eu 'hello'            publish one message
  tail -f app.log | fanfare pub logs --lines   publish each line as it comes
  fanfare bench                            measure a broker that runs";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the broker (also what happens without a command).
    Serve(serve::ServeArgs),
    Pub(publish::PublishArgs),
    Sub(subscribe::SubscribeArgs),
    Bench(bench::BenchArgs),
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    start_logging();
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Pub(args) => publish::run(args),
        Command::Sub(args) => subscribe::run(args),
        Command::Bench(args) => bench::run(args),
    }
}

/// Logs go to standard error: text on a terminal, JSON otherwise. `FANFARE_LOG` sets the level.
fn start_logging() {
    let filter = EnvFilter::try_from_env("FANFARE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.compact().with_target(false).init();
    } else {
        logs.json().init();
    }
}
