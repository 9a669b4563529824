//! `fanfare bench`: measures a server under a load that one chooses.
//!
//! From the ground: `frames`, `stamp`, `order`, `latencies`, `schedule` and `plan` are pure; `link` opens a connection;
//! `listener` and `publisher` do a connection's work, `audience` and `stage` that of a thread; they share the `course`.
//! `conductor` leads them through a run, and `outcome` is what it found out, shown by `table` or `json`.

mod alarm;
mod attendant;
mod audience;
mod conductor;
mod course;
mod cpu;
mod files;
mod frames;
mod incoming;
mod json;
mod latencies;
mod link;
mod listener;
mod meter;
mod order;
mod outcome;
mod plan;
mod progress;
mod publisher;
mod schedule;
mod stage;
mod stamp;
mod table;
mod threads;
mod usage;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Args, value_parser};

use super::connection::BrokerArgs;
use super::terminal::{self, CommandError, coloured};
use crate::config::units::{parse_bytes, parse_duration};
use conductor::Conductor;
use course::Course;
use link::Target;
use meter::Meter;
use outcome::Outcome;
use plan::{MAX_CONNECTIONS, MAX_DURATION, MAX_IN_FLIGHT, MAX_RATE, MAX_SIZE_BYTES, MAX_THREADS, Pace, Plan};
use table::Table;
use usage::Source;

const EXAMPLES: &str = "Examples:
  fanfare bench                                               # 100 subscribers of one topic
  fanfare bench --connections 1000 --rate 200                 # 200,000 deliveries a second
  fanfare bench --connections 1000 --in-flight 64             # as many as the server delivers
  fanfare bench --connections 1000 --topics 1000 --rate 5000  # a topic for each connection
  fanfare bench --connections 10000 --idle                    # what an idle connection costs
  fanfare bench --duration 5m --json > result.json            # a soak, for a script to judge

Reading the result: a delivery is one message on one connection. Latency counts \
from the moment at which a message was due, so a server (or a bench) that falls \
behind shows it. At a steady rate that the server can bear, look at latency; with \
--in-flight, at deliveries a second. Server and bench share processors when they \
share a machine.

The messages pass through the server's streams like any others, and may push out what is retained there. Where the \
server asks for a token, it must grant subscribing and publishing to `bench.>`.";

/// Measures a server: deliveries a second, latency, loss, and what a delivery and a connection cost.
///
/// Opens connections that subscribe, each to one topic of this run alone, publishes, and checks that every connection
/// hears every message once and in order. If not, it says so and fails. Ctrl-C ends it early, with the result so far.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BenchArgs {
    /// Connections that subscribe
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = count(MAX_CONNECTIONS))]
    connections: usize,
    /// Topics; each has an equal share of the connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(MAX_CONNECTIONS))]
    topics: usize,
    /// Connections that publish, each to topics of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(MAX_CONNECTIONS), conflicts_with = "idle")]
    publishers: usize,
    /// Messages a second, in all and evenly
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u64).range(1..=MAX_RATE))]
    rate: u64,
    /// Keep this many messages under way instead: as fast as the server delivers
    #[arg(long, value_name = "N", value_parser = count(MAX_IN_FLIGHT), conflicts_with_all = ["rate", "idle"])]
    in_flight: Option<usize>,
    /// Only connect, subscribe and hold: for the memory of idle connections
    #[arg(long, conflicts_with = "rate")]
    idle: bool,
    /// Size of a payload, such as 128B or 16KiB
    #[arg(long, value_name = "SIZE", default_value = "128B", value_parser = size)]
    size: usize,
    /// Time that is measured
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,
    /// Time under load before that
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    warm_up: Duration,
    /// Threads that receive [default: one for every two processors]
    #[arg(long, value_name = "N", value_parser = count(MAX_THREADS))]
    threads: Option<usize>,
    /// Where the server's metrics are, for its processor time and memory, such as `http://HOST:7441/metrics`; not needed
    /// for a server on 127.0.0.1:7440
    #[arg(long, value_name = "URL", value_parser = Source::parse)]
    metrics: Option<Source>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    broker: BrokerArgs,
}

pub(super) fn run(args: BenchArgs) -> ExitCode {
    terminal::run(bench(args))
}

