//! Revocations: who is shut out is seen, is let in again, and stays out however the broker ends.

use std::fs;

use fanfare_tests::files::Directory;
use fanfare_tests::{Raw, Setup, command, within};
use serde_json::json;

use super::http::{ask, new_key, revoke};
use super::*;

/// An API key of an administrator, and brokers that know it and the secret, one after the other, with one `data_dir`.
struct Site {
    files: Directory,
    config: String,
    key: String,
}

impl Site {
    async fn new() -> Self {
        let files = Directory::new();
        let (key, lines) = new_key("admin = true").await;
        let data_dir = files.path().join("data").display().to_string();
        let config = format!(
            "data_dir = \"{data_dir}\"\n[auth]\nleeway = \"0s\"\n[[auth.issuer]]\nsecret = \"{SECRET}\"\n{lines}"
        );
        Self { files, config, key }
    }

    async fn start(&self) -> Broker {
        Setup::default().config(&self.config).start().await
    }

    fn file(&self) -> std::path::PathBuf {
        self.files.path().join("data/revocations")
    }

    async fn lift(&self, broker: &Broker, who: &str) -> u16 {
        ask(broker, &self.key, &format!("/v1/revocations/{who}"), &["-X", "DELETE"]).await.status
    }
}

/// Ends a broker as a power cut would, as far as processes know.
async fn kill(broker: Broker) {
    broker.signal("KILL").await;
    broker.ended().await;
}

async fn stop(broker: Broker) {
    broker.terminate().await;
    assert!(broker.ended().await.success());
}

