//! Operation: starting, refusing to start, and stopping.

use std::time::{Duration, Instant};

use fanfare_protocol::Encoding;
use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Raw, Setup, command, within};
use serde_json::json;

/// What `fanfare` with these arguments says on standard error before it ends with failure.
async fn refusal(arguments: &[&str]) -> String {
    let output = within("the command to end", command().args(arguments).output()).await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "it does not fail: {error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

#[tokio::test]
async fn sigterm_tells_every_session_to_come_back_and_ends_with_success() {
    let broker = Broker::start().await;
    let mut clients = Vec::new();
    for encoding in [Encoding::Json, Encoding::MsgPack, Encoding::Json, Encoding::MsgPack] {
        let mut client = Client::open(&broker, encoding).await;
        client.subscribe(1, "a").await;
        clients.push(client);
    }
    broker.terminate().await;
    for mut client in clients {
        let goaway = client.answer(json!({"op": "goaway", "reason": "drain"})).await;
        assert!(goaway["reconnect_after_ms"].is_u64(), "{goaway}");
        assert_eq!(client.expect_close().await.0, 4200);
    }
    assert!(broker.ended().await.success());
}

#[tokio::test]
async fn sigterm_ends_it_though_clients_do_nothing() {
    let broker = Broker::start().await;
    let idle = [Raw::open(broker.client()).await, Raw::shake(broker.client()).await];
    let half = Raw::connect(broker.client()).await;
    let begun = Instant::now();
    broker.terminate().await;
    assert!(broker.ended().await.success());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop((idle, half));
}

#[tokio::test]
async fn ctrl_c_ends_it_as_well() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    broker.signal("INT").await;
    assert_eq!(client.expect_close().await.0, 4200);
    assert!(broker.ended().await.success());
}

#[tokio::test]
async fn sigterm_ends_it_though_data_waits_for_a_client_that_never_reads() {
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    let text = "x".repeat(10_000);
    publisher.publish_all("a", (0..2_000).map(|_| &text)).await;
    let mut sleeper = Client::msgpack(&broker).await;
    sleeper.send(json!({"op": "subscribe", "sub": 1, "pattern": "a", "from": "start"})).await;
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 1).await;
    let begun = Instant::now();
    broker.terminate().await;
    assert!(broker.ended().await.success());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn after_sigterm_nobody_new_gets_in() {
    let broker = Broker::start().await;
    // A client that does not leave keeps the broker draining.
    let stays = Raw::open(broker.client()).await;
    let address = broker.client();
    broker.terminate().await;
    fanfare_tests::eventually("the port to be closed", async || {
        tokio::net::TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    assert!(broker.ended().await.success());
    drop(stays);
}

#[tokio::test]
async fn beyond_loopback_it_does_not_start_unless_anonymous_is_allowed() {
    let error = refusal(&["serve", "--listen", "0.0.0.0:0", "--internal", "127.0.0.1:0"]).await;
    assert!(error.contains("allow_anonymous"), "{error}");
    Setup::default().listen("0.0.0.0:0").config("allow_anonymous = true").start().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let broker = Broker::start().await;
    let taken = broker.client().to_string();
    let error = refusal(&["serve", "--listen", &taken, "--internal", "127.0.0.1:0"]).await;
    assert!(error.contains(&taken) && error.contains("listen"), "{error}");
    let error = refusal(&["serve", "--listen", "127.0.0.1:0", "--internal", &taken]).await;
    assert!(error.contains(&taken) && error.contains("internal"), "{error}");
}

#[tokio::test]
async fn a_port_can_be_used_again_at_once() {
    let broker = Setup::default().alone().start().await;
    let address = broker.client();
    let client = Client::json(&broker).await;
    broker.terminate().await;
    broker.ended().await;
    drop(client);
    let again = Setup::default().listen(address).start().await;
    Client::json(&again).await;
}

#[tokio::test]
async fn every_fault_of_a_configuration_is_told_at_once_with_its_place() {
    let files = Directory::new();
    let config = "hearbeat = 1\n[limits]\nmax_payload_bytes = 5\nmax_connections = \"many\"\n";
    let path = files.write("broken.toml", config);
    let error = refusal(&["serve", "--config", path.to_str().unwrap()]).await;
    for told in [
        "broken.toml:1:",
        "hearbeat",
        "broken.toml:3:",
        "max_payload_bytes",
        "broken.toml:4:",
        "max_connections",
    ] {
        assert!(error.contains(told), "{told} is not told: {error}");
    }
}

#[tokio::test]
async fn flags_win_over_environment_and_environment_over_the_file() {
    let setup = || Setup::default().config("shards = 1").variable("FANFARE_SHARDS", 2);
    let shards = async |broker: Broker| broker.metrics().await.count("fanfare_shards", &[]);
    assert_eq!(shards(setup().start().await).await, 2);
    assert_eq!(shards(setup().flag("--shards", 3).start().await).await, 3);
}

#[tokio::test]
async fn help_and_version_are_told() {
    for arguments in
        [&["--help"][..], &["--version"], &["serve", "--help"], &["pub", "--help"], &["sub", "--help"]]
    {
        let output = command().args(arguments).output().await.unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_version_comes_with_the_revision_that_it_was_built_from() {
    let output = command().arg("--version").output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let broker = Broker::start().await;
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_build_info", &version), 1);
    let revision =
        told.trim_end().strip_prefix(concat!("fanfare ", env!("CARGO_PKG_VERSION"), " (revision "));
    let revision = revision.and_then(|rest| rest.strip_suffix(')')).unwrap_or_else(|| panic!("{told}"));
    assert_eq!(metrics.count("fanfare_build_info", &[("revision", revision)]), 1);
}
