//! The description of the HTTP API: valid, and true of the broker, as tools that nobody here wrote find out.

use std::process::Output;
use std::time::Duration;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, http, workspace};
use tokio::process::Command;
use tokio::time::timeout;

/// How many examples schemathesis tries of each operation and phase.
const EXAMPLES: &str = "25";
/// Time that a tool is given: schemathesis asks a thousand times and more.
const TOOL_TIMEOUT: Duration = Duration::from_mins(5);

/// Runs a program that was installed for Python.
async fn python(program: &str, arguments: &[&str], directory: &Directory) -> Output {
    let program = workspace().join("target/peers/python/bin").join(program);
    assert!(program.exists(), "the peers are not installed: run ./tests/run once");
    let mut command = Command::new(program);
    let peers = workspace().join("tests/peers");
    command.args(arguments).current_dir(directory.path()).kill_on_drop(true);
    command.env("PYTHONPATH", &peers).env("SCHEMATHESIS_HOOKS", peers.join("schemathesis_hooks.py"));
    let output = timeout(TOOL_TIMEOUT, command.output()).await;
    output.expect("the tool ends").unwrap()
}

fn assert_success(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn the_description_is_valid() {
    let broker = Broker::start().await;
    let description = http::get(broker.internal(), "/openapi.json").await;
    assert_eq!((description.status, description.header("Content-Type")), (200, Some("application/json")));
    let directory = Directory::new();
    let file = directory.write("openapi.json", &description.body);
    assert_success(&python("openapi-spec-validator", &[file.to_str().unwrap()], &directory).await);
}

#[tokio::test]
async fn every_operation_has_a_summary_and_its_problems() {
    let broker = Broker::start().await;
    let description = http::get(broker.internal(), "/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 8, "{paths:?}");
    for operation in paths.values().flat_map(|path| path.as_object().unwrap().values()) {
        assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{operation}");
        for status in ["400", "403", "503"] {
            let content = &operation["responses"][status]["content"];
            assert!(content["application/problem+json"]["example"].is_object(), "{status}: {operation}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string() && !parameter["example"].is_null(), "{parameter}");
        }
    }
}

/// The seed is printed where it fails; `FANFARE_SCHEMATHESIS_SEED` runs one again.
#[tokio::test]
async fn schemathesis_finds_nothing_that_differs_from_the_description() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "orders.>").await;
    let url = format!("http://{}/openapi.json", broker.internal());
    let seed = std::env::var("FANFARE_SCHEMATHESIS_SEED").unwrap_or_else(|_| std::process::id().to_string());
    let arguments =
        ["run", &url, "--checks", "all", "--max-examples", EXAMPLES, "--seed", &seed, "--no-color"];
    let directory = Directory::new();
    let output = python("schemathesis", &arguments, &directory).await;
    assert!(output.status.success(), "seed {seed}:\n{}", String::from_utf8_lossy(&output.stdout));
}
