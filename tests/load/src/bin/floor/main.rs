//! `floor`: a server that does nothing but read publishes and write them to their topic's subscribers.
//!
//! One thread and one epoll. What one round of it brought goes out in one write a subscriber; with `--direct`, each message
//! does. What clients say stands in `fanfare_load::adapter::floor`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line")]

mod client;
mod clients;
mod fanout;
mod server;
mod topics;

use std::process::ExitCode;

use fanfare_load::adapter::floor::DIRECT;
use fanfare_load::error::LoadError;

fn main() -> ExitCode {
    let Err(error) = run();
    eprintln!("floor: {error}");
    ExitCode::FAILURE
}

fn run() -> Result<std::convert::Infallible, LoadError> {
    let direct = std::env::args().skip(1).any(|argument| argument == DIRECT);
    let mut server = server::Server::listen(direct)?;
    println!("listening on ws://{}/ws", server.address());
    loop {
        server.round()?;
    }
}
