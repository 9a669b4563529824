//! A real Prometheus that scrapes brokers.

use std::fmt::Write as _;
use std::fs::File;
use std::net::SocketAddr;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, eventually, http};
use serde_json::Value;
use tokio::process::{Child, Command};

/// A Prometheus that runs; it goes when dropped.
#[derive(Debug)]
pub(super) struct Prometheus {
    address: SocketAddr,
    files: Directory,
    _child: Child,
}

impl Prometheus {
    /// One that scrapes these brokers and goes by these rules, several times a second.
    pub(super) async fn watching(brokers: &[&Broker], rules: &str) -> Self {
        let files = Directory::new();
        files.write("fanfare.rules.yml", rules);
        let mut config = String::from(
            "global: {scrape_interval: 400ms, scrape_timeout: 400ms, evaluation_interval: 400ms}\n\
             rule_files: [\"*.rules.yml\"]\n\
             scrape_configs:\n- job_name: fanfare\n  static_configs:\n  - targets:\n",
        );
        for broker in brokers {
            let _ = writeln!(config, "    - {:?}", broker.internal().to_string());
        }
        let config = files.write("prometheus.yml", config);
        let log = File::create(files.path().join("log")).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.tsdb.path={}", files.path().join("data").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
        let child = command.kill_on_drop(true).stderr(log).spawn();
        let child = child.unwrap_or_else(|error| panic!("prometheus: {error}; run ./tests/run once"));
        let address = eventually("Prometheus to listen", async || listens(&read_log(&files))).await;
        let prometheus = Self { address, files, _child: child };
        let ready = async || (http::get(address, "/-/ready").await.status == 200).then_some(());
        eventually("Prometheus to be ready", ready).await;
        let scraped = async || (prometheus.query("up == 1").await.len() == brokers.len()).then_some(());
        eventually("every broker to be scraped", scraped).await;
        prometheus
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What this expression gives now: each with its labels and value.
    pub(super) async fn query(&self, expression: &str) -> Vec<Value> {
        let url = format!("http://{}/api/v1/query", self.address);
        let answer = http::curl(&["--data-urlencode", &format!("query={expression}"), &url]).await.json();
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{expression}: {answer}")).clone()
    }

    /// Whether this alert fires.
    pub(super) async fn fires(&self, alert: &str) -> bool {
        let firing = format!("ALERTS{{alertname={alert:?},alertstate=\"firing\"}}");
        !self.query(&firing).await.is_empty()
    }
}

impl Drop for Prometheus {
    #[allow(clippy::print_stderr, reason = "a failing test shows what Prometheus wrote")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Prometheus wrote:\n{}", read_log(&self.files));
        }
    }
}

fn read_log(files: &Directory) -> String {
    std::fs::read_to_string(files.path().join("log")).unwrap_or_default()
}

/// Where it listens, once it says so.
fn listens(log: &str) -> Option<SocketAddr> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut told = lines.filter(|line| line["msg"] == "Listening on");
    told.next()?["address"].as_str()?.parse().ok()
}
