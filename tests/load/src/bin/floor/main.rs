//! `floor`: a server that does nothing but read publishes and write them to all subscribers.
//!
//! One thread and one epoll. What one round of it brought goes out in one write a subscriber. Whoever says `S`
//! first is a subscriber, whoever says `P` a publisher; there is one topic.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line")]

mod client;
mod server;

use std::process::ExitCode;

use fanfare_load::error::LoadError;

fn main() -> ExitCode {
    let Err(error) = run();
    eprintln!("floor: {error}");
    ExitCode::FAILURE
}

fn run() -> Result<std::convert::Infallible, LoadError> {
    let mut server = server::Server::listen()?;
    println!("listening on ws://{}/ws", server.address());
    loop {
        server.round()?;
    }
}
