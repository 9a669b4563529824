//! The alert rules: by the unit tests of promtool, and by a real Prometheus that sees faults come and go.

use std::collections::{BTreeMap, BTreeSet};

use fanfare_tests::{Broker, Client, Raw, eventually, http, masked, workspace};
use serde_json::{Value, json};

use super::prometheus::Prometheus;
use crate::files::{adapt, path, read};
use crate::tools::{run, yaml};

const RULES: &str = "prometheus/fanfare.rules.yml";
const TESTS: &str = "tests/deploy/alerts.test.yml";

/// Every alert.
async fn alerts() -> Vec<Value> {
    let rules = yaml(&read(RULES)).await.remove(0);
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap().clone());
    rules.filter(|rule| rule.get("alert").is_some()).collect()
}

fn names(alerts: &[Value]) -> BTreeSet<String> {
    alerts.iter().map(|alert| alert["alert"].as_str().unwrap().to_owned()).collect()
}

/// The rules scaled down to seconds: each window is three seconds, each `for` half a second. Thresholds stay.
fn scaled() -> String {
    let mut text = read(RULES);
    for window in ["2m", "5m", "15m", "30m", "1h"] {
        text = text.replace(&format!("[{window}]"), "[3s]");
    }
    let line = |line: &str| match line.split_once("for: ") {
        Some((indent, _)) if indent.trim().is_empty() => format!("{indent}for: 500ms\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[tokio::test]
async fn every_alert_is_silent_then_fires_alone_and_is_silent_again() {
    run("promtool", &["check", "rules", &path(RULES).display().to_string()]).await.fine();
    run("promtool", &["test", "rules", TESTS]).await.fine();
    let tests = std::fs::read_to_string(workspace().join(TESTS)).unwrap();
    let cases = yaml(&tests).await.remove(0)["tests"].as_array().unwrap().clone();
    let mut fired = BTreeSet::new();
    for case in &cases {
        let looks = case["promql_expr_test"].as_array().unwrap();
        let (firing, silent): (Vec<_>, Vec<_>) =
            looks.iter().partition(|look| look["exp_samples"].is_array());
        assert!(!silent.is_empty(), "{case} is never silent");
        for name in names(&alerts().await) {
            let sign = format!("alertname=\"{name}\"");
            if firing.iter().any(|look| look.to_string().replace("\\\"", "\"").contains(&sign)) {
                fired.insert(name);
            }
        }
    }
    assert_eq!(fired, names(&alerts().await), "an alert without a test");
}

/// That the unit tests can fail: without any one alert, they do.
#[tokio::test]
async fn the_unit_tests_miss_an_alert_that_no_longer_fires() {
    let files = fanfare_tests::files::Directory::new();
    let tests = std::fs::read_to_string(workspace().join(TESTS)).unwrap();
    let tests = adapt(&tests, &[(1, "../../deploy/prometheus/fanfare.rules.yml", "rules.yml")]);
    let tests = files.write("test.yml", tests).display().to_string();
    files.write(
        "rules.yml",
        adapt(
            &read(RULES),
            &[(1, "{reason=~\"dropped|expired\"}) > 1\n", "{reason=~\"dropped|expired\"}) > 100\n")],
        ),
    );
    let said = run("promtool", &["test", "rules", &tests]).await.refused();
    assert!(said.contains("FanfareGaps"), "{said}");
}

#[tokio::test]
async fn every_alert_says_how_urgent_it_is_and_has_its_entry_in_the_runbook() {
    let runbook = read("RUNBOOK.md");
    let texts: BTreeMap<_, _> = runbook
        .split("\n## ")
        .skip(1)
        .map(|text| (text.lines().next().unwrap().to_lowercase(), text))
        .collect();
    for (name, text) in &texts {
        assert!(text.contains("**Users**") || text.contains("**users**"), "{name}: who feels what?");
        assert!(text.contains("```sh\n"), "{name} has no command to begin with");
    }
    let mut used = BTreeSet::new();
    for alert in alerts().await {
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["page", "ticket"].contains(&severity), "{alert}");
        let link = alert["annotations"]["runbook"].as_str().unwrap();
        let entry = link.strip_prefix("deploy/RUNBOOK.md#").unwrap_or_else(|| panic!("{link}"));
        let text = texts.get(entry).unwrap_or_else(|| panic!("{link} leads nowhere"));
        assert!(text.contains(&format!("**{severity}")), "{entry} does not say {severity}");
        used.insert(entry.to_owned());
    }
    assert!(texts.keys().eq(&used), "entries that no alert leads to: {used:?}");
}

async fn fires(prometheus: &Prometheus, alert: &str, mut provoke: impl AsyncFnMut()) {
    eventually(format!("{alert} to fire"), async || {
        provoke().await;
        prometheus.fires(alert).await.then_some(())
    })
    .await;
}

async fn clears(prometheus: &Prometheus, alert: &str) {
    eventually(format!("{alert} to clear"), async || (!prometheus.fires(alert).await).then_some(())).await;
}

/// With the rules scaled down to seconds.
#[tokio::test]
async fn alerts_of_a_real_prometheus_fire_while_there_is_a_fault_and_clear_after_it() {
    const READERS: u32 = 12;
    let broker = Broker::start().await;
    let prometheus = Prometheus::watching(&[&broker], &scaled()).await;
    let nothing = async || {};

    // Somebody breaks the configuration.
    broker.reload("no = \"setting\"", "failed").await;
    fires(&prometheus, "FanfareConfigReloadFailed", nothing).await;
    broker.reload("", "ok").await;
    clears(&prometheus, "FanfareConfigReloadFailed").await;

    // A proxy passes on no upgrade.
    fires(&prometheus, "FanfareHandshakesRefused", async || {
        assert_eq!(http::get(broker.client(), "/ws").await.status, 426);
    })
    .await;
    clears(&prometheus, "FanfareHandshakesRefused").await;

    // A client subscribes and never reads.
    let mut deaf = Raw::open(broker.client()).await;
    for sub in 1..=READERS {
        let subscribe = json!({"op": "subscribe", "sub": sub, "pattern": "a"}).to_string();
        deaf.write(&masked(0x81, subscribe.as_bytes())).await;
    }
    broker.metric_reaches("fanfare_subscriptions", &[], READERS.into()).await;
    let (mut publisher, payload) = (Client::json(&broker).await, "x".repeat(60_000));
    fires(&prometheus, "FanfareSubscriptionsBehind", async || {
        publisher.publish("a", &payload).await;
    })
    .await;
    drop(deaf);
    clears(&prometheus, "FanfareSubscriptionsBehind").await;

    // The broker is gone.
    clears(&prometheus, "FanfareDown").await;
    broker.terminate().await;
    fires(&prometheus, "FanfareDown", nothing).await;
    broker.ended().await;
}
