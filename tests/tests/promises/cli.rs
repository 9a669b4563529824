//! The command line: `pub` and `sub` as people and scripts use them.

use std::process::{Output, Stdio};

use fanfare_tests::{Broker, Client, command, within};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// `fanfare` with these arguments, for this broker.
pub(super) fn fanfare(broker: &Broker, arguments: &[&str]) -> Command {
    let mut command = command();
    command.args(arguments).env("FANFARE_SERVER", format!("ws://{}", broker.client()));
    command
}

/// Runs `fanfare` with this on standard input.
async fn run(broker: &Broker, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = fanfare(broker, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    tokio::spawn(async move { stdin.write_all(&input).await });
    within("the command to end", child.wait_with_output()).await.unwrap()
}

/// Starts `fanfare sub`; returns when it is subscribed.
async fn follow(broker: &Broker, arguments: &[&str]) -> Child {
    let mut child = fanfare(broker, &[&["sub"], arguments].concat()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = within("the subscription", stderr.next_line()).await.unwrap().unwrap();
    assert!(line.contains("following"), "{line}");
    tokio::spawn(async move { while let Ok(Some(_)) = stderr.next_line().await {} });
    child
}

async fn output(child: Child) -> String {
    let output = within("the command to end", child.wait_with_output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub(super) fn succeeded(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

fn failed_with(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(words), "wanted a failure about {words}: {output:?}");
}

#[tokio::test]
async fn what_pub_publishes_sub_prints() {
    let broker = Broker::start().await;
    let child = follow(&broker, &["greetings.>", "--count", "1"]).await;
    succeeded(&run(&broker, &["pub", "greetings.all", "hello, world"], b"").await);
    let line = output(child).await;
    assert!(line.contains("greetings.all hello, world"), "{line}");
}

#[tokio::test]
async fn raw_prints_payloads_alone() {
    let broker = Broker::start().await;
    let child = follow(&broker, &["a", "--raw", "--count", "2"]).await;
    succeeded(&run(&broker, &["pub", "a", "one"], b"").await);
    succeeded(&run(&broker, &["pub", "a"], b"two, from standard input").await);
    assert_eq!(output(child).await, "one\ntwo, from standard input\n");
}

#[tokio::test]
async fn json_prints_one_object_a_line() {
    let broker = Broker::start().await;
    let child = follow(&broker, &["a", "b.*", "--json", "--count", "2"]).await;
    succeeded(&run(&broker, &["pub", "a", "{\"n\":1.0}", "--json", "--header", "k=v"], b"").await);
    succeeded(&run(&broker, &["pub", "b.c", "--bytes"], &[0, 255]).await);
    let text = output(child).await;
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    fanfare_tests::assert_shape(
        &json!(objects),
        &json!([
            {"op": "message", "topic": "a", "data": {"n": 1.0}, "headers": {"k": "v"}, "seq": 1, "pattern": "a"},
            {"op": "message", "topic": "b.c", "data_b64": "AP8=", "seq": 2, "pattern": "b.*"},
        ]),
    );
}

#[tokio::test]
async fn lines_are_messages_in_their_order() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "lines").await;
    let lines: Vec<String> = (0..5_000).map(|n| format!("line {n} – ünï\tcode  ")).collect();
    succeeded(&run(&broker, &["pub", "lines", "--lines"], lines.join("\n").as_bytes()).await);
    for line in &lines {
        client.expect(json!({"op": "message", "text": line})).await;
    }
}

#[tokio::test]
async fn an_empty_line_is_an_empty_message_and_the_last_line_needs_no_end() {
    let broker = Broker::start().await;
    let child = follow(&broker, &["a", "--raw", "--count", "3"]).await;
    succeeded(&run(&broker, &["pub", "a", "--lines"], b"one\n\nthree").await);
    assert_eq!(output(child).await, "one\n\nthree\n");
}

#[tokio::test]
async fn a_rate_is_kept() {
    let broker = Broker::start().await;
    let begun = std::time::Instant::now();
    let input = "x\n".repeat(100);
    succeeded(&run(&broker, &["pub", "a", "--lines", "--rate", "100"], input.as_bytes()).await);
    assert!(begun.elapsed().as_millis() >= 900, "{:?} for 100 lines at 100 a second", begun.elapsed());
}

#[tokio::test]
async fn from_start_gives_what_is_retained() {
    let broker = Broker::start().await;
    succeeded(&run(&broker, &["pub", "a", "--lines"], b"1\n2\n3\n").await);
    assert_eq!(
        output(follow(&broker, &["a", "--raw", "--from", "start", "--count", "3"]).await).await,
        "1\n2\n3\n"
    );
    assert_eq!(output(follow(&broker, &["a", "--raw", "--from", "last", "--count", "1"]).await).await, "3\n");
}

#[tokio::test]
async fn the_commands_speak_both_encodings() {
    let broker = Broker::start().await;
    for encoding in ["json", "msgpack"] {
        let child = follow(&broker, &["a", "--raw", "--count", "1", "--encoding", encoding]).await;
        succeeded(&run(&broker, &["pub", "a", encoding, "--encoding", encoding], b"").await);
        assert_eq!(output(child).await, format!("{encoding}\n"));
        let opened = [("encoding", encoding)];
        assert_eq!(broker.metrics().await.count("fanfare_connections_opened_total", &opened), 2);
    }
}

#[tokio::test]
async fn a_command_takes_leave_in_good_order() {
    let broker = Broker::start().await;
    succeeded(&run(&broker, &["pub", "a", "x"], b"").await);
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "by_peer")], 1).await;
}