async fn list(broker: &Broker, key: &str, path: &str) -> Value {
    let answer = ask(broker, key, path, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn who_is_shut_out_is_listed_and_can_be_let_in_again() {
    let (key, lines) = new_key("admin = true").await;
    let broker = broker(&lines).await;
    for who in [
        json!({"subject": "bob/ü"}),
        json!({"subject": "alice", "hold_ms": 60_000}),
        json!({"token_id": "t1"}),
    ] {
        let done = revoke(&broker, &key, &who.to_string()).await.json();
        assert_eq!(
            (&done["ended"], &done["outlives_restart"]),
            (&json!(0), &json!(false)),
            "there is no data_dir"
        );
    }
    let (mut all, mut next) = (Vec::new(), Some("/v1/revocations?limit=2".to_owned()));
    while let Some(path) = next {
        let page = list(&broker, &key, &path).await;
        all.extend(page["revocations"].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
    }
    let names: Vec<_> =
        all.iter().map(|one| one["subject"].as_str().or(one["token_id"].as_str()).unwrap()).collect();
    assert_eq!(names, ["alice", "bob/ü", "t1"]);
    assert!((1..=60_000).contains(&all[0]["left_ms"].as_u64().unwrap()), "{all:?}");
    assert!(all[0]["until"].as_u64().unwrap() <= (now() + 61) * 1_000);

    let alice = list(&broker, &key, "/v1/revocations/subjects/alice").await;
    assert_eq!(alice["until"], all[0]["until"]);
    assert_eq!(turned_away(&broker, &token(&json!({}))).await.0, 4003);
    for (path, status) in
        [("subjects/alice", 204), ("subjects/alice", 404), ("subjects/bob%2F%C3%BC", 204), ("tokens/t1", 204)]
    {
        let lifted = ask(&broker, &key, &format!("/v1/revocations/{path}"), &["-X", "DELETE"]).await;
        assert_eq!(lifted.status, status, "{path}");
    }
    enter(&broker, &token(&json!({}))).await;
    assert_eq!(list(&broker, &key, "/v1/revocations").await, json!({"revocations": []}));
    let alice = token(&json!({}));
    for path in ["/v1/revocations", "/v1/revocations/subjects/bob"] {
        assert_eq!(ask(&broker, &alice, path, &[]).await.status, 403, "alice is no administrator");
    }
}

#[tokio::test]
async fn what_was_revoked_or_lifted_stays_so_however_the_broker_ends() {
    let site = Site::new().await;
    let (alice, bob) = (token(&json!({"jti": "t1"})), token(&json!({"sub": "bob", "jti": "t2"})));
    let broker = site.start().await;
    let done = revoke(&broker, &site.key, r#"{"subject":"alice"}"#).await.json();
    assert_eq!(done["outlives_restart"], true);
    kill(broker).await;

    let broker = site.start().await;
    assert_eq!(turned_away(&broker, &alice).await.0, 4003);
    assert_eq!(list(&broker, &site.key, "/v1/revocations/subjects/alice").await["until"], done["until"]);
    assert_eq!(revoke(&broker, &site.key, r#"{"token_id":"t2"}"#).await.status, 200);
    assert_eq!(site.lift(&broker, "subjects/alice").await, 204);
    kill(broker).await;

    let broker = site.start().await;
    enter(&broker, &alice).await;
    assert_eq!(turned_away(&broker, &bob).await.0, 4003);
    stop(broker).await;

    let broker = site.start().await;
    enter(&broker, &alice).await;
    assert_eq!(turned_away(&broker, &bob).await.0, 4003);
}

#[tokio::test]
async fn many_who_are_shut_out_at_once_are_all_kept() {
    const MANY: usize = 200;
    let site = Site::new().await;
    let broker = site.start().await;
    let bodies: Vec<_> = (0..MANY).map(|n| json!({"subject": format!("u{n}")}).to_string()).collect();
    for at_once in bodies.chunks(20) {
        let answers = at_once.iter().map(|body| revoke(&broker, &site.key, body));
        for answer in futures_util::future::join_all(answers).await {
            assert_eq!(answer.json()["outlives_restart"], true);
        }
    }
    kill(broker).await;
    let broker = site.start().await;
    broker.metric_reaches("fanfare_revocations", &[], MANY as u64).await;
}

#[tokio::test]
async fn a_revocation_that_cannot_be_written_holds_and_is_not_acknowledged() {
    let site = Site::new().await;
    let broker = site.start().await;
    // The file is written anew beside itself: where a directory is, none can be.
    let place = site.file().with_extension("tmp");
    fs::create_dir(&place).unwrap();
    let refused = revoke(&broker, &site.key, r#"{"subject":"alice"}"#).await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("unavailable")));
    assert_eq!(turned_away(&broker, &token(&json!({}))).await.0, 4003, "it holds all the same");
    fs::remove_dir(&place).unwrap();
    // Whatever is revoked next, both are on disk then.
    assert_eq!(revoke(&broker, &site.key, r#"{"subject":"bob"}"#).await.status, 200);
    kill(broker).await;
    let broker = site.start().await;
    assert_eq!(turned_away(&broker, &token(&json!({}))).await.0, 4003);
}

#[tokio::test]
async fn a_lifting_that_cannot_be_written_is_not_acknowledged_and_is_written_when_it_is_tried_again() {
    let site = Site::new().await;
    let broker = site.start().await;
    assert_eq!(revoke(&broker, &site.key, r#"{"subject":"alice"}"#).await.status, 200);
    kill(broker).await;
    let broker = site.start().await;
    let place = site.file().with_extension("tmp");
    fs::create_dir(&place).unwrap();
    assert_eq!(site.lift(&broker, "subjects/alice").await, 503);
    fs::remove_dir(&place).unwrap();
    assert_eq!(site.lift(&broker, "subjects/alice").await, 404, "nothing keeps her out any more");
    kill(broker).await;
    let broker = site.start().await;
    enter(&broker, &token(&json!({}))).await;
}

#[tokio::test]
async fn a_line_that_a_crash_cut_is_left_out_and_any_other_damage_keeps_the_broker_from_starting() {
    let site = Site::new().await;
    let broker = site.start().await;
    for who in [r#"{"subject":"alice"}"#, r#"{"subject":"bob"}"#] {
        assert_eq!(revoke(&broker, &site.key, who).await.status, 200);
    }
    kill(broker).await;
    let whole = fs::read(site.file()).unwrap();
    fs::write(site.file(), &whole[..whole.len() - 3]).unwrap();
    let broker = site.start().await;
    assert_eq!(turned_away(&broker, &token(&json!({}))).await.0, 4003);
    enter(&broker, &token(&json!({"sub": "bob"}))).await;
    stop(broker).await;

    let mut damaged = whole;
    damaged[20] ^= 1;
    fs::write(site.file(), &damaged).unwrap();
    let config = site.files.write("fanfare.toml", &site.config);
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--config"]).arg(&config);
    let ended = within("the broker to refuse", serve.output()).await.unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success());
    assert!(told.contains("revocations: line 1 is damaged") && told.contains("revoke again"), "{told}");
}

#[tokio::test]
async fn an_api_key_that_leaves_the_configuration_ends_what_it_has_open() {
    let (key, lines) = new_key("subscribe = [\"a\"]").await;
    let (other, others) = new_key("subscribe = [\"a\"]").await;
    let others = others.replace("backend", "other");
    let broker = broker(&format!("{lines}{others}")).await;
    let (mut gone, _) = enter(&broker, &key).await;
    let (mut stays, _) = enter(&broker, &other).await;
    broker.reload(&format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\n{others}"), "ok").await;
    assert_eq!(gone.expect_close().await.0, 4003);
    assert_eq!(turned_away(&broker, &key).await.0, 4001);
    stays.send(json!({"op": "ping"})).await;
    stays.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn an_administrator_that_is_shut_out_while_sending_shuts_nobody_out_any_more() {
    let (key, lines) = new_key("admin = true").await;
    let broker = broker(&format!("{lines}\n[auth.roles.staff]\nadmin = true")).await;
    let (body, address) = (r#"{"subject":"alice"}"#, broker.internal());
    let mallory = token(&json!({"sub": "mallory", "fanfare": {"roles": ["staff"]}}));
    let mut slow = Raw::connect(address).await;
    let head = format!(
        "POST /v1/revocations HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {mallory}\r\n\
         Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write(head.as_bytes()).await;
    assert_eq!(slow.head().await.status, 100, "she is let in, and asked for the body");
    assert_eq!(revoke(&broker, &key, r#"{"subject":"mallory"}"#).await.status, 200);
    slow.write(body.as_bytes()).await;
    assert_eq!(slow.head().await.status, 403);
    assert_eq!(ask(&broker, &key, "/v1/revocations/subjects/alice", &[]).await.status, 404);
    enter(&broker, &token(&json!({}))).await;
}

#[tokio::test]
async fn what_is_refused_is_not_told_as_done() {
    let (key, lines) = new_key("admin = true").await;
    let broker = broker(&format!("{lines}\n[limits]\nmax_revocations = 1")).await;
    assert_eq!(revoke(&broker, &key, r#"{"subject":"alice"}"#).await.status, 200);
    assert_eq!(revoke(&broker, &key, r#"{"subject":"bob"}"#).await.status, 429);
    assert_eq!(revoke(&broker, &key, r#"{"subject":"alice"}"#).await.status, 200);
    let log = broker.logs("access is revoked").await;
    assert!(log.contains("alice") && !log.contains("bob"), "{log}");
}
