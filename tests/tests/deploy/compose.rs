//! The image's recipe and `compose.yaml`: read by the tools that read them for real. No engine runs here, so nothing is
//! built or started.

use std::collections::BTreeSet;

use fanfare_tests::workspace;
use serde_json::Value;
use tokio::process::Command;

use crate::files::{path, read};
use crate::settings::{Settings, millis};
use crate::tools::{installed, run, run_command};

/// The value behind `ARG name=`, which must be the same each time.
fn argument(dockerfile: &str, name: &str) -> String {
    let prefix = format!("ARG {name}=");
    let values: BTreeSet<_> = dockerfile.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values.into_iter().next().unwrap().to_owned()
}

/// The variables that the image sets.
pub(crate) fn image_variables() -> Vec<(String, String)> {
    let text = read("Dockerfile").replace("\\\n", "");
    let line = text.lines().find_map(|line| line.strip_prefix("ENV ")).unwrap();
    let pairs = line.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn the_recipe_of_the_image_has_no_finding_and_builds_this_version() {
    run(installed("deploy/bin/hadolint"), &["deploy/Dockerfile"]).await.fine();
    let recipe = read("Dockerfile");
    assert_eq!(argument(&recipe, "VERSION"), env!("CARGO_PKG_VERSION"));
    assert_eq!(argument(&recipe, "RUST"), env!("CARGO_PKG_RUST_VERSION"));
}

#[tokio::test]
async fn the_image_opens_both_ports_and_so_does_not_start_until_it_is_said_who_may_enter() {
    let refused = crate::settings::check(None, &image_variables()).await.refused();
    assert!(refused.contains("is beyond loopback, which needs authentication"), "{refused}");
    let mut variables = image_variables();
    variables.push(("FANFARE_ALLOW_ANONYMOUS".into(), "true".into()));
    let settings = Settings::with(None, &variables).await;
    assert_eq!(
        (settings.get("listen"), settings.get("internal")),
        (&"0.0.0.0:7440".into(), &"0.0.0.0:7441".into())
    );
}

/// What the build of the image sees is a workspace: nothing that its manifests name is left out.
#[tokio::test]
async fn what_the_build_of_the_image_sees_is_whole() {
    let files = fanfare_tests::files::Directory::new();
    let context = files.path().join("context");
    let mut copy = Command::new("bash");
    copy.arg(workspace().join("tests/deploy/context")).arg(&context).current_dir(workspace());
    run_command(copy).await.fine();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1"]).current_dir(&context);
    let metadata: Value = serde_json::from_str(&run_command(cargo).await.fine()).unwrap();
    let ours = metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null());
    let targets = ours.flat_map(|package| package["targets"].as_array().unwrap());
    for target in targets {
        let source = target["src_path"].as_str().unwrap();
        assert!(std::path::Path::new(source).exists(), "{source}");
    }
    assert!(!context.join("target").exists() && !context.join(".git").exists());
}

/// `compose.yaml` as Compose reads it.
async fn composed() -> Value {
    let mut compose = Command::new(installed("deploy/bin/docker-compose"));
    compose.args(["-f", "deploy/compose.yaml", "config", "--format", "json"]).current_dir(workspace());
    serde_json::from_str(&run_command(compose).await.fine()).unwrap()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

#[tokio::test]
async fn every_port_of_the_composition_is_for_this_machine_alone_and_every_file_is_there() {
    let composed = composed().await;
    let services = composed["services"].as_object().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["fanfare", "grafana", "prometheus", "proxy"]);
    for (name, service) in services {
        assert!(list(service, "ports").count() > 0, "{name}");
        for port in list(service, "ports") {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}: {port}");
        }
        for volume in list(service, "volumes").filter(|volume| volume["type"] == "bind") {
            let source = volume["source"].as_str().unwrap();
            assert!(std::path::Path::new(source).exists(), "{name}: {source}");
            assert_eq!(volume["read_only"], true, "{name}: {source}");
        }
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
    }
}

#[tokio::test]
async fn the_broker_of_the_composition_starts_believes_its_proxy_alone_and_has_time_to_stop() {
    let composed = composed().await;
    let (broker, proxy) = (&composed["services"]["fanfare"], &composed["services"]["proxy"]);
    let mut variables = image_variables();
    for (name, value) in broker["environment"].as_object().unwrap() {
        variables.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    let settings = Settings::with(None, &variables).await;
    let trusted = settings.get("trusted_proxies");
    assert_eq!(*trusted, serde_json::json!([proxy["networks"]["inside"]["ipv4_address"]]));
    let grace = millis(&broker["stop_grace_period"].as_str().unwrap().replace("1m0s", "60s"));
    assert!(grace >= settings.drain_millis() + 10_000, "{grace} ms");
    let port = settings.get("listen").as_str().unwrap().rsplit_once(':').unwrap().1;
    assert_eq!(proxy["environment"]["FANFARE_BROKER"], format!("fanfare:{port}"));
    let prometheus = read("prometheus/compose.yml");
    let internal = settings.get("internal").as_str().unwrap().rsplit_once(':').unwrap().1;
    assert!(prometheus.contains(&format!("\"fanfare:{internal}\"")), "{prometheus}");
    assert!(
        list(&serde_json::json!({"hosts": settings.get("allowed_hosts")}), "hosts")
            .any(|host| host == "fanfare")
    );
}

#[tokio::test]
async fn caddy_understands_its_file_as_the_composition_uses_it() {
    let composed = composed().await;
    let mut caddy = Command::new("caddy");
    caddy.args(["adapt", "--adapter", "caddyfile", "--validate", "--config"]).arg(path("proxy/Caddyfile"));
    for (name, value) in composed["services"]["proxy"]["environment"].as_object().unwrap() {
        caddy.env(name, value.as_str().unwrap());
    }
    let adapted: Value = serde_json::from_str(&run_command(caddy).await.fine()).unwrap();
    assert_eq!(adapted["apps"]["http"]["servers"]["srv0"]["listen"], serde_json::json!([":7440"]));
    assert!(adapted.to_string().contains(r#""dial":"fanfare:7440""#), "{adapted}");
}
