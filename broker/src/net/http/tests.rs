//! What Prometheus, orchestrators and browsers may rely on at the internal port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Api, ClientPort, Inside, Port, console, routes, serve};
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
    async fn metrics(&self) -> String {
        "fanfare_build_info 1\n".to_owned()
    }
    async fn ready(&self) -> Result<(), String> {
        if self.broken.load(Ordering::Relaxed) { Err("shard 1 does not answer".to_owned()) } else { Ok(()) }
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
        let clients = ClientPort { port: 7440, tls: false };
        let port = Port { acceptor, names: Names::default(), tls: None, clients };
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
        self.ask_with(line, host, "").await
    }

    /// The same, with more lines of the head.
    async fn ask_with(&self, line: &str, host: &str, more: &str) -> (String, String) {
        let mut socket = TcpStream::connect(("127.0.0.1", self.address.port())).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
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
    for path in ["/metrics", "/healthz", "/readyz", "/nothing"] {
        let (head, _) = served.get(path).await;
        assert!(
            head.contains("cache-control: no-store") && head.contains("x-content-type-options: nosniff"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn the_console_runs_its_own_files_alone_and_reaches_this_port_and_the_client_port_alone() {
    let served = Served::start("127.0.0.1:0").await;
    for path in console::PATHS {
        let (head, _) = served.get(path).await;
        let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
        for rule in [
            "default-src 'none';",
            "script-src 'self';",
            "style-src 'self';",
            "connect-src 'self' ws://*:7440 wss://*:7440;",
            "require-trusted-types-for 'script';",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(
            !policy.contains("unsafe") && head.contains("x-content-type-options: nosniff"),
            "{path}: {head}"
        );
    }
}

#[tokio::test]
async fn the_consoles_page_knows_the_client_port_and_holds_no_script_and_no_style_itself() {
    let (_, page) = Served::start("127.0.0.1:0").await.get("/").await;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let facts = "data-client-port=\"7440\" data-client-tls=\"false\" data-version=\"";
    assert!(page.contains(facts) && !page.contains("{{"), "a place was not filled in: {page}");
    for sign in ["<style", " style=", " onload=", "http-equiv"] {
        assert!(!page.contains(sign), "the page holds {sign}");
    }
    let scripts: Vec<_> = page.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1);
    assert!(scripts[0].starts_with(" type=\"module\" src=\"/console.js\"></script>"), "{page}");
}

#[tokio::test]
async fn the_console_loads_nothing_from_elsewhere_and_reads_no_html() {
    let served = Served::start("127.0.0.1:0").await;
    for path in console::PATHS {
        let (_, body) = served.get(path).await;
        // The name of SVG is no address.
        let body = body.replace("http://www.w3.org/2000/svg", "");
        for sign in ["http://", "https://", "//cdn", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval("]
        {
            assert!(!body.contains(sign), "{path} holds {sign}");
        }
    }
}

#[tokio::test]
async fn a_browser_that_has_the_console_is_not_sent_it_again() {
    let served = Served::start("127.0.0.1:0").await;
    for path in console::PATHS {
        let (head, body) = served.get(path).await;
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert!(head.contains("cache-control: no-cache") && !body.is_empty(), "{path}: {head}");
        let line = format!("GET {path}");
        let ask = async |known: &str| {
            served.ask_with(&line, "localhost", &format!("If-None-Match: {known}\r\n")).await
        };
        let (again, nothing) = ask(&format!("\"other\", {tag}")).await;
        assert!(again.starts_with("HTTP/1.1 304 Not Modified\r\n") && nothing.is_empty(), "{path}: {again}");
        let (other, _) = ask("\"other\"").await;
        assert!(other.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {other}");
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
