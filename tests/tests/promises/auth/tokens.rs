//! Tokens that must not be accepted, and those that must.

use fanfare_protocol::Encoding;
use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Raw, handshake};
use serde_json::json;

use super::*;

async fn refused(broker: &Broker, token: &str, reason: &str) {
    let (code, why) = turned_away(broker, token).await;
    assert!(code == 4001 && why.contains(reason), "{code}: {why}");
}

#[tokio::test]
async fn without_a_token_nobody_enters() {
    let broker = broker("").await;
    let mut client = Client::shake(broker.client(), Encoding::Json).await;
    client.send(json!({"op": "hello"})).await;
    let (code, why) = client.expect_close().await;
    assert_eq!((code, why.as_str()), (4001, "a token is needed here: send it in `hello`"));
    broker.closed_for("unauthenticated").await;
    broker.metric_reaches("fanfare_admissions_total", &[("result", "missing")], 1).await;
}

#[tokio::test]
async fn a_forged_token_is_turned_away_and_stands_in_no_log() {
    let broker = broker("").await;
    let forged = sign(Algorithm::HS256, None, &json!({}), &EncodingKey::from_secret(&[7; 32]));
    refused(&broker, &forged, "signature is wrong").await;
    let good = token(&json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    refused(&broker, &format!("{signed}."), "signature is wrong").await;
    enter(&broker, &good).await;
    for part in forged.split('.').chain(good.split('.')) {
        assert!(!broker.log().contains(part), "{}", broker.log());
    }
}

#[tokio::test]
async fn an_expired_token_is_turned_away() {
    refused(&broker("").await, &token(&json!({"exp": now() - 1})), "has expired").await;
}

#[tokio::test]
async fn a_token_for_another_audience_is_turned_away() {
    let broker =
        Broker::with(&format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\naudience = \"fanfare\"")).await;
    refused(&broker, &token(&json!({"aud": "other"})), "another audience").await;
    refused(&broker, &token(&json!({})), "another audience").await;
    enter(&broker, &token(&json!({"aud": "fanfare"}))).await;
}

#[tokio::test]
async fn a_token_of_an_issuer_that_is_not_trusted_is_turned_away() {
    let broker = Broker::with(&format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\nissuer = \"us\"")).await;
    refused(&broker, &token(&json!({"iss": "them"})), "none that this broker trusts").await;
    enter(&broker, &token(&json!({"iss": "us"}))).await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_turned_away() {
    let (pair, files) = (Pair::new(), Directory::new());
    let pem = files.write("issuer.pem", pair.pem());
    let broker = Broker::with(&format!("[[auth.issuer]]\npublic_key_file = {pem:?}")).await;
    enter(&broker, &pair.sign("any", &json!({}))).await;
    for secret in [pair.pem().into_bytes(), pair.point.clone()] {
        let swapped = sign(Algorithm::HS256, None, &json!({}), &EncodingKey::from_secret(&secret));
        refused(&broker, &swapped, "HS256").await;
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_turned_away() {
    let broker = broker("").await;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "None", "NONE"] {
        let claims = json!({"sub": "alice", "exp": now() + 60});
        let unsigned = format!("{}.{}.", part(json!({"alg": alg})), part(claims));
        refused(&broker, &unsigned, "`none` never is").await;
    }
}

#[tokio::test]
async fn a_token_may_come_with_the_handshake() {
    let broker = broker("").await;
    let shake = async |bearer: &str| {
        let authorization = format!("Bearer {bearer}");
        Client::shake_with(broker.client(), Encoding::Json, &[("Authorization", &authorization)]).await
    };
    let mut client = shake(&granting(&json!({"subscribe": ["a"]}))).await;
    client.send(json!({"op": "hello"})).await;
    client.expect(json!({"op": "welcome"})).await;
    assert_eq!(subscribe(&mut client, 1, "a").await["op"], "subscribed");
    let mut client = shake("nonsense").await;
    client.send(json!({"op": "hello"})).await;
    assert_eq!(client.expect_close().await.0, 4001);
}

#[tokio::test]
async fn without_authentication_any_token_will_do() {
    let broker = Broker::start().await;
    let (_, welcome) = enter(&broker, "nonsense").await;
    assert!(welcome["expires_in_ms"].is_null());
}

#[tokio::test]
async fn an_authorization_that_brings_no_token_is_refused_and_never_taken_for_none() {
    let broker = broker("[auth.anonymous]\nsubscribe = [\"public.>\"]").await;
    let shake = async |headers: &str| {
        let mut raw = Raw::connect(broker.client()).await;
        raw.write(handshake(headers).as_bytes()).await;
        raw
    };
    let wrong = ["Bearer", "Bearer  ", "", "Token abc", "eyJhbGciOiJIUzI1NiJ9.e30.x", "Basic YTpi"];
    for value in wrong {
        let answer = shake(&format!("Authorization: {value}\r\n")).await.rest().await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 401 ") && answer.contains("WWW-Authenticate: Bearer"),
            "{value}: {answer}"
        );
        assert!(answer.contains("send `Bearer`, a space, and a token"), "{answer}");
    }
    let counted = [("reason", "authorization")];
    broker.metric_reaches("fanfare_handshake_failures_total", &counted, wrong.len() as u64).await;
    assert!(!broker.log().contains("YTpi") && !broker.log().contains("eyJ"), "{}", broker.log());
}

#[tokio::test]
async fn a_log_in_that_a_browser_adds_for_a_proxy_does_not_keep_its_page_out() {
    let broker = broker("").await;
    let headers = [("Origin", "http://localhost"), ("Authorization", "Basic YTpi")];
    let mut client = Client::shake_with(broker.client(), Encoding::Json, &headers).await;
    client.send(json!({"op": "hello", "token": token(&json!({}))})).await;
    client.expect(json!({"op": "welcome"})).await;
}
