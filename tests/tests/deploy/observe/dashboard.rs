//! The dashboard: every query is asked of a real Prometheus that scrapes a loaded broker. Grafana itself is not run.

use std::collections::BTreeSet;
use std::process::Stdio;

use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, Pair};
use fanfare_tests::{Broker, command, eventually, workspace};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Child;

use super::prometheus::Prometheus;
use crate::files::read;

const DASHBOARD: &str = "grafana/dashboards/fanfare.json";

pub(super) fn dashboard() -> Value {
    serde_json::from_str(&read(DASHBOARD)).unwrap()
}

/// The panels, without the rows above them.
pub(super) fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

fn queries(panel: &Value) -> impl Iterator<Item = &str> {
    panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap())
}

/// The names of families in a text: words that begin as ours or the process's.
fn families(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("fanfare_") || word.starts_with("process_")).collect()
}

/// The families of a histogram's parts.
fn whole(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

#[tokio::test]
async fn every_family_is_on_a_panel_or_listed_as_not_shown() {
    let (dashboard, list) = (dashboard(), read("grafana/dashboards/README.md"));
    let shown: BTreeSet<_> = panels(&dashboard).flat_map(queries).flat_map(families).map(whole).collect();
    let rows = list.lines().filter(|line| line.starts_with("| `"));
    let left_out: BTreeSet<_> = rows.flat_map(|row| families(row.split('|').nth(1).unwrap())).collect();
    let pinned = std::fs::read_to_string(workspace().join("broker/src/server/families.txt")).unwrap();
    let pinned = pinned.lines().map(|line| line.split(' ').nth(1).unwrap());
    let metrics = Broker::start().await.metrics().await;
    let exposed: BTreeSet<_> = metrics.families.keys().map(String::as_str).chain(pinned).collect();
    assert_eq!(
        exposed.difference(&shown).copied().collect::<BTreeSet<_>>(),
        left_out,
        "neither shown nor listed, or both"
    );
    let unknown: Vec<_> = shown.difference(&exposed).collect();
    assert!(unknown.is_empty(), "no broker exposes {unknown:?}");
}

/// A server of one key set, and its address.
async fn key_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // The public key of RFC 8037's example.
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let body = json!({"keys": [key]}).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// A broker with a certificate and an issuer, so that their families have something to tell.
async fn guarded(files: &Directory) -> Broker {
    let Pair { cert, key } = Authority::new().sign();
    let path = |name: &str, pem: String| files.write(name, pem).display().to_string();
    let (cert, key) = (path("cert.pem", cert), path("key.pem", key));
    let url = key_server().await;
    Broker::with(&format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n\n[[auth.issuer]]\njwks_url = {url:?}\n"))
        .await
}

/// A bounded load, which goes when dropped.
fn load(broker: &Broker) -> Child {
    let mut bench = command();
    bench.args(["bench", "--connections", "20", "--topics", "4", "--rate", "200", "--duration", "60s"]);
    bench.env("FANFARE_SERVER", format!("ws://{}", broker.client()));
    bench.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn every_query_gives_data_of_a_loaded_broker() {
    let files = Directory::new();
    let (loaded, guarded) = (Broker::start().await, guarded(&files).await);
    let _load = load(&loaded);
    let prometheus = Prometheus::watching(&[&loaded, &guarded], &read("prometheus/fanfare.rules.yml")).await;
    let dashboard = dashboard();
    for panel in panels(&dashboard) {
        for query in queries(panel) {
            let filled =
                query.replace("$job", "fanfare").replace("$instance", ".*").replace("$__rate_interval", "5s");
            assert!(!filled.contains('$'), "{query}: an unknown variable");
            let is_number = |sample: &Value| sample["value"][1].as_str().is_some_and(|value| value != "NaN");
            eventually(format!("data of {}: {filled}", panel["title"]), async || {
                prometheus.query(&filled).await.iter().any(is_number).then_some(())
            })
            .await;
        }
    }
    for variable in
        dashboard["templating"]["list"].as_array().unwrap().iter().filter(|v| v["type"] == "query")
    {
        let definition = variable["query"]["query"].as_str().unwrap();
        let inside =
            definition.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap();
        let (series, label) = inside.rsplit_once(", ").unwrap();
        let series = series.replace("$job", "fanfare");
        let values = prometheus.query(&format!("count by ({label}) ({series})")).await;
        assert!(!values.is_empty() && values.iter().all(|v| v["metric"][label].is_string()), "{definition}");
    }
}
