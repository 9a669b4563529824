//! Clients that nobody here wrote: Python `websockets` and `sseclient`, Node `ws` and `eventsource`, and curl. `tests/peers/` holds what drives them.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::Stdio;

use fanfare_tests::http::curl;
use fanfare_tests::{Broker, Client, Proxy, within, workspace};
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
        self.run(match self {
            Self::Python => "peer.py",
            Self::Node => "peer.mjs",
        })
    }

    fn run(self, script: &str) -> Command {
        let installed = workspace().join("target/peers");
        let program = match self {
            Self::Python => installed.join("python/bin/python"),
            Self::Node => installed.join("node/node_modules/ws/package.json"),
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
        Self::ready(command).await
    }

    /// Hears this many events at an address.
    async fn of_events(peer: Peer, at: impl Display, count: usize) -> Self {
        let mut command = peer.run(match peer {
            Peer::Python => "events.py",
            Peer::Node => "events.mjs",
        });
        command.args([format!("http://{at}/sse?pattern=%3E"), count.to_string()]);
        Self::ready(command).await
    }

    async fn ready(mut command: Command) -> Self {
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

async fn hears_events(peer: Peer) {
    let broker = Broker::start().await;
    let texts = ["zażółć \u{1F3BA} \"quoted\"", "", "two\r\n\r\nlines", "data: x"];
    let mut follower = Follower::of_events(peer, broker.client(), texts.len()).await;
    let mut client = Client::msgpack(&broker).await;
    for text in texts {
        let at = client.publish("to.peers", text).await;
        let id = format!("recent:{}:{}", at["epoch"].as_str().unwrap(), at["seq"]);
        assert_eq!(follower.next().await, json!({"topic": "to.peers", "text": text, "id": id}));
    }
    follower.done().await;
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
async fn python_sseclient_hears_events() {
    hears_events(Peer::Python).await;
}

#[tokio::test]
async fn node_eventsource_hears_events() {
    hears_events(Peer::Node).await;
}

#[tokio::test]
async fn node_eventsource_comes_again_by_itself_and_hears_everything_once() {
    const CUTS: usize = 2;
    const EACH: usize = 500;
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let mut follower = Follower::of_events(Peer::Node, proxy.address(), CUTS * EACH).await;
    let mut client = Client::msgpack(&broker).await;
    for cut in 0..CUTS {
        let texts: Vec<String> = (0..EACH).map(|n| (cut * EACH + n).to_string()).collect();
        // What is published while nobody hears it, and what is on its way when the connection is cut.
        let (before, after) = texts.split_at(EACH / 2);
        for text in before {
            client.publish("flow", text).await;
        }
        proxy.reset();
        for text in after {
            client.publish("flow", text).await;
        }
        for text in &texts {
            assert_eq!(follower.next().await["text"], **text);
        }
    }
    follower.done().await;
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
