//! The runbook: its commands that ask a broker or Prometheus are run as they stand, and each finds something.

use std::os::unix::fs::symlink;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Setup, binary, http};
use tokio::process::Command;

use super::prometheus::Prometheus;
use crate::files::read;
use crate::tools::{Said, run_command};

/// What the commands speak of, where it is here.
struct Here<'a> {
    broker: &'a Broker,
    prometheus: &'a Prometheus,
    files: &'a Directory,
}

impl Here<'_> {
    /// Runs a line of the runbook in a shell. It fails if any part of a pipe does, `grep` without a find too.
    async fn run(&self, line: &str) -> Said {
        let internal = self.broker.internal().to_string();
        let line = line.replace("127.0.0.1:7441", &internal);
        let line = line.replace("127.0.0.1:9090", &self.prometheus.address().to_string());
        let line = line.replace("/etc/fanfare/", &format!("{}/", self.files.path().display()));
        let line = match line.split_once(" | ") {
            Some((journal, find)) if journal.starts_with(JOURNAL) => format!("grep '' log | {find}"),
            _ => line,
        };
        // The one is drawn on a terminal until it is left.
        let line = line.replace("fanfare top", "fanfare top --once").replace("curl -", "curl -f -");
        let mut shell = Command::new("bash");
        let path = format!("{}:{}", self.files.path().display(), std::env::var("PATH").unwrap());
        shell.current_dir(self.files.path());
        shell.args(["-o", "pipefail", "-c", &line]).env("PATH", path);
        shell
            .env("FANFARE_SERVER", format!("ws://{}", self.broker.client()))
            .env("FANFARE_HTTP", format!("http://{internal}"));
        shell.env("FANFARE_INTERNAL", &internal).env("TOKEN", TOKEN);
        shell.env("JWKS_URL", format!("http://{internal}/healthz"));
        run_command(shell).await
    }
}

/// What the broker writes is in a file here.
const JOURNAL: &str = "journalctl -u fanfare";

/// One that anybody could have made.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MX0.AAAA";

/// Its lines of shell, but for those that need a machine with systemd; of a list the part after it.
fn lines(runbook: &str) -> Vec<&str> {
    let blocks = runbook.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| !line.is_empty());
    let lines = lines.map(|line| line.strip_prefix("systemctl status fanfare && ").unwrap_or(line));
    let here = ["fanfare ", "curl "];
    // Of the faults that are looked for in the log, two have happened.
    let logged =
        |line: &str| line.starts_with(JOURNAL) && ["'is refused'", "'span|"].iter().any(|w| line.contains(w));
    lines.filter(|line| here.iter().any(|program| line.starts_with(program)) || logged(line)).collect()
}

/// A broker at which something has happened.
async fn busy(config: &str) -> Broker {
    let broker = Setup::default().config(config).start().await;
    assert_eq!(http::get(broker.client(), "/ws").await.status, 426);
    Client::json(&broker).await.publish("a", "b").await;
    broker
}

#[tokio::test]
async fn every_command_of_the_runbook_that_asks_a_broker_or_prometheus_finds_something() {
    let files = Directory::new();
    let config = "[tracing]\nendpoint = \"http://127.0.0.1:1\"\nsample_ratio = 1.0\n";
    files.write("fanfare.toml", config);
    symlink(binary(), files.path().join("fanfare")).unwrap();
    let broker = busy(config).await;
    let prometheus = Prometheus::watching(&[&broker], &read("prometheus/fanfare.rules.yml")).await;
    let here = Here { broker: &broker, prometheus: &prometheus, files: &files };
    broker.logs("spans were not taken").await;
    files.write("log", broker.log());
    let runbook = read("RUNBOOK.md");
    let lines = lines(&runbook);
    assert!(lines.len() > 20, "{lines:?}");
    for line in lines {
        let said = here.run(line).await;
        let told = format!("{}{}", said.out, said.err);
        // Whoever is ready says nothing.
        let is_quiet = line.starts_with("fanfare ready");
        assert!(said.success && told.is_empty() == is_quiet, "{line}: {told}");
    }
}

#[tokio::test]
async fn a_command_that_finds_nothing_is_found() {
    let files = Directory::new();
    symlink(binary(), files.path().join("fanfare")).unwrap();
    let broker = Broker::start().await;
    let prometheus = Prometheus::watching(&[&broker], "groups: []").await;
    let here = Here { broker: &broker, prometheus: &prometheus, files: &files };
    for line in [
        "curl -s http://127.0.0.1:7441/metrics | grep '^fanfare_no_family'",
        "curl -s http://127.0.0.1:7441/v1/nothing",
        "fanfare check /etc/fanfare/fanfare.toml",
    ] {
        here.run(line).await.refused();
    }
}
