//! The doors over HTTP: a request is asked who it is as a session is, and whoever is shut out is out at once.

use fanfare_tests::http::{Answer, LineStream, curl};
use fanfare_tests::{command, within};
use serde_json::json;

use super::*;

/// A request as whoever this bearer speaks for.
pub(super) async fn ask(broker: &Broker, bearer: &str, path: &str, more: &[&str]) -> Answer {
    let (url, header) =
        (format!("http://{}{path}", broker.internal()), format!("Authorization: Bearer {bearer}"));
    curl(&[&["-H", &header, &url], more].concat()).await
}

pub(super) async fn revoke(broker: &Broker, bearer: &str, who: &str) -> Answer {
    ask(broker, bearer, "/v1/revocations", &["-H", "Content-Type: application/json", "-d", who]).await
}

/// A new API key, and the lines of a configuration that give it these rights.
pub(super) async fn new_key(rights: &str) -> (String, String) {
    let made = within("the key", command().args(["token", "key", "backend"]).output()).await.unwrap();
    let (key, lines) = (String::from_utf8(made.stdout).unwrap(), String::from_utf8(made.stderr).unwrap());
    let hash = lines.lines().find_map(|line| line.strip_prefix("hash = ")).unwrap();
    let key = key.trim().to_owned();
    (key, format!("[[api_key]]\nname = \"backend\"\nhash = {hash}\n{rights}\n"))
}

/// A broker that knows a new API key with these rights, beside tokens of the secret.
async fn broker_with_key(rights: &str) -> (Broker, String) {
    let (key, lines) = new_key(rights).await;
    (broker(&lines).await, key)
}

#[tokio::test]
async fn nobody_does_anything_over_http_without_a_key_or_a_token() {
    let broker = broker("").await;
    for path in ["/v1/streams", "/v1/sessions", "/v1/history?pattern=a"] {
        let answer = curl(&[&format!("http://{}{path}", broker.internal())]).await;
        assert_eq!((answer.status, answer.header("WWW-Authenticate")), (401, Some("Bearer")), "{path}");
        assert_eq!(answer.json()["code"], "unauthenticated");
    }
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(curl(&[&format!("http://{}{path}", broker.internal())]).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_key_does_what_it_is_granted_and_nothing_else() {
    let (broker, key) = broker_with_key("publish = [\"orders.>\"]").await;
    let publish = async |topic: &str| {
        ask(&broker, &key, &format!("/v1/topics/{topic}/messages"), &["-d", "x"]).await.status
    };
    assert_eq!((publish("orders.eu").await, publish("secrets").await), (200, 403));
    assert_eq!(ask(&broker, &key, "/v1/history?pattern=orders.eu", &[]).await.status, 403);
    assert_eq!(ask(&broker, &key, "/v1/sessions", &[]).await.status, 403);
    assert_eq!(ask(&broker, &format!("{key}x"), "/v1/streams", &[]).await.status, 401);
}

#[tokio::test]
async fn a_forged_token_is_no_token_over_http_either() {
    let broker = broker("").await;
    let forged = sign(Algorithm::HS256, None, &json!({}), &EncodingKey::from_secret(&[7; 32]));
    assert_eq!(ask(&broker, &forged, "/v1/streams", &[]).await.status, 401);
}

#[tokio::test]
async fn whoever_is_revoked_is_out_at_once_and_stays_out() {
    let (broker, key) = broker_with_key("admin = true").await;
    let alice = token(&json!({"jti": "t1"}));
    let (mut client, _) = enter(&broker, &alice).await;
    let (mut bob, _) = enter(&broker, &token(&json!({"sub": "bob"}))).await;
    assert_eq!(
        revoke(&broker, &alice, r#"{"subject":"bob"}"#).await.status,
        403,
        "alice is no administrator"
    );
    let revoked = revoke(&broker, &key, r#"{"subject":"alice"}"#).await;
    assert_eq!((revoked.status, &revoked.json()["ended"]), (200, &json!(1)));
    assert_eq!(client.expect_close().await.0, 4003);
    assert_eq!(turned_away(&broker, &alice).await.0, 4003);
    assert_eq!(ask(&broker, &alice, "/v1/streams", &[]).await.status, 403);
    bob.send(json!({"op": "ping"})).await;
    bob.expect(json!({"op": "pong"})).await;
}

#[tokio::test]
async fn a_session_that_is_revoked_is_closed_and_its_token_is_still_good() {
    let (broker, key) = broker_with_key("admin = true").await;
    let alice = token(&json!({}));
    let (mut client, welcome) = enter(&broker, &alice).await;
    let asked = json!({"session": welcome["session"]}).to_string();
    assert_eq!(revoke(&broker, &key, &asked).await.json(), json!({"ended": 1}));
    assert_eq!(client.expect_close().await.0, 4003);
    enter(&broker, &alice).await;
}

#[tokio::test]
async fn who_publishes_line_by_line_is_out_at_once_too() {
    let (broker, key) = broker_with_key("admin = true").await;
    let alice = granting(&json!({"publish": ["a"]}));
    let mut lines = LineStream::open(broker.internal(), &format!("Authorization: Bearer {alice}\r\n")).await;
    lines.send("{\"topic\":\"a\",\"data\":1}\n").await;
    assert_eq!(lines.result().await["seq"], 1);
    assert_eq!(revoke(&broker, &key, r#"{"subject":"alice"}"#).await.status, 200);
    lines.send("{\"topic\":\"a\",\"data\":2}\n").await;
    assert_eq!(lines.result().await["error"]["code"], "forbidden");
    assert_eq!(lines.next().await, None, "the answer ends");
}

#[tokio::test]
async fn one_subject_that_publishes_without_end_leaves_requests_to_the_others() {
    let (broker, key) = broker_with_key(
        "publish = [\">\"]\n[limits]\nmax_http_requests = 5\nmax_http_requests_per_caller = 2",
    )
    .await;
    let publishes = json!({"publish": [">"]});
    let (alice, bob) = (granting(&publishes), token(&json!({"sub": "bob", "fanfare": publishes})));
    let mut endless = Vec::new();
    for bearer in [&alice, &key] {
        for _ in 0..2 {
            let header = format!("Authorization: Bearer {bearer}\r\n");
            let mut lines = LineStream::open(broker.internal(), &header).await;
            lines.send("{\"topic\":\"a\",\"data\":1}\n").await;
            assert!(lines.result().await["seq"].is_u64());
            endless.push(lines);
        }
    }
    let publish =
        async |bearer: &str| ask(&broker, bearer, "/v1/topics/a/messages", &["-d", "x"]).await.status;
    assert_eq!((publish(&alice).await, publish(&key).await), (429, 429));
    assert_eq!(publish(&bob).await, 200, "he asks from the same address");
}