async fn bench(args: BenchArgs) -> Result<(), CommandError> {
    let plan = args.plan()?.check().map_err(CommandError::Input)?;
    files::make_room(plan.files()).map_err(CommandError::Input)?;
    let (url, encoding) = (args.broker.server(), args.broker.encoding());
    check_scheme(url).map_err(CommandError::Input)?;
    args.ask_server(&plan).await?;
    let target = Target::find(url, encoding, args.broker.token(), plan.run.to_be_bytes()).await;
    let target = target.map_err(CommandError::Input)?;
    let meter = args.meter(&target).await?;
    let course = Arc::new(Course::new(plan));
    let conductor = Conductor::new(course, &target, meter)
        .map_err(|source| CommandError::Io { what: "can't start a thread", source })?;
    let outcome = conductor.run(url).await.map_err(CommandError::Input)?;
    print(&outcome, args.json).map_err(CommandError::output)?;
    outcome.failure().map_or(Ok(()), |failure| Err(CommandError::Input(failure)))
}

/// The bench speaks no TLS: what it costs is a matter of the machine, and would be measured beside the broker's own work.
fn check_scheme(url: &str) -> Result<(), String> {
    let scheme = url.trim_start().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("wss" | "https") => {
            Err(format!("the bench speaks no TLS, which {url} asks for; measure a port without it"))
        }
        _ => Ok(()),
    }
}

fn print(outcome: &Outcome, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{:#}", json::json(outcome))?;
    } else {
        write!(out, "{}", Table { outcome, coloured: coloured(&out) })?;
    }
    out.flush()
}

impl BenchArgs {
    fn plan(&self) -> Result<Plan, CommandError> {
        let pace = match (self.idle, self.in_flight) {
            (true, _) => Pace::Idle,
            (_, Some(messages)) => Pace::InFlight(messages),
            _ => Pace::Rate(self.rate),
        };
        let run = getrandom::u32().map_err(|error| CommandError::Io {
            what: "no random number for the topics",
            source: error.into(),
        })?;
        let half = available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        Ok(Plan {
            connections: self.connections,
            topics: self.topics,
            publishers: if self.idle { 0 } else { self.publishers },
            pace,
            size: self.size,
            warm_up: if self.idle { Duration::ZERO } else { self.warm_up },
            duration: self.duration,
            encoding: self.broker.encoding(),
            threads: self.threads.unwrap_or(half.min(MAX_THREADS)),
            run,
        })
    }

    /// Connects once as every other command does, for the sake of its errors, and checks what the server says of itself.
    async fn ask_server(&self, plan: &Plan) -> Result<(), CommandError> {
        let client = self.broker.builder().reconnect(false).connect().await?;
        let most = client.max_payload_bytes().unwrap_or(u64::MAX);
        client.close().await;
        if plan.size as u64 > most {
            return Err(CommandError::Input(format!(
                "--size {} is more than this server takes ({most} bytes); give less, or raise its max_payload_bytes",
                plan.size
            )));
        }
        Ok(())
    }

    /// The server's metrics: those that were named, or else those in the usual place if they can be had.
    async fn meter(&self, target: &Target) -> Result<Meter, CommandError> {
        if let Some(source) = &self.metrics {
            return Meter::new(source.clone()).await.map_err(CommandError::Input);
        }
        let Some(source) = Source::usual(target.address()) else { return Ok(Meter::default()) };
        Ok(Meter::new(source).await.unwrap_or_default())
    }
}

/// A count from 1 to `most`.
fn count(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync {
    move |text| match text.replace('_', "").parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(format!("a number from 1 to {most} is needed")),
    }
}

fn size(text: &str) -> Result<usize, String> {
    let bytes = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| "a size such as 128B or 16KiB is needed".to_owned())
    } else {
        parse_bytes(text).map_err(|error| error.to_string())
    };
    let bytes = usize::try_from(bytes?).unwrap_or(usize::MAX);
    if bytes > MAX_SIZE_BYTES {
        Err(format!("at most {MAX_SIZE_BYTES} bytes are possible"))
    } else {
        Ok(bytes)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(time) if time <= MAX_DURATION => Ok(time),
        Ok(_) => Err(format!("at most {} hours are possible", MAX_DURATION.as_secs() / 3_600)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

    use super::*;

    #[test]
    fn tls_is_neither_offered_nor_taken() {
        let help = BenchArgs::augment_args(Command::new("bench")).render_long_help().to_string();
        assert!(help.contains("--server") && !help.contains("wss") && !help.contains("--ca"), "{help}");
        assert!(check_scheme("ws://127.0.0.1:7440").is_ok() && check_scheme("127.0.0.1:7440").is_ok());
        assert!(check_scheme(" WSS://push.example.com").unwrap_err().contains("speaks no TLS"));
    }
}
