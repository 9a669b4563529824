//! TLS: who gets in, who does not, and certificates that change while the broker runs.

use fanfare_client::{Client, ClientBuilder, Error, Event};
use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, config, shown};
use fanfare_tests::{Broker, Raw, Setup, command, eventually, handshake, http, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A broker whose client port speaks TLS, with what it takes to reach it.
struct Secure {
    broker: Broker,
    authority: Authority,
    files: Directory,
}

impl Secure {
    async fn start() -> Self {
        Self::with("").await
    }

    /// With further lines of configuration, at the top.
    async fn with(top: &str) -> Self {
        Self::of(Setup::default().config(top), "").await
    }

    /// With further lines under `[tls]`.
    async fn of(setup: Setup, tls: &str) -> Self {
        let (authority, files) = (Authority::new(), Directory::new());
        authority.sign().write(&files);
        let broker = setup.config(&(config("tls", &files) + tls)).start().await;
        Self { broker, authority, files }
    }

    /// How a client of the SDK reaches it that trusts the authority.
    fn builder(&self) -> ClientBuilder {
        Client::builder(self.broker.secure_url()).ca_pem(self.authority.pem()).reconnect(false)
    }

    /// The certificate that it shows now.
    async fn certificate(&self) -> Vec<u8> {
        shown(&self.authority.connect(self.broker.client(), b"").await.unwrap())
    }
}

#[tokio::test]
async fn messages_of_any_size_go_over_tls() {
    let secure = Secure::start().await;
    let client = secure.builder().connect().await.unwrap();
    let mut heard = client.subscribe("a").await.unwrap();
    for size in [0, 1, 100, 16_383, 16_384, 16_385, 60_000] {
        client.publish("a", "x".repeat(size)).await.unwrap();
        let Some(Event::Message(message)) = within("the message", heard.next()).await else { panic!() };
        assert_eq!(message.text().unwrap().len(), size);
    }
}

#[tokio::test]
async fn a_reader_that_rests_over_tls_misses_nothing() {
    let secure = Secure::start().await;
    let (publisher, reader) =
        (secure.builder().connect().await.unwrap(), secure.builder().connect().await.unwrap());
    let mut heard = reader.subscribe("a").await.unwrap();
    // Twice what the reader's queue in the broker, its socket and its client take together.
    let count = 600;
    for number in 0..count {
        publisher.publish("a", format!("{number} {}", "x".repeat(40_000))).await.unwrap();
    }
    let mut next = 0;
    while next < count {
        match within("the next message", heard.next()).await.unwrap() {
            Event::Message(message) => {
                let number: usize = message.text().unwrap().split(' ').next().unwrap().parse().unwrap();
                assert_eq!(number, next);
                next += 1;
            }
            Event::Gap(gap) => panic!("{gap:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_refuses_the_broker() {
    let secure = Secure::start().await;
    let stranger = Authority::new();
    let error = secure.builder().ca_pem(stranger.pem()).connect().await.unwrap_err();
    assert!(matches!(&error, Error::Tls { .. }), "{error}");
    assert!(error.to_string().contains("UnknownIssuer") && error.to_string().contains("trusted"), "{error}");
    secure.broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "tls")], 1).await;
}

#[tokio::test]
async fn plain_text_on_a_port_with_tls_is_told_to_speak_it_and_the_reverse() {
    let secure = Secure::start().await;
    let answer = http::request(secure.broker.client(), &handshake("")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("wss://"), "{answer:?}");
    let plain = Broker::start().await;
    let error = secure.authority.connect(plain.client(), b"").await.unwrap_err();
    assert!(!error.to_string().is_empty());
}

#[tokio::test]
async fn half_a_tls_handshake_is_closed_in_time_and_harms_nobody() {
    let secure = Secure::with("limits.handshake_timeout = \"300ms\"").await;
    let client = secure.builder().connect().await.unwrap();
    // A record of a ClientHello that never ends.
    let starts: [&[u8]; 3] = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00"];
    for start in starts {
        let mut raw = Raw::connect(secure.broker.client()).await;
        raw.write(start).await;
        raw.rest().await;
    }
    secure.broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "timeout")], 3).await;
    client.publish("a", "still there").await.unwrap();
}

