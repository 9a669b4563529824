//! `fanfare bench`, as whoever measures a broker uses it.

use std::process::Output;

use fanfare_tests::{Broker, Client, within};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::cli::fanfare;

/// Arguments of a short run.
const SHORT: [&str; 8] =
    ["bench", "--connections", "20", "--warm-up", "100ms", "--duration", "500ms", "--json"];

async fn bench(broker: &Broker, arguments: &[&str]) -> Output {
    let mut command = fanfare(broker, &[&SHORT, arguments].concat());
    within("the bench to end", command.output()).await.unwrap()
}

/// The JSON object of a run that succeeded.
fn result(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn every_delivery_is_measured_in_either_encoding() {
    let broker = Broker::start().await;
    for encoding in ["json", "msgpack"] {
        let result =
            result(&bench(&broker, &["--topics", "3", "--rate", "300", "--encoding", encoding]).await);
        assert_eq!(result["failure"], Value::Null, "{result}");
        let (messages, deliveries) =
            (result["messages"].as_f64().unwrap(), result["deliveries"].as_f64().unwrap());
        assert!(messages > 0.0 && deliveries > messages, "{result}");
        let latency = |name: &str| result["latency_us"][name].as_f64().unwrap();
        let ascending = ["p50", "p90", "p99", "p99_9", "max"].map(latency);
        assert!(ascending[0] > 0.0 && ascending.is_sorted(), "{result}");
        assert!(result["connecting_us"]["p99"].as_f64().unwrap() > 0.0, "{result}");
    }
    let sent = broker.metrics().await.count("fanfare_messages_sent_total", &[]);
    assert!(sent > 0, "the broker delivered nothing");
}

#[tokio::test]
async fn what_the_bench_counts_is_what_the_broker_delivered() {
    let broker = Broker::start().await;
    let result = result(&bench(&broker, &["--topics", "3", "--publishers", "2", "--in-flight", "30"]).await);
    let sent = broker.metrics().await.count("fanfare_messages_sent_total", &[]);
    assert_eq!(result["deliveries_in_all"].as_u64(), Some(sent), "{result}");
}

#[tokio::test]
async fn what_a_delivery_and_a_connection_cost_is_read_from_the_metrics() {
    let broker = Broker::start().await;
    let metrics = format!("http://{}/metrics", broker.internal());
    let arguments = ["--connections", "300", "--rate", "50", "--metrics", &metrics];
    let arguments = [&["bench", "--warm-up", "100ms", "--duration", "1s", "--json"], &arguments[..]].concat();
    let output = within("the bench to end", fanfare(&broker, &arguments).output()).await.unwrap();
    let usage = &result(&output)["server_usage"];
    let figure = |name: &str| usage[name].as_f64().unwrap();
    assert!(figure("cpu_us_per_delivery") > 0.0 && figure("cores") > 0.0, "{usage}");
    assert!(figure("resident_bytes") > 1e6, "{usage}");
    let output = bench(&broker, &["--metrics", "http://127.0.0.1:1/metrics"]).await;
    assert!(!output.status.success() && said(&output).contains("127.0.0.1:1"), "{output:?}");
}

#[tokio::test]
async fn a_message_that_comes_twice_is_told_and_fails() {
    let broker = Broker::start().await;
    let mut meddler = Client::json(&broker).await;
    meddler.subscribe(1, "bench.>").await;
    let load = ["bench", "--connections", "20", "--warm-up", "0s", "--duration", "2s", "--json"];
    let child = fanfare(&broker, &load).spawn().unwrap();
    let message = meddler.expect(json!({"op": "message"})).await;
    meddler.send(json!({"op": "publish", "topic": message["topic"], "text": message["text"]})).await;
    let output = within("the bench to end", child.wait_with_output()).await.unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["repeated"], &result["lost"]), (&20.into(), &0.into()), "{result}");
    assert!(!output.status.success() && said(&output).contains("20 came again"), "{output:?}");
}

#[tokio::test]
async fn idle_connections_are_held_and_nothing_is_published() {
    let broker = Broker::start().await;
    let result = result(&bench(&broker, &["--idle"]).await);
    assert_eq!((&result["deliveries_in_all"], &result["latency_us"]), (&0.into(), &Value::Null));
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_messages_received_total", &[]), 0);
    // One more asks whether the broker is there at all.
    assert_eq!(metrics.count("fanfare_connections_opened_total", &[]), 21);
}

#[tokio::test]
async fn the_connections_take_leave_in_good_order() {
    let broker = Broker::start().await;
    result(&bench(&broker, &[]).await);
    broker.metric_reaches("fanfare_connections_closed_total", &[("reason", "by_peer")], 22).await;
}

#[tokio::test]
async fn ctrl_c_ends_it_early_with_the_result_so_far() {
    let broker = Broker::start().await;
    let arguments = ["bench", "--connections", "5", "--warm-up", "0s", "--duration", "1h"];
    let child = fanfare(&broker, &arguments).spawn().unwrap();
    broker.metric_reaches("fanfare_subscriptions", &[], 5).await;
    let measured = async || broker.metrics().await.count("fanfare_messages_sent_total", &[]) > 0;
    fanfare_tests::eventually("deliveries", async || measured().await.then_some(())).await;
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().await.unwrap().success());
    let output = within("the bench to end", child.wait_with_output()).await.unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && table.contains("latency"), "{output:?}");
    assert!(table.contains("ended early") && table.contains("each once and in order"), "{table}");
}

#[tokio::test]
async fn a_broker_that_goes_away_is_told_and_fails() {
    let broker = Broker::start().await;
    let arguments = ["bench", "--connections", "5", "--warm-up", "0s", "--duration", "1h"];
    let mut child = fanfare(&broker, &arguments).spawn().unwrap();
    broker.metric_reaches("fanfare_subscriptions", &[], 5).await;
    broker.terminate().await;
    assert!(broker.ended().await.success());
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = within("the bench to end", stderr.next_line()).await.unwrap().unwrap();
    assert!(line.contains("connections ended too early") && line.contains("4200"), "{line}");
    assert!(!within("the bench to end", child.wait()).await.unwrap().success());
}

#[tokio::test]
async fn what_can_not_be_measured_is_refused_with_a_hint() {
    let broker = Broker::start().await;
    for (arguments, hint) in [
        (&["--server", "ws://127.0.0.1:1"][..], "can't reach 127.0.0.1:1"),
        (&["--topics", "101"], "--connections"),
        (&["--connections", "900000"], "open files"),
        (&["--size", "65KiB"], "max_payload_bytes"),
        (&["--size", "8"], "at least 30"),
        (&["--connections", "0"], "from 1"),
        (&["--rate", "0"], "0"),
        (&["--duration", "soon"], "25s"),
        (&["--in-flight", "2", "--rate", "2"], "cannot be used with"),
    ] {
        let mut command = fanfare(&broker, &[&["bench"], arguments].concat());
        let output = within("the bench to end", command.output()).await.unwrap();
        assert!(!output.status.success() && said(&output).contains(hint), "{hint}: {output:?}");
    }
}
