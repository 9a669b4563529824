//! `fanfare serve`: runs the broker until it is told to stop.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::runtime::LocalRuntime;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::units::{format_bytes, format_duration};
use crate::config::{Config, DEFAULT_LISTEN, Overrides};
use crate::net::TlsFiles;
use crate::server::Server;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Settings file (TOML); flags and environment variables win over it
    #[arg(long, value_name = "FILE", env = "FANFARE_CONFIG")]
    config: Option<PathBuf>,
    /// Address for clients [default: 127.0.0.1:7440]
    #[arg(long, value_name = "ADDR", env = "FANFARE_LISTEN")]
    listen: Option<String>,
    /// Address for metrics, health and the page [default: 127.0.0.1:7441]
    #[arg(long, value_name = "ADDR", env = "FANFARE_INTERNAL")]
    internal: Option<String>,
    /// Threads that own sessions [default: one for each processor]
    #[arg(long, value_name = "N", env = "FANFARE_SHARDS")]
    shards: Option<u64>,
    /// Let anyone connect from beyond this machine
    #[arg(long, env = "FANFARE_ALLOW_ANONYMOUS", num_args = 0..=1, default_missing_value = "true")]
    allow_anonymous: Option<bool>,
    /// Directory in which streams outlive a planned restart; nothing is saved without one
    #[arg(long, value_name = "DIR", env = "FANFARE_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let overrides = Overrides {
        listen: args.listen.clone(),
        internal: args.internal.clone(),
        shards: args.shards,
        allow_anonymous: args.allow_anonymous,
        data_dir: args.data_dir.clone(),
    };
    let config = match Config::load(args.config.as_deref(), &overrides) {
        Ok(config) => config,
        Err(faults) => return fail(&faults),
    };
    match serve(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn serve(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = LocalRuntime::new()?;
    runtime.block_on(async {
        let open_to_all = config.allow_anonymous && !config.listen.ip().to_canonical().is_loopback();
        let server = Server::start(config)?;
        if open_to_all {
            tracing::warn!("anyone who reaches the client port may publish and subscribe (allow_anonymous)");
        }
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        greet(&server, config)?;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: sessions are sent away");
        };
        server.run(stop).await?;
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
fn reachable(address: SocketAddr) -> SocketAddr {
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
