//! What Prometheus, orchestrators and browsers may rely on at the internal port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Api, Inside, Port, routes, serve};
use crate::clock::Now;
use crate::engine::{KeyLimits, MemoryEngine};
use crate::hub::Hub;
use crate::limits::{Limits, LiveLimits};
use crate::metrics::{INTERNAL_PORT, Metrics};
use crate::net::accept::Acceptor;
use crate::net::admission::{Names, Proxies};

/// A broker of which only what the port shows is there.
#[derive(Debug, Default)]
struct Fake {
    broken: AtomicBool,
}

impl Inside for Fake {
    fn metrics(&self) -> String {
        "fanfare_build_info 1\n".to_owned()
    }
    async fn ready(&self) -> Result<(), String> {
        if self.broken.load(Ordering::Relaxed) { Err("shard 1 does not answer".to_owned()) } else { Ok(()) }
    }
    fn client_port(&self) -> u16 {
        7440
    }
}

/// A served port that ends when told.
struct Served {
    address: SocketAddr,
    fake: Arc<Fake>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(bind: &str) -> Self {
        let listener = TcpListener::bind(bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = Acceptor::new(listener, INTERNAL_PORT, Arc::new(Metrics::new(1, &[])));
        let port = Port { acceptor, names: Names::default(), tls: None };
        let fake = Arc::new(Fake::default());
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&fake);
        let limits = Arc::new(LiveLimits::new(&Limits::default()));
        let engine =
            MemoryEngine::new(&[], KeyLimits::from(&Limits::default()), Vec::new(), Now::default()).unwrap();
        let metrics = Arc::new(Metrics::new(1, &[]).with_routes(routes()));
        let hub = Arc::new(Hub::new(engine, 1, Arc::clone(&limits), metrics).unwrap());
        let api = Api::new(Arc::clone(&hub), limits, Proxies::default());
        let task = tokio::spawn(serve(port, inside, hub, api, async { stopped.await.unwrap() }));
        Self { address, fake, stop, task }
    }

    /// Head and body of the answer to a request line, with this `Host`.
    async fn ask(&self, line: &str, host: &str) -> (String, String) {
        let mut socket = TcpStream::connect(("127.0.0.1", self.address.port())).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    async fn get(&self, path: &str) -> (String, String) {
        self.ask(&format!("GET {path}"), "localhost").await
    }
}

#[tokio::test]
async fn prometheus_gets_the_metrics_in_its_format() {
    let (head, body) = Served::start("127.0.0.1:0").await.get("/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert_eq!(body, "fanfare_build_info 1\n");
}

#[tokio::test]
async fn a_process_that_answers_is_healthy() {
    let (head, body) = Served::start("127.0.0.1:0").await.get("/healthz").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body == "ok\n", "{head}\n{body}");
}

#[tokio::test]
async fn a_broker_that_is_not_ready_says_why() {
    let served = Served::start("127.0.0.1:0").await;
    let (head, body) = served.get("/readyz").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body == "ready\n", "{head}\n{body}");
    served.fake.broken.store(true, Ordering::Relaxed);
    let (head, body) = served.get("/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
    assert_eq!(body, "not ready: shard 1 does not answer\n");
}

#[tokio::test]
async fn an_unknown_path_lists_what_is_there() {
    let (head, body) = Served::start("127.0.0.1:0").await.get("/nothing").await;
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    for route in ["/ ", "/metrics", "/healthz", "/readyz"] {
        assert!(body.contains(route), "{body}");
    }
}

#[tokio::test]
async fn what_can_only_be_read_is_only_read() {
    let served = Served::start("127.0.0.1:0").await;
    for line in ["POST /metrics", "DELETE /", "OPTIONS /healthz", "PUT /v1"] {
        let (head, _) = served.ask(line, "localhost").await;
        assert!(head.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{line}: {head}");
        assert!(head.contains("allow: GET,HEAD"), "{line}: {head}");
    }
    let (head, body) = served.ask("HEAD /metrics", "localhost").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body.is_empty(), "{head}\n{body}");
}

#[tokio::test]
async fn on_loopback_another_name_is_refused() {
    let served = Served::start("127.0.0.1:0").await;
    for (line, host) in
        [("GET /metrics", "a.example"), ("GET http://a.example/metrics", "localhost"), ("GET /", "")]
    {
        let (head, _) = served.ask(line, host).await;
        assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{line} {host}: {head}");
    }
}

#[tokio::test]
async fn beyond_loopback_any_name_will_do() {
    let (head, _) = Served::start("0.0.0.0:0").await.ask("GET /metrics", "broker.example:7441").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
}

#[tokio::test]
async fn every_answer_forbids_storing_and_guessing_its_type() {
    let served = Served::start("127.0.0.1:0").await;
    for path in ["/", "/metrics", "/healthz", "/readyz", "/nothing"] {
        let (head, _) = served.get(path).await;
        assert!(
            head.contains("cache-control: no-store") && head.contains("x-content-type-options: nosniff"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn the_page_runs_its_own_script_alone_and_reaches_the_client_port_alone() {
    let served = Served::start("127.0.0.1:0").await;
    let (head, body) = served.get("/").await;
    let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
    let nonce = policy.split_once("script-src 'nonce-").unwrap().1.split_once('\'').unwrap().0;
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("connect-src ws://*:7440 "),
        "{policy}"
    );
    assert!(body.contains(&format!("<script nonce=\"{nonce}\">")), "no script with {nonce}");
    assert!(body.contains("data-client-port=\"7440\"") && !body.contains("{{"), "a place was not filled in");
    let (again, _) = served.get("/").await;
    assert!(!again.contains(nonce), "the nonce is used again");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let (_, body) = Served::start("127.0.0.1:0").await.get("/").await;
    for sign in [
        "http://",
        "https://",
        "//cdn",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!body.contains(sign), "the page holds {sign}");
    }
}

#[tokio::test]
async fn shutdown_ends_idle_connections_and_returns() {
    let served = Served::start("127.0.0.1:0").await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    assert!(idle.read(&mut answer).await.unwrap() > 0);
    served.stop.send(()).unwrap();
    served.task.await.unwrap().unwrap();
    assert_eq!(idle.read(&mut answer).await.unwrap(), 0);
}
