//! A server under measurement: a child process on a CPU of its own.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::error::{Doing, LoadError};

/// Longest time that a server takes until it says where it listens.
const START_MAX: Duration = Duration::from_secs(10);

/// One CPU for the server, another for the generator.
#[derive(Clone, Copy, Debug)]
pub struct Cpus {
    server: usize,
    generator: usize,
}

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    path: String,
    /// Kept open: a server that prints into a closed pipe may end.
    _stdout: ChildStdout,
}

impl Cpus {
    /// The first two CPUs that this process may use.
    ///
    /// # Errors
    /// There are fewer than two.
    pub fn pick() -> Result<Self, LoadError> {
        let allowed = sched_getaffinity(None).doing("ask for the CPUs")?;
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu));
        match (allowed.next(), allowed.next()) {
            (Some(server), Some(generator)) => Ok(Self { server, generator }),
            _ => Err(LoadError::Machine("server and generator need a CPU each".into())),
        }
    }

    /// Keeps the calling thread on the generator's CPU from now on.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn enter_generator(self) -> Result<(), LoadError> {
        pin_to(self.generator)
    }

    /// Starts a child that is on the server's CPU from its first instruction: it inherits that from us.
    fn spawn(self, command: &mut Command) -> Result<Child, LoadError> {
        pin_to(self.server)?;
        let child = command.spawn();
        self.enter_generator()?;
        child.map_err(|error| {
            LoadError::Server(format!("cannot start {}: {error}", command.get_program().display()))
        })
    }
}

impl Server {
    /// Starts a server and waits until it has printed the `ws://` URL where it listens. What it prints as errors
    /// goes to `log`.
    ///
    /// # Errors
    /// It can't be started, or doesn't say where it listens.
    pub fn start(mut command: Command, cpus: Cpus, log: File) -> Result<Self, LoadError> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = cpus.spawn(&mut command)?;
        let found = match child.stdout.take() {
            Some(mut stdout) => await_url(&mut stdout).map(|(address, path)| (address, path, stdout)),
            None => Err(LoadError::Server("has no standard output".into())),
        };
        match found {
            Ok((address, path, stdout)) => Ok(Self { child, address, path, _stdout: stdout }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The path of its WebSocket.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Lets this process, and the servers that it starts, open as many files as the machine allows.
///
/// # Errors
/// Fewer than `needed` are allowed.
pub fn raise_file_limit(needed: u64) -> Result<(), LoadError> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).doing("raise the file limit")?;
    match limit.maximum {
        Some(maximum) if maximum < needed => Err(LoadError::Machine(format!(
            "{needed} open files are needed, {maximum} are allowed (ulimit -Hn)"
        ))),
        _ => Ok(()),
    }
}

/// A child that has ended already needs no killing, and nothing else can fail here.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn pin_to(cpu: usize) -> Result<(), LoadError> {
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    sched_setaffinity(None, &cpus).doing("keep to one CPU")
}

fn await_url(stdout: &mut ChildStdout) -> Result<(SocketAddr, String), LoadError> {
    let deadline = Instant::now() + START_MAX;
    let mut printed = Vec::new();
    loop {
        let said = String::from_utf8_lossy(&printed);
        if let Some(url) = find_url(&said) {
            return Ok(url);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap_or_default();
        let ready =
            poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&timeout)).doing("wait for a server")?;
        let mut some = [0; 1024];
        match if ready == 0 { 0 } else { stdout.read(&mut some).doing("read from a server")? } {
            0 => return Err(LoadError::Server(format!("did not say where it listens, but: {said}"))),
            bytes => printed.extend_from_slice(&some[..bytes]),
        }
    }
}

/// The address and path of the first whole line with `ws://ADDRESS:PORT/PATH` in it.
fn find_url(printed: &str) -> Option<(SocketAddr, String)> {
    printed.split_inclusive('\n').filter(|line| line.ends_with('\n')).find_map(|line| {
        let (_, url) = line.split_once("ws://")?;
        let url = url.split(char::is_whitespace).next()?;
        let (address, path) = url.find('/').map_or((url, "/"), |slash| url.split_at(slash));
        Some((address.parse().ok()?, path.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(printed: &str, expected: Option<(&str, &str)>) {
        let found = find_url(printed).map(|(address, path)| (address.to_string(), path));
        assert_eq!(
            found,
            expected.map(|(address, path)| (address.to_owned(), path.to_owned())),
            "{printed:?}"
        );
    }

    #[test]
    fn the_address_is_found_among_other_lines() {
        check("hello\nlistening on ws://127.0.0.1:7440/ws\n", Some(("127.0.0.1:7440", "/ws")));
        check(
            "  try ws://127.0.0.1:1/ws now\ninternal on http://127.0.0.1:2/\n",
            Some(("127.0.0.1:1", "/ws")),
        );
        check("ws://[::1]:9\n", Some(("[::1]:9", "/")));
    }

    #[test]
    fn a_line_that_is_not_whole_is_waited_for() {
        check("listening on ws://127.0.0.1:74", None);
        check("listening on http://127.0.0.1:7441/\n", None);
    }
}
