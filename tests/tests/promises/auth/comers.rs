//! The command line comes with a token, or is told how to come with one.

use std::process::{Output, Stdio};

use fanfare_tests::files::Directory;
use fanfare_tests::{command, within};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::*;

/// Runs `fanfare` against this broker, with this on standard input.
async fn run(broker: &Broker, args: &[&str], input: &str) -> Output {
    let mut command = command();
    command.args(args).env("FANFARE_SERVER", broker.url()).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    within("the command to end", child.wait_with_output()).await.unwrap()
}

/// What a command that fails says.
async fn failure(broker: &Broker, args: &[&str]) -> String {
    let output = run(broker, args, "").await;
    assert!(!output.status.success(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_token_comes_from_a_file_or_from_standard_input() {
    let (broker, files) = (broker("").await, Directory::new());
    let token = granting(&json!({"publish": ["rooms.>"]}));
    let file = files.write("token", format!("{token}\n")).display().to_string();
    for (file, input) in [(file.as_str(), ""), ("-", token.as_str())] {
        let output = run(&broker, &["pub", "--token-file", file, "rooms.1", "hi"], input).await;
        assert!(output.status.success(), "{file}: {output:?}");
    }
    let output = run(&broker, &["pub", "--token-file", "-", "rooms.1"], &token).await;
    assert!(!output.status.success(), "standard input is the token, and nothing is left to publish");
    assert!(String::from_utf8_lossy(&output.stderr).contains("both the token and what to publish"));
}

#[tokio::test]
async fn who_comes_without_a_token_hears_how_to_give_one() {
    let broker = broker("").await;
    for args in [&["sub", "rooms.>"][..], &["pub", "rooms.1", "hi"], &["bench"], &["top", "--once"]] {
        let told = failure(&broker, args).await;
        assert!(told.contains("a token is needed here; give a token with --token-file FILE"), "{told}");
        assert!(told.contains("FANFARE_TOKEN") && !told.contains("hello"), "{told}");
    }
}

#[tokio::test]
async fn what_a_token_does_not_grant_is_named() {
    let broker = broker("").await;
    let token = granting(&json!({"subscribe": ["rooms.>"]}));
    let with_token = |args: &[&str]| {
        let args: Vec<_> = args.iter().chain(&["--token", &token]).map(|&arg| arg.to_owned()).collect();
        let broker = &broker;
        async move { failure(broker, &args.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    let inspect = "`fanfare token inspect` shows what a token grants";
    for (args, named, advice) in [
        (&["sub", "rooms.>", "orders.>"][..], "can't follow orders.>: the broker says forbidden", inspect),
        (&["pub", "orders.1", "hi"], "can't publish to orders.1: the broker says forbidden", inspect),
        (&["bench"], "forbidden", "subscribe and publish to `bench.>`"),
        (&["top", "--once"], "forbidden", "a token that may subscribe to `$sys.>`"),
    ] {
        let told = with_token(args).await;
        assert!(told.contains(named) && told.contains(advice), "{told}");
    }
}
