//! `fanfare top` for scripts and without a terminal; what it draws is tested beside its code.

use std::process::Output;

use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, config};
use fanfare_tests::{Broker, Client, Setup, command, within};
use serde_json::Value;

/// `fanfare top` with these arguments.
async fn top(arguments: &[&str]) -> Output {
    let mut command = command();
    command.arg("top").args(arguments);
    within("top to end", command.output()).await.unwrap()
}

/// A snapshot of this broker as JSON.
async fn snapshot(broker: &Broker, more: &[&str]) -> Value {
    let (server, http) = (format!("ws://{}", broker.client()), format!("http://{}", broker.internal()));
    let output = top(&[&["--once", "--json", "--server", &server, "--http", &http], more].concat()).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_snapshot_tells_of_sessions_streams_and_busy_topics() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "orders.>").await;
    for topic in ["orders.eu", "orders.eu", "orders.eu", "orders.us"] {
        client.publish(topic, "x").await;
    }
    let told = snapshot(&broker, &[]).await;
    let names: Vec<_> = told["sessions"].as_array().unwrap().iter().map(|session| &session["name"]).collect();
    assert!(names.contains(&&Value::from("fanfare-tests/1")), "{told:#}");
    assert_eq!(told["topics"][0]["topic"], "orders.eu");
    assert_eq!((&told["topics"][0]["share"], &told["topics_sample"]["messages"]), (&0.75.into(), &4.into()));
    assert_eq!(
        (&told["streams"][0]["name"], &told["streams"][0]["settings"]["max_age_ms"]),
        (&"recent".into(), &120_000.into())
    );
    assert_eq!(told["stats"]["streams"][0]["last_seq"], 4);
    let below = snapshot(&broker, &["--topics", "orders.us"]).await;
    assert_eq!(below["topics"].as_array().unwrap().len(), 1, "{below:#}");
}

#[tokio::test]
async fn a_snapshot_is_text_unless_a_script_asks() {
    let broker = Broker::start().await;
    let (server, http) = (format!("ws://{}", broker.client()), format!("http://{}", broker.internal()));
    let output = top(&["--once", "--server", &server, "--http", &http]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    for words in ["sessions", "published", "Streams", "recent", "fanfare-cli/"] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
}

#[tokio::test]
async fn without_a_terminal_it_says_what_to_do() {
    let output = top(&["--server", "ws://127.0.0.1:1"]).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("fanfare top --once"), "{error}");
}

#[tokio::test]
async fn where_the_internal_port_is_unknown_the_rest_is_told() {
    let broker = Broker::start().await;
    let server = format!("ws://{}", broker.client());
    let output = top(&["--once", "--json", "--server", &server]).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["sessions_trouble"].as_str().unwrap().contains("--http"), "{told:#}");
    assert_eq!(told["stats"]["connections"]["msgpack"], 1);
}

const SECRET: &str = "a secret of at least thirty-two bytes";

/// A token that may hear the broker's own topics, and more.
async fn token(more: &[&str]) -> String {
    let made =
        ["token", "make", "--secret", SECRET, "--sub", "ops", "--subscribe", "$sys.>", "--expires", "1h"];
    let output = within("a token", command().args(made).args(more).output()).await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_token_shows_what_it_may_and_says_what_it_may_not() {
    let broker = Broker::with(&format!("[[auth.issuer]]\nsecret = \"{SECRET}\"")).await;
    let hears = token(&[]).await;
    let told = snapshot(&broker, &["--token", &hears]).await;
    for trouble in ["sessions_trouble", "topics_trouble"] {
        assert!(told[trouble].as_str().is_some_and(|text| text.starts_with("forbidden")), "{told:#}");
    }
    assert_eq!(told["stats"]["connections"]["msgpack"], 1);
    let server = format!("ws://{}", broker.client());
    let output = top(&["--once", "--server", &server]).await;
    assert!(!output.status.success(), "nobody sees anything without a token: {output:?}");
}

#[tokio::test]
async fn an_administrator_sees_all_of_it_over_tls() {
    let (authority, files) = (Authority::new(), Directory::new());
    authority.sign().write(&files);
    let ca = files.write("ca.pem", authority.pem());
    let auth = format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\n[auth.roles.ops]\nadmin = true\n");
    let setup = Setup::default().config(&(config("tls", &files) + &config("internal_tls", &files) + &auth));
    let broker = setup.start().await;
    let admin = token(&["--subscribe", ">", "--role", "ops"]).await;
    let server = format!("wss://localhost:{}", broker.client().port());
    let http = format!("https://localhost:{}", broker.internal().port());
    let arguments = [
        "--once",
        "--json",
        "--server",
        &server,
        "--http",
        &http,
        "--ca",
        ca.to_str().unwrap(),
        "--token",
        &admin,
    ];
    let output = top(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["sessions_trouble"], &told["topics_trouble"]),
        (&Value::Null, &Value::Null),
        "{told:#}"
    );
    assert_eq!(told["sessions"][0]["subject"], "ops");
}
