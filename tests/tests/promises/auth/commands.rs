//! The command line: makes tokens and keys that the broker takes, and says what they are worth.

use std::process::Output;

use fanfare_tests::files::Directory;
use fanfare_tests::{command, within};
use serde_json::json;

use super::*;

async fn run(args: &[&str]) -> Output {
    within("the command to end", command().args(args).output()).await.unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn a_token_that_is_made_is_accepted_and_says_what_it_may() {
    let files = Directory::new();
    let secret = files.write("secret", format!("{SECRET}\n"));
    let config =
        format!("[[auth.issuer]]\nsecret_file = {secret:?}\n[auth.roles.staff]\npublish = [\"staff.>\"]\n");
    let config = files.write("fanfare.toml", config);
    let (secret, config) = (secret.display().to_string(), config.display().to_string());
    let made = run(&[
        "token",
        "make",
        "--secret-file",
        &secret,
        "--sub",
        "bob",
        "--subscribe",
        "rooms.>",
        "--publish",
        "rooms.1",
        "--role",
        "staff",
        "--role",
        "stuff",
        "--claim",
        "tenant=acme",
        "--expires",
        "10m",
    ])
    .await;
    let token = out(&made).trim().to_owned();
    let inspected = out(&run(&["token", "inspect", "--config", &config, &token]).await);
    for part in ["\"tenant\": \"acme\"", "rooms.>", "staff.>", "admin      no", "The role \"stuff\" is none"]
    {
        assert!(inspected.contains(part), "{inspected}");
    }
    assert!(!inspected.contains("\"staff\" is none"), "{inspected}");
    // The leeway of 10 s is the broker's, and not the token's.
    assert!(inspected.contains("Accepted: bob, for 5") || inspected.contains("for 10m more"), "{inspected}");
    let broker = Broker::with(&format!("[[auth.issuer]]\nsecret = \"{SECRET}\"")).await;
    let (mut client, _) = enter(&broker, &token).await;
    subscribe(&mut client, 1, "rooms.>").await;
    let url = broker.url();
    out(&run(&["pub", "--server", &url, "--token", &token, "rooms.1", "hi"]).await);
    client.expect(json!({"op": "message", "topic": "rooms.1"})).await;
    let refused = run(&["pub", "--server", &url, "rooms.1", "hi"]).await;
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("a token is needed")
    );
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_told_with_its_reason() {
    let files = Directory::new();
    let config = files.write("fanfare.toml", format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\n"));
    let forged = sign(Algorithm::HS256, None, &json!({}), &EncodingKey::from_secret(&[7; 32]));
    let config = config.display().to_string();
    let inspected = run(&["token", "inspect", "--config", &config, &forged]).await;
    assert!(!inspected.status.success());
    let text = String::from_utf8(inspected.stdout).unwrap();
    assert!(
        text.contains("\"sub\": \"alice\"") && text.contains("Not accepted: the token's signature is wrong"),
        "{text}"
    );
}

#[tokio::test]
async fn an_api_key_that_is_made_enters_with_its_lines_in_the_configuration() {
    let made = run(&["token", "key", "backend"]).await;
    // Each can be piped as it is: the key by itself, and lines that are TOML.
    let (key, lines) = (out(&made), String::from_utf8(made.stderr).unwrap());
    let key = key.strip_suffix('\n').unwrap().strip_prefix("ffk_").unwrap();
    let lines = lines.replace("publish = []", "publish = [\"orders.>\"]");
    assert!(!lines.contains(key));
    let broker = Broker::with(&lines).await;
    let (mut client, welcome) = enter(&broker, &format!("ffk_{key}")).await;
    assert!(welcome["expires_in_ms"].is_null());
    client.send(json!({"op": "publish", "id": 1, "topic": "orders.1", "text": "x"})).await;
    client.expect(json!({"op": "published", "id": 1})).await;
    assert_eq!(turned_away(&broker, &format!("ffk_{key}x")).await.0, 4001);
    assert!(!broker.log().contains(key));
}