#[tokio::test]
async fn a_session_over_tls_ends_as_any_other() {
    let secure = Secure::start().await;
    let client = secure.builder().connect().await.unwrap();
    client.close().await;
    secure.broker.metric_reaches("fanfare_connections", &[], 0).await;
    let client = secure.builder().connect().await.unwrap();
    secure.broker.terminate().await;
    let closed = within("the end", client.closed()).await;
    assert!(closed.to_string().contains("4200"), "{closed}");
    assert!(secure.broker.ended().await.success());
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart_and_no_session_is_lost() {
    let secure = Secure::start().await;
    let (publisher, reader) =
        (secure.builder().connect().await.unwrap(), secure.builder().connect().await.unwrap());
    let mut heard = reader.subscribe("load").await.unwrap();
    let load = tokio::spawn(async move {
        let mut sent = 0_u64;
        loop {
            if publisher.publish("load", sent.to_string()).await.is_err() {
                return sent;
            }
            sent += 1;
        }
    });
    let mut next = 0_u64;
    let mut hear = async |until: u64| {
        while next < until {
            match within("the load", heard.next()).await.unwrap() {
                Event::Message(message) => assert_eq!(message.text().unwrap(), next.to_string()),
                other => panic!("{other:?}"),
            }
            next += 1;
        }
    };
    hear(100).await;
    for renewals in 1..=2 {
        let new = secure.authority.sign();
        new.write(&secure.files);
        // The load goes on all the while.
        tokio::select! {
            () = secure.broker.metric_reaches("fanfare_tls_reloads_total", &[("port", "client")], renewals) => {}
            () = hear(u64::MAX) => {}
        }
        assert_eq!(secure.certificate().await, new.der());
    }
    load.abort();
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_leaves_the_old_one_in_force_and_is_told() {
    let secure = Secure::start().await;
    let old = secure.certificate().await;
    secure.files.write("cert.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
    let log = secure.broker.logs("the old one stays").await;
    assert!(log.contains("cert.pem"), "{log}");
    secure.broker.metric_reaches("fanfare_tls_reload_failures_total", &[("port", "client")], 1).await;
    assert_eq!(secure.certificate().await, old);
    let new = secure.authority.sign();
    new.write(&secure.files);
    eventually("the new certificate", async || (secure.certificate().await == new.der()).then_some(())).await;
}

#[tokio::test]
async fn with_a_client_ca_only_clients_with_a_certificate_of_it_get_in() {
    let (clients, strangers, ca) = (Authority::new(), Authority::new(), Directory::new());
    let path = ca.write("clients.pem", clients.pem());
    let secure = Secure::of(Setup::default(), &format!("client_ca = {path:?}\n")).await;
    let (known, stranger) = (clients.sign(), strangers.sign());
    let with = |pair: &fanfare_tests::tls::Pair| {
        secure.builder().client_certificate_pem(pair.cert.clone(), pair.key.clone())
    };
    let client = with(&known).connect().await.unwrap();
    client.publish("a", "hello").await.unwrap();
    assert!(secure.builder().connect().await.is_err());
    assert!(with(&stranger).connect().await.is_err());
    secure.broker.metric_reaches("fanfare_handshake_failures_total", &[("reason", "tls")], 2).await;
}

#[tokio::test]
async fn both_ports_speak_tls_and_tell_when_their_certificates_expire() {
    let internal = Directory::new();
    let authority = Authority::new();
    authority.sign().write(&internal);
    let setup = Setup::default().config(&config("internal_tls", &internal));
    let secure = Secure::of(setup, "").await;
    let mut stream = authority.connect(secure.broker.internal(), b"").await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    within("the page", stream.read_to_string(&mut page)).await.unwrap();
    let metrics = fanfare_tests::Metrics::parse(page.split_once("\r\n\r\n").unwrap().1);
    for port in ["client", "internal"] {
        let not_after = metrics.count("fanfare_tls_not_after_timestamp_seconds", &[("port", port)]);
        assert!(not_after > 1_700_000_000, "{not_after}");
    }
}

#[tokio::test]
async fn who_fails_to_shake_hands_at_the_internal_port_is_counted_and_told() {
    let (authority, clients, files) = (Authority::new(), Authority::new(), Directory::new());
    authority.sign().write(&files);
    let ca = files.write("clients.pem", clients.pem());
    let tls = config("internal_tls", &files) + &format!("client_ca = {ca:?}\n");
    let broker =
        Setup::default().config(&format!("limits.http_head_timeout = \"300ms\"\n{tls}")).start().await;
    let failures = "fanfare_http_handshake_failures_total";
    let port = broker.internal().port();
    let (ca, pair) = (files.write("ca.pem", authority.pem()), clients.sign());
    let (cert, key) = (files.write("client.pem", pair.cert), files.write("client.key", pair.key));
    let metrics = async || {
        let mut curl = tokio::process::Command::new("curl");
        curl.args(["-sS", "--cacert"]).arg(&ca).arg("--cert").arg(&cert).arg("--key").arg(&key);
        let page =
            within("curl", curl.arg(format!("https://localhost:{port}/metrics")).output()).await.unwrap();
        fanfare_tests::Metrics::parse(&String::from_utf8(page.stdout).unwrap())
    };
    let count = async |reason: &str| metrics().await.count(failures, &[("reason", reason)]);
    // Without a certificate; the handshake shows it when something is read.
    for _ in 0..3 {
        if let Ok(mut stream) = authority.connect(broker.internal(), b"").await {
            let _ = within("the refusal", stream.read_u8()).await;
        }
    }
    eventually("the certificates to be missed", async || (count("tls").await == 3).then_some(())).await;
    let log = broker.logs("a TLS handshake on the internal port failed").await;
    assert_eq!(log.matches("a TLS handshake on the internal port failed").count(), 1, "{log}");
    let mut stalled = Raw::connect(broker.internal()).await;
    stalled.write(b"\x16\x03\x01").await;
    assert_eq!(stalled.rest().await, b"");
    eventually("the stalled one to be told", async || (count("timeout").await == 1).then_some(())).await;
    broker.logs("http_head_timeout").await;
}

#[tokio::test]
async fn curl_and_the_command_line_speak_tls_with_it() {
    let internal = Directory::new();
    let setup = Setup::default().config(&config("internal_tls", &internal));
    let authority = Authority::new();
    authority.sign().write(&internal);
    let secure = Secure::of(setup, "").await;
    let ca = internal.write("ca.pem", authority.pem());
    let url = format!("https://localhost:{}/readyz", secure.broker.internal().port());
    let asked = tokio::process::Command::new("curl").args(["-sS", "--cacert"]).arg(&ca).arg(&url).output();
    let asked = within("curl", asked).await.unwrap();
    assert_eq!(String::from_utf8(asked.stdout).unwrap(), "ready\n", "{:?}", String::from_utf8(asked.stderr));
    let ca = internal.write("other.pem", secure.authority.pem());
    let publish = |ca: Option<&std::path::Path>| {
        let mut publish = command();
        publish.args(["pub", "--server", &secure.broker.secure_url(), "greetings", "hello"]);
        if let Some(ca) = ca {
            publish.arg("--ca").arg(ca);
        }
        publish.output()
    };
    let published = within("fanfare pub", publish(Some(&ca))).await.unwrap();
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    let refused = within("fanfare pub", publish(None)).await.unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("no TLS with localhost"), "{told}");
}

#[tokio::test]
async fn the_proxy_header_comes_before_tls() {
    let secure = Secure::with("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true").await;
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C\xCB\x00\x71\x07\x0A\x00\x00\x01\x10\x00\x1D\x10";
    let mut stream = secure.authority.connect(secure.broker.client(), header).await.unwrap();
    stream.write_all(handshake("").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    within("the answer", stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_named_at_the_start() {
    let files = Directory::new();
    let path = files.write("fanfare.toml", config("tls", &files));
    let started = command()
        .args(["serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--config"])
        .arg(path)
        .output();
    let started = within("it to end", started).await.unwrap();
    let told = String::from_utf8(started.stderr).unwrap();
    assert!(!started.status.success() && told.contains("[tls]") && told.contains("cert.pem"), "{told}");
}
