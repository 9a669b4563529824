//! A broker of one's own: the built binary on free ports, for as long as a test needs it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use crate::files::Directory;
use crate::{Metrics, Setup, binary, eventually, http, resources, within};

/// What a broker logs when it listens.
const STARTED: &str = "the broker has started";

/// A running broker. When it is dropped it must still be running, must not have panicked, and is killed.
#[derive(Debug)]
pub struct Broker {
    child: Child,
    process: u32,
    client: SocketAddr,
    internal: SocketAddr,
    config: PathBuf,
    log: PathBuf,
    ended: bool,
    _files: Directory,
}

impl Broker {
    /// A broker with defaults.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// A broker with this configuration (TOML).
    pub async fn with(config: &str) -> Self {
        Setup::default().config(config).start().await
    }

    /// A broker with these lines under `[limits]`.
    pub async fn with_limits(limits: &str) -> Self {
        Self::with(&format!("[limits]\n{limits}")).await
    }

    pub(crate) async fn launch(setup: Setup) -> Self {
        let files = Directory::new();
        let config = files.write("fanfare.toml", &setup.config);
        let log = files.path().join("log");
        let mut child = command_under(&setup.under)
            .args(["serve", "--listen", &setup.listen, "--internal", "127.0.0.1:0", "--config"])
            .arg(&config)
            .args(&setup.flags)
            .envs(setup.variables)
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("the log can be written"))
            .spawn()
            .expect("the broker can be started");
        let process = child.id().expect("the broker was just started");
        let (client, internal) = announced(&mut child, &log).await;
        Self { child, process, client, internal, config, log, ended: false, _files: files }
    }

    /// Where clients connect.
    pub fn client(&self) -> SocketAddr {
        self.client
    }

    /// Where metrics and health are.
    pub fn internal(&self) -> SocketAddr {
        self.internal
    }

    /// Where clients connect, as a URL.
    pub fn url(&self) -> String {
        format!("ws://{}/ws", self.client)
    }

    /// The same for a broker that speaks TLS, under the name that its certificate is for.
    pub fn secure_url(&self) -> String {
        format!("wss://localhost:{}/ws", self.client.port())
    }

    /// The metrics now.
    pub async fn metrics(&self) -> Metrics {
        let page = http::get(self.internal, "/metrics").await;
        assert_eq!(page.status, 200, "{page:?}");
        Metrics::parse(&page.body)
    }

    /// Waits until the sum of a metric over the samples with these labels is as wanted.
    pub async fn metric_reaches(&self, name: &str, labels: &[(&str, &str)], wanted: u64) {
        let what = format!("{name} {labels:?} to be {wanted}");
        eventually(what, async || (self.metrics().await.count(name, labels) == wanted).then_some(())).await;
    }

    /// Waits until a session has ended for this reason.
    pub async fn closed_for(&self, reason: &str) {
        self.metric_reaches("fanfare_connections_closed_total", &[("reason", reason)], 1).await;
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Resident memory, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        resources::resident_bytes(self.process)
    }

    /// The most that was resident so far, in bytes.
    pub fn peak_resident_bytes(&self) -> u64 {
        resources::peak_resident_bytes(self.process)
    }

    /// Open file descriptors.
    pub fn open_files(&self) -> usize {
        resources::open_files(self.process)
    }

    /// Sets its limit of open files.
    pub fn allow_files(&self, files: usize) {
        resources::allow_files(self.process, files);
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it has written this to standard error; gives all that it wrote.
    pub async fn logs(&self, text: &str) -> String {
        let seen = async || Some(self.log()).filter(|log| log.contains(text));
        eventually(format!("the log to tell {text:?}"), seen).await
    }

    /// Asks it to stop (SIGTERM).
    pub async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Gives it another configuration (TOML), asks it to reload (SIGHUP), and waits until it has come to a result: `ok` or
    /// `failed`.
    pub async fn reload(&self, config: &str, result: &str) {
        const RELOADS: &str = "fanfare_config_reloads_total";
        let before = self.metrics().await.count(RELOADS, &[("result", result)]);
        fs::write(&self.config, config).expect("a file can be written");
        self.signal("HUP").await;
        self.metric_reaches(RELOADS, &[("result", result)], before + 1).await;
    }

    /// Sends it a signal.
    pub async fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name]).arg(self.process.to_string()).status().await;
        assert!(sent.expect("kill can be run").success(), "the broker is gone");
    }

    /// How it ended.
    pub async fn ended(self) -> ExitStatus {
        self.last_words().await.0
    }

    /// How it ended, and what it wrote to standard error.
    pub async fn last_words(mut self) -> (ExitStatus, String) {
        let status = within("the broker to end", self.child.wait()).await;
        self.ended = true;
        (status.expect("the broker is our child"), self.log())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let log = self.log();
        let ended = self.child.try_wait().ok().flatten();
        let _ = self.child.start_kill();
        if std::thread::panicking() {
            eprintln_log(&log);
            return;
        }
        assert!(self.ended || ended.is_none(), "the broker ended by itself ({ended:?}); it wrote:\n{log}");
        assert!(!log.contains("panicked"), "the broker panicked; it wrote:\n{log}");
    }
}

#[allow(clippy::print_stderr, reason = "a failing test shows what its broker wrote")]
fn eprintln_log(log: &str) {
    eprintln!("the broker wrote:\n{log}");
}

/// The binary, with none of this environment's own settings; it is killed when dropped.
pub fn command() -> Command {
    prepared(Command::new(binary()))
}

/// The same, run by a program with its arguments, if there is one.
fn command_under(program: &[String]) -> Command {
    let Some((program, arguments)) = program.split_first() else { return command() };
    let mut command = Command::new(program);
    command.args(arguments).arg(binary());
    prepared(command)
}

fn prepared(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FANFARE_") {
            command.env_remove(name);
        }
    }
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Where a broker says in its log that it listens: for clients, and for those who run it.
async fn announced(child: &mut Child, log: &Path) -> (SocketAddr, SocketAddr) {
    let told = eventually("the broker to say that it has started", async || {
        let text = fs::read_to_string(log).unwrap_or_default();
        let ended = child.try_wait().expect("the broker is our child");
        assert!(ended.is_none(), "the broker did not start; it wrote:\n{text}");
        let line = text.split_inclusive('\n').find(|line| line.contains(STARTED) && line.ends_with('\n'))?;
        Some((address(line, "ws")?, address(line, "http")?))
    });
    told.await
}

/// The address in the first URL of a line that begins so, with or without TLS.
fn address(line: &str, scheme: &str) -> Option<SocketAddr> {
    let plain = format!("{scheme}://");
    let (_, rest) = line.split_once(&plain).or_else(|| line.split_once(&format!("{scheme}s://")))?;
    rest.split('/').next()?.parse().ok()
}