#[tokio::test]
async fn faults_are_told_and_fail() {
    let broker = Broker::start().await;
    failed_with(&run(&broker, &["pub", "no topic", "x"], b"").await, "no topic");
    failed_with(&run(&broker, &["pub", "$own", "x"], b"").await, "broker's own");
    failed_with(&run(&broker, &["pub", "a", "{", "--json"], b"").await, "JSON");
    failed_with(&run(&broker, &["pub", "a"], &vec![b'x'; 70_000]).await, "65536");
    failed_with(&run(&broker, &["pub", "a", "--lines"], b"fine\n\xff\n").await, "line 2");
    failed_with(&run(&broker, &["sub", "a..b"], b"").await, "a..b");
    failed_with(&run(&broker, &["pub", "a", "x", "--server", "ws://127.0.0.1:1"], b"").await, "127.0.0.1:1");
    failed_with(&run(&broker, &["dance"], b"").await, "dance");
}

#[tokio::test]
async fn sub_ends_with_success_on_sigterm() {
    let broker = Broker::start().await;
    let mut child = follow(&broker, &["a", "--raw"]).await;
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().await.unwrap().success());
    assert!(within("the command to end", child.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_reader_that_goes_is_no_fault() {
    let broker = Broker::start().await;
    let mut child = follow(&broker, &["a", "--raw"]).await;
    drop(child.stdout.take());
    let input = "x\n".repeat(1_000);
    succeeded(&run(&broker, &["pub", "a", "--lines"], input.as_bytes()).await);
    assert!(within("the command to end", child.wait()).await.unwrap().success());
}

#[tokio::test]
async fn sub_prints_the_latest_of_each_topic_only_when_asked_to() {
    let broker = Broker::start().await;
    let mut publisher = Client::json(&broker).await;
    for number in 0..50 {
        publisher.publish("prices.tea", &number.to_string()).await;
        publisher.publish("prices.ink", &number.to_string()).await;
    }
    let arguments = ["prices.>", "--from", "start", "--latest", "--max-rate", "0.5", "--raw", "--count", "2"];
    assert_eq!(output(follow(&broker, &arguments).await).await, "49\n49\n");
    let output = run(&broker, &["sub", "prices.>", "--latest", "--max-rate", "0"], b"").await;
    failed_with(&output, "a number over 0");
}
