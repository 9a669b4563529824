//! `fanfare ready`: what a health check is told.

use std::net::SocketAddr;
use std::process::Output;

use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, Pair, config};
use fanfare_tests::{Broker, Setup, command, eventually, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn ready(address: SocketAddr, more: &[&str]) -> Output {
    let address = address.to_string();
    let mut ready = command();
    ready.args(["ready", "--internal", &address]).args(more);
    within("the command to end", ready.output()).await.unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Answers each request with the next of these, and returns the requests.
async fn answer(port: TcpListener, answers: &[&str]) -> Vec<String> {
    let mut requests = Vec::new();
    for answer in answers {
        let (mut socket, _) = port.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            assert!(socket.read_buf(&mut request).await.unwrap() > 0);
        }
        requests.push(String::from_utf8(request).unwrap());
        let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
    }
    requests
}

#[tokio::test]
async fn a_broker_that_works_is_ready_and_one_that_stops_is_not() {
    let broker = Broker::with_limits("drain_delay = \"1h\"").await;
    let output = ready(broker.internal(), &[]).await;
    assert_eq!((output.status.code(), told(&output)), (Some(0), String::new()));
    assert_eq!(broker.metrics().await.count("fanfare_ready", &[]), 1);
    broker.terminate().await;
    let stopping = eventually("the broker to say no", async || {
        let output = ready(broker.internal(), &[]).await;
        (output.status.code() == Some(1)).then(|| told(&output))
    })
    .await;
    assert!(stopping.contains("503") && stopping.contains("the broker is stopping"), "{stopping}");
    assert_eq!(broker.metrics().await.count("fanfare_ready", &[]), 0);
    broker.terminate().await;
    assert!(broker.ended().await.success());
}

#[tokio::test]
async fn where_nobody_listens_it_says_where_it_asked() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let output = ready(address, &[]).await;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains(&address.to_string()) && told.contains("refused"), "{told}");
}

#[tokio::test]
async fn it_waits_until_the_broker_is_ready() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = port.local_addr().unwrap();
    let answers = ["503 Service Unavailable", "503 Service Unavailable", "200 OK"];
    let (output, requests) = tokio::join!(ready(address, &["--wait", "30s"]), answer(port, &answers));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn beyond_loopback_it_asks_under_a_name_that_the_broker_knows() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let everywhere = SocketAddr::new([0, 0, 0, 0].into(), port.local_addr().unwrap().port());
    let flags = ["--allow-anonymous", "--set", "allowed_hosts=push.example.com"];
    let (output, requests) = tokio::join!(ready(everywhere, &flags), answer(port, &["200 OK"]));
    assert!(output.status.success(), "{output:?}");
    assert!(requests[0].to_lowercase().contains("host: push.example.com\r\n"), "{}", requests[0]);
}

/// The flags by which the internal port is known to speak TLS with the certificate in this directory.
fn secured(files: &Directory) -> [String; 4] {
    let setting = |name: &str| format!("internal_tls.{name}={}/{name}.pem", files.path().display());
    ["--set".to_owned(), setting("cert"), "--set".to_owned(), setting("key")]
}

#[tokio::test]
async fn over_tls_it_trusts_the_brokers_own_certificate_alone() {
    let (authority, files) = (Authority::new(), Directory::new());
    authority.sign_for(&["push.example.com"]).write(&files);
    let broker = Broker::with(&config("internal_tls", &files)).await;
    let flags = secured(&files);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let output = ready(broker.internal(), &flags).await;
    assert!(output.status.success(), "{output:?}");

    let others = Directory::new();
    authority.sign_for(&["push.example.com"]).write(&others);
    let flags = secured(&others);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let output = ready(broker.internal(), &flags).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(told(&output).contains("certificate"), "{output:?}");
}

#[tokio::test]
async fn where_the_port_asks_for_a_certificate_it_shows_the_one_that_it_is_given() {
    let (authority, files) = (Authority::new(), Directory::new());
    authority.sign().write(&files);
    files.write("clients.pem", authority.pem());
    let client_ca = format!("client_ca = \"{}/clients.pem\"", files.path().display());
    let broker = Setup::default().config(&(config("internal_tls", &files) + &client_ca)).start().await;
    let flags = secured(&files);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    assert_eq!(ready(broker.internal(), &flags).await.status.code(), Some(1));

    let Pair { cert, key } = authority.sign();
    let own = [files.write("own.pem", cert), files.write("own-key.pem", key)]
        .map(|path| path.display().to_string());
    let flags = [&flags[..], &["--client-cert", &own[0], "--client-key", &own[1]]].concat();
    let output = ready(broker.internal(), &flags).await;
    assert!(output.status.success(), "{output:?}");
}
