//! The million lines: real text of this machine through `fanfare pub --lines`, to three subscribers that keep up and to
//! two that do not, compared by checksum.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is how a test says what is wrong, and this one shows what it did"
)]

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, command, eventually, workspace};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const LINES: usize = 1_000_000;
/// Lines a second: what the slowest of the three subscribers sustains on two cores, with room.
const RATE: &str = "20000";
/// A stream that holds all of the lines, for a reader that need not keep up.
const LARGE_STREAM: &str =
    "[[stream]]\nname = \"lines\"\npatterns = [\"million.>\"]\nmax_age = \"1h\"\nmax_bytes = \"1GiB\"\n";
/// Longer lines are left out: a payload has a bound.
const MAX_LINE_BYTES: usize = 60_000;
/// Time for all of it.
const TIME_MAX: Duration = Duration::from_mins(5);

#[tokio::test]
#[ignore = "takes a minute and wants a release build: ./tests/run does it"]
async fn a_million_real_lines_reach_three_subscribers_whole_and_in_order() {
    let files = Directory::new();
    let broker = Broker::start().await;
    let subscribers = [
        ("fanfare sub, exact topic", sub(&broker, "million.lines", "msgpack")),
        ("fanfare sub, wildcard", sub(&broker, "million.>", "json")),
        ("Python websockets", python(&broker, "lines", "msgpack", "million.lines")),
    ];
    through(&broker, &files, subscribers, &["--rate", RATE]).await;
}

#[tokio::test]
#[ignore = "takes a minute and wants a release build: ./tests/run does it"]
async fn a_million_real_lines_flat_out_reach_readers_that_fall_behind_whole_and_in_order() {
    let files = Directory::new();
    let broker = Broker::with(LARGE_STREAM).await;
    let subscribers = [
        ("Python websockets, slow, exact topic", python(&broker, "slow", "msgpack", "million.lines")),
        ("Python websockets, slow, wildcard", python(&broker, "slow", "json", "million.>")),
    ];
    through(&broker, &files, subscribers, &[]).await;
    let metrics = broker.metrics().await;
    let fallen_behind = metrics.count("fanfare_fallen_behind_total", &[]);
    let caught_up = metrics.count("fanfare_catch_up_messages_total", &[]);
    println!("fell behind {fallen_behind} times, and read {caught_up} lines from the stream");
    assert!(fallen_behind > 1, "a reader kept up: this proves nothing of it");
}

/// Publishes the lines; every one must reach each subscriber.
async fn through<const N: usize>(
    broker: &Broker,
    files: &Directory,
    subscribers: [(&'static str, Command); N],
    pace: &[&str],
) {
    let input = files.path().join("input");
    collect_lines(&input);
    let mut running = Vec::new();
    for (number, (name, mut command)) in subscribers.into_iter().enumerate() {
        let output = files.path().join(number.to_string());
        let child = command.stdout(File::create(&output).unwrap()).stderr(Stdio::inherit()).spawn().unwrap();
        running.push((name, output, child));
    }
    broker.metric_reaches("fanfare_subscriptions", &[], N as u64).await;

    let begun = Instant::now();
    assert_success("fanfare pub", publish(broker, &input, pace)).await;
    println!("published {LINES} lines in {:.1?}", begun.elapsed());
    let wanted = checksum(&input).await;
    println!("{wanted}  {LINES} lines  published");
    for (name, output, child) in running {
        assert_success(name, child).await;
        let (lines, sum) = (count_lines(&output), checksum(&output).await);
        println!("{sum}  {lines} lines  {name}");
        assert_eq!((lines, &sum), (LINES, &wanted), "{name}");
    }
    println!("all heard after {:.1?}", begun.elapsed());
    eventually("all sessions to leave", async || {
        (broker.metrics().await.count("fanfare_connections", &[]) == 0).then_some(())
    })
    .await;
}

fn sub(broker: &Broker, pattern: &str, encoding: &str) -> Command {
    let mut command = command();
    command.args(["sub", pattern, "--raw", "--count", &LINES.to_string(), "--encoding", encoding]);
    command.env("FANFARE_SERVER", broker.url());
    command
}

fn python(broker: &Broker, deed: &str, encoding: &str, pattern: &str) -> Command {
    let program = workspace().join("target/peers/python/bin/python");
    assert!(program.exists(), "the peers are not installed: run ./tests/run once");
    let mut command = Command::new(program);
    command.arg(workspace().join("tests/peers/peer.py")).args([deed, &broker.url(), encoding, pattern]);
    command.arg(LINES.to_string()).kill_on_drop(true).stdin(Stdio::null());
    command
}

fn publish(broker: &Broker, input: &Path, pace: &[&str]) -> Child {
    let mut command = command();
    command.args(["pub", "million.lines", "--lines"]).args(pace);
    command.env("FANFARE_SERVER", broker.url());
    command.stdin(File::open(input).unwrap()).stderr(Stdio::inherit()).spawn().unwrap()
}

async fn assert_success(name: &str, mut child: Child) {
    let status = timeout(TIME_MAX, child.wait()).await;
    let status = status.unwrap_or_else(|_| panic!("{name} is not done after {TIME_MAX:?}")).unwrap();
    assert!(status.success(), "{name}: {status}");
}

async fn checksum(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().await.expect("sha256sum is there");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

fn count_lines(path: &Path) -> usize {
    let mut reader = BufReader::new(File::open(path).unwrap());
    let (mut lines, mut line) = (0, Vec::new());
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        lines += 1;
        line.clear();
    }
    lines
}

/// Writes the lines that this machine has in its package lists, sources and documents; from the beginning again if it
/// has too few.
fn collect_lines(path: &Path) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut lines = 0;
    while lines < LINES {
        let before = lines;
        for root in sources() {
            take_lines(root, &mut lines, &mut out);
        }
        println!("{lines} real lines");
        assert!(lines > before, "this machine has no text to publish");
    }
    out.flush().unwrap();
}

fn sources() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let crates = cargo.join("registry/src");
    vec!["/var/lib/dpkg/info".into(), "/usr/include".into(), crates, "/usr/share".into()]
}

/// Takes lines from the files below a directory, as many as still lack.
fn take_lines(root: PathBuf, lines: &mut usize, out: &mut impl Write) {
    let mut waiting = VecDeque::from([root]);
    while let Some(path) = waiting.pop_front() {
        if path.is_symlink() {
            continue;
        }
        if let Ok(entries) = std::fs::read_dir(&path) {
            let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            entries.sort();
            waiting.extend(entries);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            for line in text.lines().filter(|line| line.len() <= MAX_LINE_BYTES && !line.contains('\r')) {
                if *lines == LINES {
                    return;
                }
                out.write_all(line.as_bytes()).unwrap();
                out.write_all(b"\n").unwrap();
                *lines += 1;
            }
        }
    }
}
