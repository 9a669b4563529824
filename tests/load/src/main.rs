//! `fanfare-load`: measures Fanfare against the floor, in turns, and prints how they compare.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line")]

use std::fs::{File, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fanfare_load::adapter::Adapter;
use fanfare_load::catalogue;
use fanfare_load::error::{Doing, LoadError};
use fanfare_load::plan::Plan;
use fanfare_load::progress::Progress;
use fanfare_load::report::{CSV_HEADER, Measured, csv, section};
use fanfare_load::rows::Row;
use fanfare_load::samples::Subject;
use fanfare_load::server::{Cpus, raise_file_limit};

/// Open files that the largest row needs in one process.
const FILES_NEEDED: u64 = 10_300;

/// Measures what a delivery and an idle connection cost: Fanfare and the floor in turns, each time a fresh process.
///
/// Server and generator run on a CPU each, over loopback. The server is `fanfare` beside this program, or
/// `FANFARE_BIN`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rows to run; all unless named.
    rows: Vec<String>,
    /// Subjects to measure; all unless named. The floor should be among them.
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Samples of each subject; they take turns.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pairs: u16,
    /// Load before the measured window, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    warm_up_ms: u64,
    /// The measured window, in milliseconds.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    window_ms: u64,
    /// Where `raw.csv`, `summary.md` and the servers' errors go.
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
    let rows = catalogue::rows();
    if arguments.list {
        list(&rows, &adapters);
        return Ok(());
    }
    let rows = chosen(rows, &arguments.rows, |row| row.name())?;
    let adapters = chosen(adapters, &arguments.subjects, |adapter| adapter.name())?;
    raise_file_limit(FILES_NEEDED)?;
    let plan = plan(arguments)?;
    let (mut raw, mut summary) = (create(&arguments.out, "raw.csv")?, create(&arguments.out, "summary.md")?);
    write(&mut raw, CSV_HEADER)?;
    let samples = rows.len() * adapters.len() * usize::from(arguments.pairs);
    let mut progress = Progress::new(samples as u64);
    let mut sections = Vec::new();
    for row in &rows {
        let measured = measure(row.as_ref(), &adapters, arguments.pairs, &plan, &mut raw, &mut progress)?;
        sections.push(section(&measured));
    }
    drop(progress);
    let text = sections.join("\n");
    println!("{text}");
    write(&mut summary, &text)
}

fn list(rows: &[Box<dyn Row>], adapters: &[Box<dyn Adapter>]) {
    for row in rows {
        println!("row      {:<16} {}", row.name(), row.title());
    }
    for adapter in adapters {
        println!("subject  {}", adapter.name());
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

/// Takes the samples of one row: each pair goes once through all subjects.
fn measure<'a>(
    row: &'a dyn Row,
    adapters: &[Box<dyn Adapter>],
    pairs: u16,
    plan: &Plan,
    raw: &mut File,
    progress: &mut Progress,
) -> Result<Measured<'a>, LoadError> {
    let names = adapters.iter().map(|adapter| adapter.name());
    let mut subjects: Vec<Subject> = names.map(|name| Subject { name, samples: Vec::new() }).collect();
    for pair in 1..=usize::from(pairs) {
        for (adapter, subject) in adapters.iter().zip(&mut subjects) {
            let what = format!("{} {}", row.name(), subject.name);
            progress.begin(&what);
            let figures = row.sample(adapter.as_ref(), plan)?;
            write(raw, &csv(row.name(), subject.name, pair, &figures))?;
            let first = figures.first().map(|f| format!("{what}: {:.3} {}", f.value, f.unit));
            progress.end(&first.unwrap_or(what));
            subject.samples.push(figures);
        }
    }
    Ok(Measured { row, subjects })
}

/// The named ones of some things; all if none is named.
fn chosen<T>(all: Vec<T>, names: &[String], name: impl Fn(&T) -> &str) -> Result<Vec<T>, LoadError> {
    if let Some(unknown) = names.iter().find(|&wanted| all.iter().all(|thing| name(thing) != wanted)) {
        return Err(LoadError::Unknown(unknown.clone()));
    }
    let wanted = |thing: &T| names.is_empty() || names.iter().any(|wanted| wanted == name(thing));
    Ok(all.into_iter().filter(wanted).collect())
}

fn create(directory: &Path, name: &str) -> Result<File, LoadError> {
    File::create(directory.join(name)).doing("make a file for the results")
}

fn write(file: &mut File, text: &str) -> Result<(), LoadError> {
    file.write_all(text.as_bytes()).doing("write results")
}
