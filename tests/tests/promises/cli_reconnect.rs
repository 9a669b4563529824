//! The command line when its connection or its broker goes and comes back.

use std::process::Stdio;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Proxy, Setup, within};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::cli::{fanfare, succeeded};

/// A command that runs, and what it says.
struct Running {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    printed: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn new(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, said, printed }
    }

    /// Reads on to a line on standard error with these words.
    async fn says(&mut self, words: &str) -> String {
        let line = async {
            loop {
                let line = self.said.next_line().await.unwrap().expect("the command goes on");
                if line.contains(words) {
                    return line;
                }
            }
        };
        within(words, line).await
    }

    async fn prints(&mut self, line: &str) {
        let printed = within(line, self.printed.next_line()).await.unwrap();
        assert_eq!(printed.as_deref(), Some(line));
    }

    async fn ends(&mut self) -> bool {
        within("the command to end", self.child.wait()).await.unwrap().success()
    }
}

/// Starts `fanfare sub --raw`; returns when it is subscribed.
async fn follow(broker: &Broker, arguments: &[&str]) -> Running {
    let mut running = Running::new(fanfare(broker, &[&["sub", "--raw"], arguments].concat()));
    running.says("following").await;
    running
}

/// The same through a proxy, which stays when the broker goes.
async fn follow_through(proxy: &Proxy, broker: &Broker, patterns: &[&str]) -> Running {
    let mut command = fanfare(broker, &[&["sub", "--raw"], patterns].concat());
    command.env("FANFARE_SERVER", proxy.url());
    let mut running = Running::new(command);
    running.says("following").await;
    running
}

async fn publish(broker: &Broker, topic: &str, text: &str) {
    succeeded(&within("pub to end", fanfare(broker, &["pub", topic, text]).output()).await.unwrap());
}

#[tokio::test]
async fn sub_survives_a_broker_that_is_killed_and_says_so() {
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let mut sub = follow_through(&proxy, &broker, &["a", "b"]).await;
    publish(&broker, "a", "one").await;
    sub.prints("one").await;
    proxy.lead_nowhere();
    broker.signal("KILL").await;
    broker.ended().await;
    let lost = sub.says("connection lost").await;
    assert!(lost.ends_with("reconnecting"), "{lost}");
    let broker = Broker::start().await;
    proxy.lead_to(&broker);
    let back = sub.says("connected again").await;
    assert!(back.contains(" s; what may be missing is told as a gap"), "{back}");
    publish(&broker, "a", "two").await;
    sub.prints("two").await;
}

#[tokio::test]
async fn sub_says_that_a_planned_restart_cost_nothing_where_streams_are_saved() {
    let files = Directory::new();
    let setup =
        || Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()));
    let broker = setup().start().await;
    let proxy = Proxy::before(&broker).await;
    let mut sub = follow_through(&proxy, &broker, &["a", "b.>"]).await;
    publish(&broker, "a", "one").await;
    sub.prints("one").await;
    proxy.lead_nowhere();
    broker.terminate().await;
    broker.ended().await;
    let broker = setup().start().await;
    proxy.lead_to(&broker);
    let back = sub.says("connected again").await;
    assert!(back.ends_with("nothing missed that a stream keeps"), "{back}");
    publish(&broker, "b.c", "two").await;
    sub.prints("two").await;
}

#[tokio::test]
async fn sub_goes_on_after_a_cut_and_says_that_nothing_is_missing() {
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let mut sub = follow_through(&proxy, &broker, &["a"]).await;
    for round in ["one", "two", "three"] {
        publish(&broker, "a", round).await;
        sub.prints(round).await;
        proxy.reset();
        sub.says("nothing missed").await;
    }
}

#[tokio::test]
async fn sub_that_is_not_to_reconnect_fails_with_its_connection() {
    let broker = Broker::start().await;
    let mut sub = follow(&broker, &["a", "--no-reconnect"]).await;
    broker.terminate().await;
    broker.ended().await;
    assert!(!sub.ends().await);
}

#[tokio::test]
async fn sub_without_a_connection_ends_at_once_when_interrupted() {
    let broker = Broker::start().await;
    let mut sub = follow(&broker, &["a"]).await;
    broker.signal("KILL").await;
    broker.ended().await;
    sub.says("connection lost").await;
    let process = sub.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().await.unwrap().success());
    assert!(sub.ends().await, "it ended by itself, and not because it was stuck");
}

#[tokio::test]
async fn lines_with_keys_are_published_once_however_often_the_connection_is_cut() {
    const LINES: usize = 3_000;
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let mut subscriber = Client::json(&broker).await;
    subscriber.subscribe(1, "lines").await;
    let mut command = fanfare(&broker, &["pub", "lines", "--lines", "--key-prefix", "job"]);
    let mut child = command.env("FANFARE_SERVER", proxy.url()).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::spawn(async move {
        let lines: Vec<_> = (0..LINES).map(|number| format!("{number}\n")).collect();
        stdin.write_all(lines.concat().as_bytes()).await
    });
    for number in 0..LINES {
        subscriber.expect(json!({"op": "message", "text": number.to_string()})).await;
        if number % 1_000 == 0 {
            proxy.reset();
        }
    }
    succeeded(&within("pub to end", child.wait_with_output()).await.unwrap());
}

#[tokio::test]
async fn lines_with_keys_can_be_published_again_and_are_not_there_twice() {
    let broker = Broker::start().await;
    let mut subscriber = Client::json(&broker).await;
    subscriber.subscribe(1, "lines").await;
    for _ in 0..2 {
        let mut command = fanfare(&broker, &["pub", "lines", "--lines", "--key-prefix", "job"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"one\ntwo\n").await.unwrap();
        succeeded(&within("pub to end", child.wait_with_output()).await.unwrap());
    }
    publish(&broker, "lines", "end").await;
    for text in ["one", "two", "end"] {
        subscriber.expect(json!({"op": "message", "text": text})).await;
    }
}

#[tokio::test]
async fn lines_without_keys_fail_with_what_is_known_when_the_connection_is_cut() {
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let mut command = fanfare(&broker, &["pub", "lines", "--lines"]);
    let mut child = command.env("FANFARE_SERVER", proxy.url()).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one\n").await.unwrap();
    broker.metric_reaches("fanfare_messages_received_total", &[], 1).await;
    proxy.swallow_answers();
    stdin.write_all(b"two\n").await.unwrap();
    broker.metric_reaches("fanfare_messages_received_total", &[], 2).await;
    proxy.reset();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = within("the failure", async {
        loop {
            let line = said.next_line().await.unwrap().expect("it fails with words");
            if line.contains("line 2") || line.contains("line 1") {
                return line;
            }
        }
    });
    let line = line.await;
    assert!(line.contains("outcome is unknown"), "{line}");
    assert!(!within("the command to end", child.wait()).await.unwrap().success());
}
