//! `fanfare serve`: runs the broker until it is told to stop.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use clap::Args;
use tokio::runtime::LocalRuntime;

use super::logging::{self, LogLevel};
use super::settings::SettingsArgs;
use super::signals;
use crate::config::units::{format_bytes, format_duration};
use crate::config::{Config, DEFAULT_LISTEN, Fault, Loaded, Source};
use crate::net::TlsFiles;
use crate::server::{Operator, Server, orders};

/// Runs the broker until it is told to stop.
///
/// SIGTERM or Ctrl-C: /readyz says no, sessions are sent away one after the other, and the streams are saved if there is
/// a data_dir. The second one ends it at once. SIGHUP: the configuration is read again, and what can change does.
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
    let log_level = logging::start(&loaded.config.log_level);
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
        let config = &loaded.config;
        let open_to_all = config.allow_anonymous && !config.listen.ip().to_canonical().is_loopback();
        let server = Server::start(config)?;
        if open_to_all {
            tracing::warn!("anyone who reaches the client port may publish and subscribe (allow_anonymous)");
        }
        let (sender, orders) = orders();
        tokio::task::spawn_local(signals::pass_on(signals::Signals::listen()?, sender));
        greet(&server, &loaded.config)?;
        // The level was checked with the rest of the configuration.
        let log_level = Box::new(move |level: &str| drop(log_level.set(level)));
        server.run(Operator { orders, source, loaded, log_level }).await?;
        Ok(())
    })
}

fn describe_streams(config: &Config) -> String {
    let describe = |stream: &crate::StreamConfig| {
        let patterns: Vec<_> = stream.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        let (age, bytes) = (format_duration(stream.max_age), format_bytes(stream.max_bytes));
        format!("`{}` keeps {} for {age}, at most {bytes}", stream.name, patterns.join(", "))
    };
    config.streams.iter().map(describe).collect::<Vec<_>>().join("; ")
}

/// Says what the broker listens on, and what to try next, in commands that work as they stand.
fn greet(server: &Server, config: &Config) -> io::Result<()> {
    let streams = describe_streams(config);
    let (ws, http) = (scheme("ws", config.tls.as_ref()), scheme("http", config.internal_tls.as_ref()));
    let (client, internal) = (server.client_address(), server.internal_address());
    let version = crate::VERSION;
    let program = std::env::args().next().unwrap_or_else(|| "fanfare".to_owned());
    let elsewhere = client != DEFAULT_LISTEN || config.tls.is_some();
    let at = if elsewhere { format!(" --server {ws}://{}", reachable(client)) } else { String::new() };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Fanfare {version}
  listening on {ws}://{client}/ws
  internal   on {http}://{internal}/   (a page to try it, /metrics, /healthz, /readyz)
  streams    {streams}

Try it in a second terminal:
  {program} sub{at} '>'                    follow every topic
  {program} pub{at} greetings 'hello'      publish to one

Ctrl-C stops the broker."
    )?;
    out.flush()
}

/// The scheme of a port's addresses.
fn scheme(plain: &str, tls: Option<&TlsFiles>) -> String {
    format!("{plain}{}", if tls.is_some() { "s" } else { "" })
}

/// Where this machine reaches what listens here: an address that stands for all of its own is none to connect to.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(if address.ip().is_unspecified() { loopback } else { address.ip() }, address.port())
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("fanfare: {error}");
    ExitCode::FAILURE
}
