//! A server under measurement: a child process on a CPU of its own.

use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::{io, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::error::{Doing, LoadError};
use crate::launch::{Files, Launch};
use crate::listens::{Found, Listens};

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
    found: Found,
    /// Kept open: a server that prints into a closed pipe may end.
    _stdout: Option<ChildStdout>,
    _files: Option<Files>,
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
    /// Starts a server and waits until it listens. What it prints as errors goes to `log`.
    ///
    /// # Errors
    /// It can't be started, or doesn't listen in time.
    pub fn start(launch: Launch, cpus: Cpus, log: File) -> Result<Self, LoadError> {
        let Launch { mut command, listens, files } = launch;
        let logs = listens == Listens::Logs;
        let errors = if logs { Stdio::piped() } else { log.try_clone().doing("keep a log")?.into() };
        command.stdin(Stdio::null()).stdout(if logs { Stdio::null() } else { Stdio::piped() }).stderr(errors);
        let mut child = cpus.spawn(&mut command)?;
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let found = match (&mut stdout, &mut stderr) {
            (Some(output), _) => listens.wait(output),
            (_, Some(output)) => listens.wait(output),
            _ => Err(LoadError::Server("has no output".into())),
        };
        if let Some(stderr) = stderr {
            pass_on(stderr, log);
        }
        match found {
            Ok(found) => Ok(Self { child, found, _stdout: stdout, _files: files }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.found.address
    }

    /// Where its API is, for requests over HTTP.
    ///
    /// # Errors
    /// It has none.
    pub fn api(&self) -> Result<SocketAddr, LoadError> {
        self.found.api.ok_or(LoadError::Unsupported("an API over HTTP"))
    }

    /// The path of its WebSocket.
    pub fn path(&self) -> &str {
        &self.found.path
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

/// Passes what a server logs on to a file, until the server ends.
fn pass_on(mut from: ChildStderr, mut to: File) {
    // Neither end can fail in a way that matters to a measurement.
    thread::spawn(move || drop(io::copy(&mut from, &mut to)));
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
