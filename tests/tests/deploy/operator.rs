//! What the chart has for the Prometheus operator: held against the operator's types and schemas. No operator runs here.

use std::fmt::Write as _;

use serde_json::Value;

use crate::chart::{EVERYTHING, LEAST, find, resources};
use crate::files::read;
use crate::tools::yaml;
use crate::typed::Typed;

/// The kinds whose schema is not Kubernetes's own.
pub(crate) const KINDS: [&str; 2] = ["PrometheusRule", "ServiceMonitor"];

/// A program that takes these resources for what they say that they are, and has each validated.
fn program(resources: &[&Value]) -> Typed {
    let mut text = format!(
        "import {{ {}, I{} }} from \"@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1\";\n",
        KINDS.join(", "),
        KINDS.join(", I")
    );
    for (number, resource) in resources.iter().enumerate() {
        let kind = resource["kind"].as_str().unwrap();
        let _ = writeln!(text, "const r{number}: I{kind} = {resource};\nnew {kind}(r{number}).validate();");
    }
    Typed::new(&text)
}

#[tokio::test]
async fn service_monitor_and_rules_are_such_as_the_operator_takes() {
    let all = resources(EVERYTHING).await;
    let plain =
        resources(&format!("{LEAST}serviceMonitor: {{enabled: true}}\nfullnameOverride: push\n")).await;
    let theirs: Vec<_> =
        all.iter().chain(&plain).filter(|one| KINDS.contains(&one["kind"].as_str().unwrap())).collect();
    assert_eq!(theirs.len(), 3);
    let program = program(&theirs);
    program.compile().await.fine();
    program.run().await.fine();
}

#[tokio::test]
async fn what_the_operator_does_not_take_is_found() {
    let all = resources(EVERYTHING).await;
    let monitor = find(&all, "ServiceMonitor", "push-fanfare");
    let mut unknown = monitor.clone();
    unknown["spec"]["endpoints"][0]["intervall"] = "15s".into();
    let found = program(&[&unknown]).compile().await.refused();
    assert!(found.contains("'\"intervall\"' does not exist"), "{found}");
    let mut wrong = monitor.clone();
    wrong["spec"]["endpoints"][0]["interval"] = "15 seconds".into();
    let wrong = program(&[&wrong]);
    wrong.compile().await.fine();
    let found = wrong.run().await.refused();
    assert!(found.contains("interval must match pattern"), "{found}");
}

#[tokio::test]
async fn its_rules_are_those_that_are_tested() {
    let rendered = resources(EVERYTHING).await;
    let rule = find(&rendered, "PrometheusRule", "push-fanfare");
    let rules = yaml(&read("prometheus/fanfare.rules.yml")).await.remove(0);
    assert_eq!(rule["spec"], rules);
    assert_eq!(rule["metadata"]["labels"]["release"], "prometheus");
}

/// The name of the job is the service's, unless something is relabelled.
#[tokio::test]
async fn the_rules_know_the_broker_by_its_job_whatever_the_release_is_called() {
    for values in [EVERYTHING.to_owned(), format!("{EVERYTHING}fullnameOverride: push\n")] {
        let all = resources(&values).await;
        let monitor = all.iter().find(|one| one["kind"] == "ServiceMonitor").unwrap();
        let named = &monitor["spec"]["endpoints"][0]["relabelings"][0];
        let service = all.iter().find(|one| {
            one["kind"] == "Service" && one["metadata"]["labels"]["app.kubernetes.io/component"] == "internal"
        });
        let job = if named["targetLabel"] == "job" {
            &named["replacement"]
        } else {
            &service.unwrap()["metadata"]["name"]
        };
        assert!(job.as_str().unwrap().contains("fanfare"), "{job}");
    }
}
