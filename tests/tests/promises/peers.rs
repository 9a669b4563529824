//! Clients that nobody here wrote: Python `websockets`, Node `ws`, and curl. `tests/peers/` holds what drives them.

use std::path::PathBuf;
use std::process::Stdio;

use fanfare_tests::http::curl;
use fanfare_tests::{Broker, Client, within, workspace};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const ENCODINGS: [&str; 2] = ["json", "msgpack"];

#[derive(Clone, Copy)]
enum Peer {
    Python,
    Node,
}

impl Peer {
    fn command(self) -> Command {
        let installed = workspace().join("target/peers");
        let (program, script) = match self {
            Self::Python => (installed.join("python/bin/python"), "peer.py"),
            Self::Node => (installed.join("node/node_modules/ws/package.json"), "peer.mjs"),
        };
        assert!(program.exists(), "the peers are not installed: run ./tests/run once");
        let program = if matches!(self, Self::Node) { PathBuf::from("node") } else { program };
        let mut command = Command::new(program);
        command.arg(workspace().join("tests/peers").join(script)).env("FANFARE_PEERS", installed);
        command.kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }
}

struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    async fn start(peer: Peer, broker: &Broker, encoding: &str, pattern: &str, count: usize) -> Self {
        let mut command = peer.command();
        command.args(["follow", &broker.url(), encoding, pattern, &count.to_string()]);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut follower = Self { child, lines };
        assert_eq!(follower.next().await, json!("ready"));
        follower
    }

    async fn next(&mut self) -> Value {
        let line = within("a line of the peer", self.lines.next_line()).await.unwrap();
        serde_json::from_str(&line.expect("the peer goes on")).unwrap()
    }

    async fn done(mut self) {
        assert!(within("the peer to end", self.child.wait()).await.unwrap().success());
    }
}

/// Publishes with a peer; returns the sequences of the acknowledgements.
async fn publish(peer: Peer, broker: &Broker, encoding: &str, topic: &str, payloads: &[Value]) -> Vec<u64> {
    let mut command = peer.command();
    let mut child = command.args(["publish", &broker.url(), encoding, topic]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for payload in payloads {
        stdin.write_all(format!("{payload}\n").as_bytes()).await.unwrap();
    }
    drop(stdin);
    let output = within("the peer to end", child.wait_with_output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|seq| seq.parse().unwrap()).collect()
}

fn payloads() -> Vec<Value> {
    vec![
        json!({"text": "zażółć \u{1F3BA} \"quoted\"\n"}),
        json!({"data": {"a": [1, 2.5, null, "x"], "b": {"c": true}}}),
        json!({"data_b64": "AAEC/w=="}),
        json!({"text": ""}),
    ]
}

async fn hears_what_we_publish(peer: Peer) {
    let broker = Broker::start().await;
    for encoding in ENCODINGS {
        let mut follower = Follower::start(peer, &broker, encoding, "to.*", payloads().len()).await;
        let mut client = Client::msgpack(&broker).await;
        for payload in payloads() {
            let mut frame = json!({"op": "publish", "topic": "to.peers"});
            frame.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
            client.request(frame, "published").await;
            let mut wanted = payload;
            wanted["topic"] = json!("to.peers");
            assert_eq!(follower.next().await, wanted, "in {encoding}");
        }
        follower.done().await;
    }
}

async fn publishes_what_we_hear(peer: Peer) {
    let broker = Broker::start().await;
    for encoding in ENCODINGS {
        let mut client = Client::json(&broker).await;
        client.subscribe(1, "from.>").await;
        let seqs = publish(peer, &broker, encoding, "from.peers", &payloads()).await;
        for (payload, seq) in payloads().into_iter().zip(&seqs) {
            let message = client.expect(json!({"op": "message", "topic": "from.peers", "seq": seq})).await;
            fanfare_tests::assert_shape(&message, &payload);
        }
        assert_eq!(seqs.len(), payloads().len());
    }
}

async fn follows_a_flow(follower: Peer, publisher: Peer) {
    const COUNT: usize = 5_000;
    let broker = Broker::start().await;
    let texts: Vec<Value> = (0..COUNT).map(|n| json!({"text": n.to_string()})).collect();
    for encoding in ENCODINGS {
        let mut following = Follower::start(follower, &broker, encoding, ">", COUNT).await;
        let publishing = publish(publisher, &broker, encoding, "flow", &texts);
        let hearing = async {
            for text in &texts {
                assert_eq!(following.next().await["text"], text["text"]);
            }
            following.done().await;
        };
        tokio::join!(publishing, hearing);
    }
}

#[tokio::test]
async fn python_websockets_hears_what_we_publish() {
    hears_what_we_publish(Peer::Python).await;
}

#[tokio::test]
async fn node_ws_hears_what_we_publish() {
    hears_what_we_publish(Peer::Node).await;
}

#[tokio::test]
async fn we_hear_what_python_websockets_publishes() {
    publishes_what_we_hear(Peer::Python).await;
}

#[tokio::test]
async fn we_hear_what_node_ws_publishes() {
    publishes_what_we_hear(Peer::Node).await;
}

#[tokio::test]
async fn node_ws_follows_a_flow_from_python_websockets() {
    follows_a_flow(Peer::Node, Peer::Python).await;
}

#[tokio::test]
async fn python_websockets_follows_a_flow_from_node_ws() {
    follows_a_flow(Peer::Python, Peer::Node).await;
}

#[tokio::test]
async fn curl_reads_metrics_and_health() {
    let broker = Broker::start().await;
    let internal = broker.internal();
    let metrics = curl(&[&format!("http://{internal}/metrics")]).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("fanfare_connections{"), "{metrics:?}");
    assert_eq!(curl(&[&format!("http://{internal}/healthz")]).await.body, "ok\n");
    assert_eq!(curl(&[&format!("http://localhost:{}/readyz", internal.port())]).await.body, "ready\n");
    assert_eq!(curl(&["--head", &format!("http://{internal}/healthz")]).await.status, 200);
}

#[tokio::test]
async fn curl_at_the_client_port_is_told_what_to_do() {
    let broker = Broker::start().await;
    assert_eq!(curl(&[&format!("http://{}/ws", broker.client())]).await.status, 426);
    assert!(curl(&[&format!("http://{}/", broker.client())]).await.body.contains("/ws"));
}
