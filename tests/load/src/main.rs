//! `fanfare-load`: measures Fanfare against the floor, in turns, and prints how they compare.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line")]

use std::fs::create_dir_all;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fanfare_load::adapter::Adapter;
use fanfare_load::catalogue::{self, Choice};
use fanfare_load::error::{Doing, LoadError};
use fanfare_load::plan::Plan;
use fanfare_load::progress::minutes;
use fanfare_load::raw::Raw;
use fanfare_load::rows::Row;
use fanfare_load::rows::idle_memory::CONNECTIONS_MAX;
use fanfare_load::server::{Cpus, raise_file_limit};
use fanfare_load::tasks::{Pairs, Task, tasks};
use fanfare_load::{results, run};

/// Open files that the largest row needs in one process.
const FILES_NEEDED: u64 = 15_300;

/// Measures what deliveries and connections cost: Fanfare and the floor in turns, each time a fresh process.
///
/// Server and generator run on a CPU each, over loopback. The server is `fanfare` beside this program, or
/// `FANFARE_BIN`. Samples that `raw.csv` in the directory for results holds already are not taken again.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rows to run, with commas between them.
    #[arg(default_value = "all")]
    rows: String,
    /// Peers to measure beside the floor and Fanfare, with commas between them; `peers`: all.
    #[arg(value_name = "PEERS")]
    peers: Option<String>,
    /// Subjects to measure, and no others. The floor should be among them.
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Samples of the floor and of Fanfare; they take turns.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pairs: u16,
    /// Samples of each peer.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    peer_pairs: u16,
    /// Load before the measured window, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    warm_up_ms: u64,
    /// The measured window, in milliseconds.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    window_ms: u64,
    /// Connections of the row `idle-memory`.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(1..=i64::from(CONNECTIONS_MAX)))]
    idle_connections: u16,
    /// Where results and the servers' errors go.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Say which rows and subjects there are.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fanfare-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), LoadError> {
    let program = std::env::current_exe().doing("find this program")?;
    let adapters = catalogue::adapters(program.parent().unwrap_or(Path::new(".")));
    let rows = catalogue::rows(arguments.idle_connections.into());
    if arguments.list {
        list(&rows, &adapters);
        return Ok(());
    }
    let rows = catalogue::chosen_rows(rows, &arguments.rows)?;
    let choice = Choice::new(&adapters, arguments.peers.as_deref(), &arguments.subjects)?;
    raise_file_limit(FILES_NEEDED)?;
    let plan = plan(arguments)?;
    let pairs = Pairs { ours: arguments.pairs, peers: arguments.peer_pairs };
    let tasks: Vec<Task<'_>> =
        rows.iter().flat_map(|row| tasks(row.as_ref(), &choice.of_row(row.as_ref()), pairs)).collect();
    eprintln!("{} samples, about {}", tasks.len(), minutes(run::estimate(&tasks, &plan)));
    let mut raw = Raw::open(&arguments.out.join("raw.csv"))?;
    run::take(&tasks, &plan, &mut raw)?;
    let measured: Vec<_> = rows.iter().map(|row| run::measured(row.as_ref(), &tasks, &raw)).collect();
    println!("{}", results::write(&measured, &arguments.out)?);
    Ok(())
}

fn list(rows: &[Box<dyn Row>], adapters: &[Box<dyn Adapter>]) {
    for row in rows {
        println!("row      {:<16} {}", row.name(), row.title());
    }
    for adapter in adapters {
        println!("{:<8} {}", if adapter.delivers_all() { "subject" } else { "peer" }, adapter.name());
    }
}

fn plan(arguments: &Arguments) -> Result<Plan, LoadError> {
    create_dir_all(&arguments.out).doing("make the directory for the results")?;
    let cpus = Cpus::pick()?;
    cpus.enter_generator()?;
    Ok(Plan {
        warm_up: Duration::from_millis(arguments.warm_up_ms),
        window: Duration::from_millis(arguments.window_ms),
        cpus,
        log: arguments.out.join("servers.log"),
    })
}
