//! How long a session lasts: until its token expires, unless it is refreshed.

use fanfare_tests::Setup;
use fanfare_tests::files::Directory;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_session_ends_when_its_token_expires() {
    let broker = broker("").await;
    let (mut client, welcome) = enter(&broker, &token(&json!({"exp": now() + 2}))).await;
    assert!((1..=2_000).contains(&welcome["expires_in_ms"].as_u64().unwrap()), "{welcome}");
    let (code, why) = client.expect_close().await;
    assert!(code == 4002 && why.contains("not refreshed"), "{code} {why}");
    broker.closed_for("token_expired").await;
}

#[tokio::test]
async fn a_refreshed_session_outlives_its_first_token() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &token(&json!({"exp": now() + 2}))).await;
    let (mut witness, _) = enter(&broker, &token(&json!({"exp": now() + 2}))).await;
    client.send(json!({"op": "refresh", "id": 1, "token": token(&json!({"exp": now() + 30}))})).await;
    let ok = client.expect(json!({"op": "ok", "id": 1})).await;
    assert!((20_000..=30_000).contains(&ok["expires_in_ms"].as_u64().unwrap()), "{ok}");
    assert_eq!(witness.expect_close().await.0, 4002);
    client.send(json!({"op": "ping"})).await;
    client.expect(json!({"op": "pong"})).await;
    // A later one may also end earlier.
    client.send(json!({"op": "refresh", "id": 2, "token": token(&json!({"exp": now() + 2}))})).await;
    client.expect(json!({"op": "ok", "id": 2})).await;
    assert_eq!(client.expect_close().await.0, 4002);
}

#[tokio::test]
async fn a_narrower_refresh_ends_what_it_no_longer_covers() {
    let broker = broker("").await;
    let wide = json!({"subscribe": ["a.>", "b.>"], "publish": [">"]});
    let (mut client, _) = enter(&broker, &granting(&wide)).await;
    for (sub, pattern) in [(1, "a.>"), (2, "b.>"), (3, "a.*")] {
        assert_eq!(subscribe(&mut client, sub, pattern).await["op"], "subscribed");
    }
    let narrow = granting(&json!({"subscribe": ["a.*"], "publish": [">"]}));
    client.send(json!({"op": "refresh", "id": 1, "token": narrow})).await;
    client.answer(json!({"op": "ok", "id": 1})).await;
    for sub in [1, 2] {
        client.answer(json!({"op": "unsubscribed", "sub": sub, "code": "forbidden"})).await;
    }
    for topic in ["b.x", "a.x.y", "a.x"] {
        client.send(json!({"op": "publish", "topic": topic, "text": "x"})).await;
    }
    client.expect(json!({"op": "message", "sub": 3, "topic": "a.x"})).await;
    assert_eq!(subscribe(&mut client, 2, "b.>").await["code"], "forbidden");
}

#[tokio::test]
async fn a_refresh_opens_what_the_new_token_brings_along() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &granting(&json!({"auto": ["a"]}))).await;
    client.expect(json!({"op": "subscribed", "sub": 2_147_483_648_u64, "pattern": "a"})).await;
    client.send(json!({"op": "refresh", "id": 1, "token": granting(&json!({"auto": ["a", "b"]}))})).await;
    client.expect(json!({"op": "ok", "id": 1})).await;
    client.expect(json!({"op": "subscribed", "sub": 2_147_483_649_u64, "pattern": "b"})).await;
}

#[tokio::test]
async fn a_refresh_that_is_not_accepted_changes_nothing() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &granting(&json!({"subscribe": ["a"]}))).await;
    let other = token(&json!({"sub": "mallory", "fanfare": {"subscribe": [">"]}}));
    for (id, token, code) in [
        (1, "nonsense".to_owned(), "unauthenticated"),
        (2, other, "forbidden"),
        (3, token(&json!({"exp": now() - 1})), "unauthenticated"),
    ] {
        client.send(json!({"op": "refresh", "id": id, "token": token})).await;
        client.expect(json!({"op": "error", "id": id, "code": code})).await;
    }
    assert_eq!(subscribe(&mut client, 1, "a").await["op"], "subscribed");
    assert_eq!(subscribe(&mut client, 2, "b").await["code"], "forbidden");
}

#[tokio::test]
async fn a_secret_that_was_changed_holds_after_a_reload_and_open_sessions_stay() {
    let files = Directory::new();
    let path = files.write("secret", SECRET);
    let broker = Broker::with(&format!("[[auth.issuer]]\nsecret_file = {path:?}")).await;
    let (mut client, _) = enter(&broker, &granting(&json!({"subscribe": ["a"]}))).await;
    let other = "another secret, just as long as the first";
    files.write("secret", other);
    broker.signal("HUP").await;
    broker.metric_reaches("fanfare_config_reloads_total", &[], 1).await;
    assert_eq!(turned_away(&broker, &token(&json!({}))).await.0, 4001);
    enter(&broker, &sign(Algorithm::HS256, None, &json!({}), &EncodingKey::from_secret(other.as_bytes())))
        .await;
    assert_eq!(subscribe(&mut client, 1, "a").await["op"], "subscribed");
}

#[tokio::test]
async fn a_reload_never_switches_authentication_off_on_a_port_that_is_open() {
    let issuer = format!("[[auth.issuer]]\nsecret = \"{SECRET}\"");
    let broker = Setup::default().listen("0.0.0.0:0").config(&issuer).start().await;
    for open in ["", "allow_anonymous = true"] {
        broker.reload(open, "failed").await;
        let mut client = Client::shake(broker.client(), Encoding::Json).await;
        client.send(json!({"op": "hello"})).await;
        assert_eq!(client.expect_close().await.0, 4001, "{open:?}");
    }
}

#[tokio::test]
async fn a_member_shows_the_info_of_its_newest_token_and_others_hear_of_it() {
    let presence = "[limits]\npresence_interval = \"20ms\"\n[[presence]]\npatterns = [\"rooms.>\"]";
    let broker = broker(presence).await;
    let with = |mood: &str| {
        granting(&json!({"subscribe": ["rooms.>"], "presence": ["rooms.>"], "info": {"mood": mood}}))
    };
    let (mut watcher, _) = enter(&broker, &with("watching")).await;
    assert_eq!(subscribe(&mut watcher, 1, "$presence.rooms.1").await["op"], "subscribed");
    let (mut alice, _) = enter(&broker, &with("old")).await;
    subscribe(&mut alice, 1, "rooms.1").await;
    let joined = watcher.answer(json!({"op": "message"})).await;
    assert_eq!(joined["data"]["joined"][0]["info"]["mood"], "old");
    alice.send(json!({"op": "refresh", "id": 1, "token": with("new")})).await;
    alice.expect(json!({"op": "ok", "id": 1})).await;
    alice.send(json!({"op": "presence", "id": 2, "topic": "rooms.1"})).await;
    let there = alice.expect(json!({"op": "presence", "id": 2})).await;
    assert_eq!(there["members"][0]["info"]["mood"], "new");
    let changed = watcher.answer(json!({"op": "message"})).await;
    assert_eq!(changed["data"]["changed"][0]["info"]["mood"], "new", "{changed}");
    assert_eq!(changed["data"]["joined"], json!([]), "nobody came");
}
