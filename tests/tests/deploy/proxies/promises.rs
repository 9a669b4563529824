//! What a proxy before a broker promises.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use fanfare_client::{Client, Event, ReplayFrom, Subscription};
use fanfare_tests::files::Directory;
use fanfare_tests::http::{self, Answer};
use fanfare_tests::tls::config;
use fanfare_tests::{Broker, Setup, within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Error;

use super::front::{Front, Kind, NAME};
use super::guest::{Guest, connect};
use crate::files::{adapt, read};

/// Where the client is: not where the proxies connect from.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// The page that the example lets in.
const PAGE: (&str, &str) = ("Origin", "https://app.example.com");
/// What a client may claim of itself.
const CLAIMED: (&str, &str) = ("X-Forwarded-For", "203.0.113.9");

/// A broker as in `deploy/proxy/fanfare.toml`, without its issuer, which is somewhere else.
fn behind_a_proxy(files: &Directory) -> Setup {
    let text = read("proxy/fanfare.toml");
    let (text, _issuer) = text.split_once("\n[[auth.issuer]]\n").expect("the example ends with its issuer");
    let data = files.path().join("data").display().to_string();
    Setup::default().config(&adapt(text, &[(1, "/var/lib/fanfare", &data)]))
}

/// The addresses of the sessions that there are.
async fn addresses(broker: &Broker) -> Vec<String> {
    let page = http::get(broker.internal(), "/v1/sessions").await.json();
    let sessions = page["sessions"].as_array().unwrap();
    sessions.iter().map(|session| session["address"].as_str().unwrap().to_owned()).collect()
}

pub(super) async fn end_to_end(kind: Kind) {
    let files = Directory::new();
    let broker = behind_a_proxy(&files).start().await;
    let front = Front::before(kind, broker.client()).await;
    let mut guest = Guest::enter(&front, CLIENT, &[PAGE, CLAIMED]).await;
    assert_eq!(addresses(&broker).await, [CLIENT.to_string()]);
    guest.send(json!({"op": "subscribe", "sub": 1, "pattern": "a"})).await;
    guest.expect(json!({"op": "subscribed", "sub": 1})).await;
    // The longest payload, which goes in several parts.
    let text = "x".repeat(65_536);
    guest.send(json!({"op": "publish", "topic": "a", "text": text})).await;
    guest.expect(json!({"op": "message", "sub": 1, "text": text})).await;

    let stranger = Guest::knock(&front, CLIENT, &[("Origin", "https://evil.example")]).await;
    let Err(Error::Http(refusal)) = stranger else { panic!("a page of elsewhere gets in") };
    assert_eq!(refusal.status(), 403);
}

/// What a proxy answers to `GET path`.
async fn get(front: &Front, path: &str) -> Answer {
    let mut stream = connect(front, CLIENT).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Some end without TLS's own farewell.
    let _ = within("an answer", stream.read_to_end(&mut answer)).await;
    Answer::parse(&answer)
}

pub(super) async fn no_token_in_the_log(kind: Kind) {
    let files = Directory::new();
    let broker = behind_a_proxy(&files).start().await;
    let front = Front::before(kind, broker.client()).await;
    let path = "/sse?pattern=..&token=a.secret.token";
    assert_eq!(get(&front, path).await.status, 400, "the broker's own answer");
    drop(broker);
    let status = get(&front, path).await.status;
    assert!((502..=504).contains(&status), "{status}");
    let log = front.log();
    assert!(!log.contains("secret"), "{log}");
}

pub(super) async fn nothing_else(kind: Kind) {
    let files = Directory::new();
    let broker = behind_a_proxy(&files).start().await;
    let front = Front::before(kind, broker.client()).await;
    for path in ["/", "/metrics", "/v1/sessions", "/ws/", "/wss", "//ws", "/ws/../metrics"] {
        assert_eq!(get(&front, path).await.status, 404, "{path}");
    }
    let plain = get(&front, "/ws").await;
    assert_eq!(plain.status, 426, "the broker's own answer: {plain:?}");
}

/// Asks for events through a proxy; `more` are further lines of the head, each with its end.
async fn ask_for_events(front: &Front, more: &str) -> Events {
    let mut stream = connect(front, CLIENT).await;
    let (claim, address) = CLAIMED;
    let head =
        format!("GET /sse?pattern=a&from=start HTTP/1.1\r\nHost: {NAME}\r\n{claim}: {address}\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    Events { stream, arrived: String::new() }
}

/// A stream of events, read as far as it was needed.
struct Events {
    stream: TlsStream<TcpStream>,
    arrived: String,
}

impl Events {
    /// Reads on until this has arrived.
    async fn until(&mut self, text: &str) {
        while !self.arrived.contains(text) {
            let mut read = [0; 4096];
            let len = within(text, self.stream.read(&mut read)).await.unwrap();
            assert!(len > 0, "the proxy ends it: {}", self.arrived);
            self.arrived.push_str(std::str::from_utf8(&read[..len]).unwrap());
        }
    }
}

/// Each message is published when the one before has arrived, so one that a proxy held back would end the test.
pub(super) async fn events(kind: Kind) {
    let files = Directory::new();
    let broker = behind_a_proxy(&files).start().await;
    let front = Front::before(kind, broker.client()).await;
    let mut events = ask_for_events(&front, "").await;
    events.until("event: subscribed").await;
    assert!(events.arrived.starts_with("HTTP/1.1 200 "), "{}", events.arrived);
    assert_eq!(addresses(&broker).await, [CLIENT.to_string()]);
    let mut publisher = fanfare_tests::Client::json(&broker).await;
    for text in ["first", "second", "third"] {
        publisher.publish("a", text).await;
        events.until(&format!(r#""text":"{text}""#)).await;
    }
    let ids: Vec<_> = events.arrived.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    let second = ids.iter().find(|id| id.ends_with(":2")).expect("the second message has an id");

    let mut again = ask_for_events(&front, &format!("Last-Event-ID: {second}\r\n")).await;
    again.until(r#""text":"third""#).await;
    assert!(!again.arrived.contains("second"), "it goes on where it stood: {}", again.arrived);
    drop((events, again));
    broker.metric_reaches("fanfare_connections", &[], 1).await;
}

/// The next message's text; nothing may be missing before it.
async fn next_text(subscription: &mut Subscription) -> String {
    loop {
        match within("an event", subscription.next()).await.unwrap() {
            Event::Message(message) => return message.text().unwrap().to_owned(),
            Event::Gap(gap) => panic!("a gap: {gap:?}"),
            Event::Behind | Event::Live(_) | Event::Resumed(_) => {}
        }
    }
}

async fn client(front: &Front) -> Client {
    let builder = Client::builder(front.url()).ca_pem(front.authority.pem());
    let builder = builder.reconnect_pause(Duration::from_millis(1), Duration::from_millis(20));
    within("a connection", builder.connect()).await.unwrap()
}

pub(super) async fn restarts(kind: Kind) {
    const MESSAGES: usize = 300;
    let files = Directory::new();
    let mut broker = behind_a_proxy(&files).alone().start().await;
    let address = broker.client();
    let front = Front::before(kind, address).await;
    let (publisher, subscriber) = (client(&front).await, client(&front).await);
    let mut flow = subscriber.subscribe("flow").await.unwrap();
    let publishing = tokio::spawn(async move {
        for number in 0..MESSAGES {
            let request = publisher.publish("flow", number.to_string()).auto_key();
            within("an acknowledgement", request.into_future()).await.unwrap();
        }
    });
    for number in 0..MESSAGES {
        assert_eq!(next_text(&mut flow).await, number.to_string());
        if number == MESSAGES / 3 || number == MESSAGES * 2 / 3 {
            broker.terminate().await;
            broker.ended().await;
            broker = behind_a_proxy(&files).listen(address).start().await;
        }
    }
    publishing.await.unwrap();
    let kept = subscriber.history("flow").from(ReplayFrom::Last).await.unwrap();
    assert_eq!(kept.messages[0].seq(), Some(MESSAGES as u64), "each was appended once");
}

/// With the time-outs of the proxy at a second: pings every 200 ms keep a session that says nothing else, and where the
/// pings are further apart than the time-outs, it ends. So these are the time-outs that count.
pub(super) async fn quiet(kind: Kind) {
    const PINGS: usize = 20;
    let scaled = [(3, "11m", "1s")];
    for (heartbeat, lives) in [("200ms", true), ("10s", false)] {
        let files = Directory::new();
        let limits = format!("[limits]\nheartbeat = \"{heartbeat}\"");
        let broker = behind_a_proxy(&files).config(&limits).start().await;
        let front = Front::with(kind, broker.client(), &scaled).await;
        let mut guest = Guest::enter(&front, CLIENT, &[]).await;
        if lives {
            for _ in 0..PINGS {
                assert_eq!(guest.next().await.expect("it goes on")["op"], "ping");
            }
            guest.send(json!({"op": "ping"})).await;
            guest.expect(json!({"op": "pong"})).await;
        } else {
            // The first ping comes whenever the broker looks, the second is too late.
            let ended = guest.next().await.is_none() || guest.next().await.is_none();
            assert!(ended, "the proxy lets it be");
        }
    }
}

pub(super) async fn passed_on() {
    let files = Directory::new();
    let authority_of_broker = fanfare_tests::tls::Authority::new();
    authority_of_broker.sign_for(&[NAME]).write(&files);
    let setup = Setup::default().config("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true");
    let setup = setup.config(&format!("allowed_hosts = [\"{NAME}\"]")).config(&config("tls", &files));
    let broker = setup.start().await;
    let mut front = Front::before(Kind::HaproxyTcp, broker.client()).await;
    front.authority = authority_of_broker;
    let mut guest = Guest::enter(&front, CLIENT, &[CLAIMED]).await;
    assert_eq!(addresses(&broker).await, [CLIENT.to_string()]);
    guest.send(json!({"op": "ping"})).await;
    guest.expect(json!({"op": "pong"})).await;
}
