//! The README: its examples work as pasted, against a broker on another port.

use std::process::Stdio;

use fanfare_tests::{Broker, within, workspace};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const ADDRESS: &str = "ws://127.0.0.1:7440/ws";

/// The one code block in this language that connects to a broker.
fn example(language: &str, broker: &Broker) -> String {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let opening = format!("```{language}\n");
    let blocks = readme.split(&opening).skip(1).filter_map(|rest| rest.split("```").next());
    let found: Vec<_> = blocks.filter(|block| block.contains(ADDRESS)).collect();
    assert_eq!(found.len(), 1, "the README has one example in {language}");
    found[0].replace(ADDRESS, &broker.url())
}

/// The first two lines that the program prints.
async fn first_lines(mut command: Command) -> Vec<String> {
    let mut child = command.kill_on_drop(true).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut first = Vec::new();
    while first.len() < 2 {
        first.push(within("a line", lines.next_line()).await.unwrap().expect("the example goes on"));
    }
    first.sort();
    first
}

#[tokio::test]
async fn the_python_example_publishes_and_hears_itself() {
    let broker = Broker::start().await;
    let mut python = Command::new(workspace().join("target/peers/python/bin/python"));
    python.arg("-u").arg("-c").arg(example("python", &broker));
    let expected = ["orders.eu 1 {'item': 'tea', 'count': 2}", "published as number 1"];
    assert_eq!(first_lines(python).await, expected);
}

#[tokio::test]
async fn the_javascript_example_publishes_and_hears_itself() {
    let broker = Broker::start().await;
    let mut node = Command::new("node");
    // Before version 22, Node has the WebSocket of browsers behind this flag.
    node.args(["--experimental-websocket", "--input-type=module", "-e"]).arg(example("js", &broker));
    let expected = ["orders.eu 1 { item: 'tea', count: 2 }", "published as number 1"];
    assert_eq!(first_lines(node).await, expected);
}

#[tokio::test]
async fn the_curl_example_publishes_and_reads_again() {
    let broker = Broker::start().await;
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = blocks.into_iter().find(|block| block.contains("/v1/topics/")).unwrap();
    let example = example.replace("127.0.0.1:7441", &broker.internal().to_string());
    let mut shell = Command::new("bash");
    shell.args(["-ec", &example.replace("curl ", "curl --silent --fail ")]).kill_on_drop(true);
    let output = within("the example to end", shell.output()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains(r#""seq":1,"duplicate":false"#), "{text}");
    assert!(text.contains(r#""messages":[{"topic":"orders.eu","data":{"item":"tea"}"#), "{text}");
}
