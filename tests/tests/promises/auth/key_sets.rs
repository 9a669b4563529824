//! Key sets that are fetched: the server is down, slow, or has other keys now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fanfare_tests::{eventually, within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;

/// What the server of a key set does.
#[derive(Clone, Debug, PartialEq)]
enum Mode {
    /// Answers with these keys.
    Serve(Vec<Value>),
    /// Cuts every connection.
    Down,
    /// Takes requests and never answers.
    Slow,
    /// Answers with this much of nothing.
    Endless,
}

/// A server of key sets that does as it is told.
struct KeyServer {
    url: String,
    mode: watch::Sender<Mode>,
    asked: Arc<AtomicUsize>,
}

impl KeyServer {
    async fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let (mode, current) = watch::channel(mode);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mode = current.borrow().clone();
                tokio::spawn(async move {
                    let mut request = [0; 1024];
                    let _ = socket.read(&mut request).await;
                    match mode {
                        Mode::Down => {}
                        Mode::Slow => std::future::pending().await,
                        Mode::Endless => {
                            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                            while socket.write_all(&[b' '; 4096]).await.is_ok() {}
                        }
                        Mode::Serve(keys) => {
                            let body = json!({"keys": keys}).to_string();
                            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
                        }
                    }
                });
            }
        });
        Self { url, mode, asked }
    }

    async fn broker(&self) -> Broker {
        Broker::with(&format!("[[auth.issuer]]\njwks_url = \"{}\"\njwks_refresh = \"10s\"", self.url)).await
    }

    async fn asked(&self, times: usize) {
        eventually("the server to be asked", async || {
            (self.asked.load(Ordering::SeqCst) >= times).then_some(())
        })
        .await;
    }
}

/// Comes back with the same token until it is accepted, as a client does after 4100.
async fn accepted_in_time(broker: &Broker, token: &str) {
    eventually("the token to be accepted", async || {
        let mut client = hello(broker, token).await;
        match client.next_unless_ended().await {
            Some(welcome) => {
                assert_eq!(welcome["op"], "welcome");
                Some(())
            }
            None => None,
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_with_a_key_that_is_not_fetched_yet_is_to_come_back_and_enters_then() {
    let pair = Pair::new();
    let server = KeyServer::start(Mode::Down).await;
    let broker = server.broker().await;
    server.asked(1).await;
    let (code, why) = turned_away(&broker, &pair.sign("k", &json!({}))).await;
    assert!(code == 4100 && why.contains("not known (yet)"), "{code} {why}");
    broker.metric_reaches("fanfare_jwks_failures_total", &[], 1).await;
    server.mode.send_replace(Mode::Serve(vec![pair.jwk("k")]));
    accepted_in_time(&broker, &pair.sign("k", &json!({}))).await;
    broker.metric_reaches("fanfare_jwks_keys", &[], 1).await;
}

#[tokio::test]
async fn keys_that_were_fetched_serve_while_the_server_is_down_or_slow() {
    let pair = Pair::new();
    let server = KeyServer::start(Mode::Serve(vec![pair.jwk("k")])).await;
    let broker = server.broker().await;
    accepted_in_time(&broker, &pair.sign("k", &json!({}))).await;
    for (mode, asked) in [(Mode::Slow, 2), (Mode::Endless, 3)] {
        server.mode.send_replace(mode);
        server.asked(asked).await;
        let entered = within("a welcome", enter(&broker, &pair.sign("k", &json!({})))).await;
        assert_eq!(entered.1["op"], "welcome", "nobody waits for the server");
    }
}

#[tokio::test]
async fn a_rotated_key_is_fetched_when_a_token_names_it_and_the_old_one_is_good_no_more() {
    let (old, new) = (Pair::new(), Pair::new());
    let server = KeyServer::start(Mode::Serve(vec![old.jwk("old")])).await;
    let broker = server.broker().await;
    accepted_in_time(&broker, &old.sign("old", &json!({}))).await;
    server.mode.send_replace(Mode::Serve(vec![json!({"kty": "unknown"}), new.jwk("new")]));
    accepted_in_time(&broker, &new.sign("new", &json!({}))).await;
    assert_eq!(turned_away(&broker, &old.sign("old", &json!({}))).await.0, 4100);
    assert_eq!(turned_away(&broker, &old.sign("new", &json!({}))).await.0, 4001, "a key has one name");
    assert!(broker.log().contains("a key of the set is not used"));
}

#[tokio::test]
async fn tokens_with_unknown_keys_do_not_make_the_broker_flood_the_server() {
    let pair = Pair::new();
    let server = KeyServer::start(Mode::Serve(vec![pair.jwk("k")])).await;
    let broker = server.broker().await;
    accepted_in_time(&broker, &pair.sign("k", &json!({}))).await;
    for number in 0..50 {
        assert_eq!(turned_away(&broker, &pair.sign(&number.to_string(), &json!({}))).await.0, 4100);
    }
    assert!(server.asked.load(Ordering::SeqCst) <= 2, "at most once in ten seconds");
}
