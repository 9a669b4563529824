//! The chart: rendered by Helm itself, its resources checked against the schemas of Kubernetes, and the broker asked what
//! it makes of the settings. No cluster runs here.

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, http};
use serde_json::{Value, json};

use crate::files::read;
use crate::operator;
use crate::settings::{Settings, check};
use crate::tools::{Said, installed, run, yaml};

/// The oldest version that the chart says it is for, one between, and the newest whose schemas there are.
const VERSIONS: [&str; 3] = ["1.27", "1.32", "1.36"];

const CHART: &str = "deploy/helm/fanfare";

/// A value for every switch.
pub(crate) const EVERYTHING: &str = r#"
image: {repository: registry.example.com/fanfare, tag: 0.1.0-1, digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
imagePullSecrets: [{name: registry}]
config: |
  [[auth.issuer]]
  secret_file = "/etc/fanfare/secrets/issuer"
  [limits]
  max_connections = 5000
allowedHosts: [push.example.com, other.example.com]
secretFiles: {issuer: "a secret of at least thirty-two bytes"}
tls: {secretName: clients}
internalTls: {secretName: inside}
drain: {delaySeconds: 7, windowSeconds: 20, timeoutSeconds: 40, saveSeconds: 60}
persistence: {size: 20Gi, storageClassName: fast, accessModes: [ReadWriteOncePod]}
service: {type: LoadBalancer, port: 443, externalTrafficPolicy: Local, loadBalancerSourceRanges: [203.0.113.0/24], annotations: {a: b}}
internalService: {annotations: {a: b}}
ingress: {enabled: true, className: nginx, tlsSecretName: clients}
networkPolicy:
  clientsFrom: [{ipBlock: {cidr: 203.0.113.0/24}}]
  internalFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
podDisruptionBudget: {maxUnavailable: 0}
serviceMonitor: {enabled: true, labels: {release: prometheus}, tlsConfig: {serverName: inside, ca: {secret: {name: inside, key: ca.crt}}}}
prometheusRule: {enabled: true, labels: {release: prometheus}}
env: [{name: FANFARE_LOG_LEVEL, value: debug}]
extraVolumes: [{name: more, emptyDir: {}}]
extraVolumeMounts: [{name: more, mountPath: /more}]
podAnnotations: {a: b}
podLabels: {a: b}
podSecurityContext: {sysctls: [{name: net.core.somaxconn, value: "4096"}]}
nodeSelector: {a: b}
tolerations: [{key: a, operator: Exists}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}
topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
priorityClassName: high
"#;

/// The least that starts.
pub(crate) const LEAST: &str = "allowAnonymous: true\n";

/// What Helm does with the chart and these values.
async fn helm(command: &str, values: &str, more: &[&str]) -> Said {
    let files = Directory::new();
    let values = files.write("values.yaml", values).display().to_string();
    let named: &[&str] = if command == "template" { &["push"] } else { &[] };
    let arguments = [&[command][..], named, &[CHART, "--values", &values], more].concat();
    run(installed("chart/helm"), &arguments).await
}

/// The resources of a release named `push`.
pub(crate) async fn resources(values: &str) -> Vec<Value> {
    yaml(&helm("template", values, &[]).await.fine()).await
}

/// The one of this kind and name.
pub(crate) fn find<'v>(resources: &'v [Value], kind: &str, name: &str) -> &'v Value {
    let mut found = resources.iter().filter(|one| one["kind"] == kind && one["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn kinds(resources: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> = resources.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

/// The container of the broker.
fn container(resources: &[Value]) -> &Value {
    &find(resources, "StatefulSet", "push-fanfare")["spec"]["template"]["spec"]["containers"][0]
}

#[tokio::test]
async fn helm_finds_nothing_to_say_against_it() {
    for values in [LEAST, EVERYTHING] {
        let said = helm("lint", values, &["--strict"]).await.fine();
        assert!(said.contains("0 chart(s) failed"), "{said}");
    }
}

#[tokio::test]
async fn every_resource_is_one_for_every_version_that_it_is_said_to_be_for() {
    let oldest = read("helm/fanfare/Chart.yaml");
    assert!(oldest.contains(&format!("kubeVersion: \">={}.0-0\"", VERSIONS[0])), "{oldest}");
    for values in [LEAST, EVERYTHING] {
        let files = Directory::new();
        let all = resources(values).await;
        let known = all.iter().filter(|one| !operator::KINDS.contains(&one["kind"].as_str().unwrap()));
        let paths: Vec<_> = known
            .enumerate()
            .map(|(number, one)| {
                files.write(&format!("{number}.yaml"), one.to_string()).display().to_string()
            })
            .collect();
        for version in VERSIONS {
            let mut arguments = vec!["--strict", "--kubernetes-version", version];
            arguments.extend(paths.iter().map(String::as_str));
            run(installed("deploy/bin/kubernetes-validate"), &arguments).await.fine();
        }
    }
}

#[tokio::test]
async fn what_is_off_is_not_there_and_what_is_on_is() {
    let least = ["ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "StatefulSet"];
    assert_eq!(kinds(&resources(LEAST).await), least);
    let all = resources(EVERYTHING).await;
    for kind in ["Ingress", "PrometheusRule", "Secret", "ServiceMonitor"] {
        assert!(kinds(&all).contains(&kind), "{kind}");
    }
    let monitored = &find(&all, "ServiceMonitor", "push-fanfare")["spec"];
    let selected = monitored["selector"]["matchLabels"].as_object().unwrap();
    let services = all.iter().filter(|one| one["kind"] == "Service");
    let meets = |one: &&Value| selected.iter().all(|(name, value)| one["metadata"]["labels"][name] == *value);
    let met: Vec<_> = services.filter(meets).collect();
    assert_eq!(met.len(), 1);
    assert_eq!(met[0]["spec"]["ports"][0]["name"], monitored["endpoints"][0]["port"]);
}

/// The variables of the container, as the broker gets them.
fn variables(container: &Value) -> Vec<(String, String)> {
    let variables = container["env"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    variables.map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect()
}

/// What the broker in the pod would run with: its configuration as a file, its Secrets as files, its variables.
async fn settings(values: &str) -> (Settings, Vec<Value>) {
    let all = resources(values).await;
    let files = Directory::new();
    let (directory, toml) = (
        files.path().display().to_string(),
        &find(&all, "ConfigMap", "push-fanfare")["data"]["fanfare.toml"],
    );
    let authority = fanfare_tests::tls::Authority::new();
    authority.sign().write(&files);
    files.write("issuer", "a secret of at least thirty-two bytes");
    let local = |text: &str| {
        let text = text.replace("/etc/fanfare/secrets/", &format!("{directory}/"));
        let text = text.replace("/etc/fanfare/tls/tls.crt", &format!("{directory}/cert.pem"));
        let text = text.replace("/etc/fanfare/tls/tls.key", &format!("{directory}/key.pem"));
        let text = text.replace("/etc/fanfare/internal-tls/tls.crt", &format!("{directory}/cert.pem"));
        text.replace("/etc/fanfare/internal-tls/tls.key", &format!("{directory}/key.pem"))
    };
    let config = files.write("fanfare.toml", local(toml.as_str().unwrap()));
    let variables = variables(container(&all)).into_iter();
    let variables: Vec<_> = variables
        .filter(|(name, _)| name != "FANFARE_CONFIG")
        .map(|(name, value)| (name, local(&value)))
        .collect();
    (Settings::with(Some(&config), &variables).await, all)
}

#[tokio::test]
async fn the_broker_takes_every_setting_and_listens_where_the_services_point() {
    for values in [LEAST, EVERYTHING] {
        let (settings, all) = settings(values).await;
        let ports = container(&all)["ports"].as_array().unwrap();
        for (name, setting) in [("clients", "listen"), ("internal", "internal")] {
            let port = ports.iter().find(|port| port["name"] == name).unwrap();
            assert_eq!(*settings.get(setting), json!(format!("0.0.0.0:{}", port["containerPort"])));
        }
        assert_eq!(*settings.get("data_dir"), json!("/var/lib/fanfare"));
        let mounts = container(&all)["volumeMounts"].as_array().unwrap();
        assert!(mounts.iter().any(|mount| mount["mountPath"] == "/var/lib/fanfare"), "{mounts:?}");
    }
    let (settings, _) = settings(EVERYTHING).await;
    assert_eq!(*settings.get("limits.max_connections"), json!(5000));
    assert_eq!(*settings.get("allowed_hosts"), json!(["push.example.com", "other.example.com"]));
}

#[tokio::test]
async fn as_it_stands_nobody_gets_in_for_want_of_a_setting() {
    let all = resources("{}").await;
    let variables: Vec<_> =
        variables(container(&all)).into_iter().filter(|(name, _)| name != "FANFARE_CONFIG").collect();
    let refused = check(None, &variables).await.refused();
    assert!(refused.contains("needs authentication"), "{refused}");
}

#[tokio::test]
async fn without_a_volume_nothing_is_saved() {
    let (settings, all) = settings("allowAnonymous: true\npersistence: {enabled: false}").await;
    assert_eq!(*settings.get("data_dir"), Value::Null);
    let set = find(&all, "StatefulSet", "push-fanfare");
    assert_eq!(set["spec"]["volumeClaimTemplates"], Value::Null);
}

#[tokio::test]
async fn the_pod_is_given_the_time_that_the_broker_takes_to_stop() {
    for (values, save) in [(LEAST, 30), (EVERYTHING, 60)] {
        let (settings, all) = settings(values).await;
        let pod = &find(&all, "StatefulSet", "push-fanfare")["spec"]["template"]["spec"];
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert_eq!(grace * 1000, settings.drain_millis() + save * 1000);
    }
}

#[tokio::test]
async fn the_probes_ask_what_the_broker_answers() {
    let all = resources(LEAST).await;
    let broker = Broker::start().await;
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let question = &container(&all)[probe]["httpGet"];
        assert_eq!(question["port"], "internal");
        let answer = http::get(broker.internal(), question["path"].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{probe}");
    }
    let all = resources(EVERYTHING).await;
    let question = &container(&all)["readinessProbe"]["httpGet"];
    assert_eq!(question["scheme"], "HTTPS");
    assert_eq!(question["httpHeaders"], json!([{"name": "Host", "value": "push.example.com"}]));
}

#[tokio::test]
async fn another_configuration_is_another_pod_and_the_same_is_not() {
    let pod = async |values: &str| {
        let all = resources(values).await;
        find(&all, "StatefulSet", "push-fanfare")["spec"]["template"].to_string()
    };
    let first = pod("config: a = 1").await;
    assert_eq!(pod("config: a = 1").await, first);
    assert_ne!(pod("config: a = 2").await, first);
    assert_ne!(pod("config: a = 1\nsecretFiles: {a: b}").await, first);
}

#[tokio::test]
async fn values_that_mean_nothing_are_refused_with_their_name() {
    for (values, told) in [
        ("replicas: 2", "replicas"),
        ("drain: {timeoutSeconds: \"5s\"}", "timeoutSeconds"),
        ("drain: {windowSeconds: 9}", "windowSeconds"),
        ("podDisruptionBudget: {maxUnavailable: 2}", "maxUnavailable"),
        ("service: {typ: LoadBalancer}", "typ"),
        ("image: {digest: sha256:12}", "digest"),
        ("existingSecret: a\nsecretFiles: {a: b}", "not"),
    ] {
        let refused = helm("template", values, &[]).await.refused();
        assert!(refused.contains(told), "{values}: {refused}");
    }
}

#[tokio::test]
async fn every_value_is_in_the_schema_with_its_meaning() {
    let schema: Value = serde_json::from_str(&read("helm/fanfare/values.schema.json")).unwrap();
    let values = yaml(&read("helm/fanfare/values.yaml")).await.remove(0);
    let mut parts = vec![(String::new(), &values, &schema)];
    while let Some((place, values, schema)) = parts.pop() {
        for (name, value) in values.as_object().unwrap() {
            let place = format!("{place}/{name}");
            let row = &schema["properties"][name];
            assert!(row.is_object(), "{place} is not in the schema");
            if row["properties"].is_object() {
                parts.push((place, value, row));
            } else {
                assert!(row["description"].is_string(), "{place} has no meaning");
            }
        }
    }
}
