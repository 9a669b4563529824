//! Sessions over HTTP: who is connected, how they do, and how one is closed.

use fanfare_tests::http::curl;
use fanfare_tests::{Broker, Client, Raw, assert_shape, eventually, http, masked};
use serde_json::{Value, json};

async fn get(broker: &Broker, path: &str) -> Value {
    let answer = http::get(broker.internal(), path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The sessions of a page.
async fn listed(broker: &Broker, query: &str) -> Vec<Value> {
    get(broker, &format!("/v1/sessions{query}")).await["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_session_shows_who_it_is_and_what_it_hears() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    client.subscribe(7, "orders.>").await;
    let frame = json!({"op": "subscribe", "sub": 3, "pattern": "a.*", "deliver": "latest"});
    client.send(frame).await;
    client.expect(json!({"op": "subscribed", "sub": 3})).await;
    let session = get(&broker, &format!("/v1/sessions/{}", client.session())).await;
    let wanted = json!({
        "session": client.session(), "encoding": "msgpack", "queued_bytes": 0, "queued_messages": 0,
        "subscription_count": 2, "behind": 0,
        "subscriptions": [
            {"sub": 3, "pattern": "a.*", "behind": false, "deliver": "latest"},
            {"sub": 7, "pattern": "orders.>", "behind": false, "deliver": "every"},
        ],
    });
    assert_shape(&session, &wanted);
    assert_eq!(session["address"], "127.0.0.1");
    assert!(session["age_ms"].is_u64() && session.get("last_error").is_none(), "{session}");
}

#[tokio::test]
async fn the_last_error_of_a_session_is_shown() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "unsubscribe", "sub": 9})).await;
    client.expect(json!({"op": "error", "code": "not_found"})).await;
    let session = get(&broker, &format!("/v1/sessions/{}", client.session())).await;
    assert_shape(&session, &json!({"last_error": {"code": "not_found"}}));
}

#[tokio::test]
async fn pages_of_sessions_show_each_once_oldest_first() {
    let broker = Broker::with("shards = 2").await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(Client::json(&broker).await);
    }
    let mut names = Vec::new();
    let mut path = "/v1/sessions?limit=2".to_owned();
    loop {
        let page = get(&broker, &path).await;
        let sessions = page["sessions"].as_array().unwrap();
        names.extend(sessions.iter().map(|session| session["session"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => break,
        }
    }
    assert_eq!(names, clients.iter().map(|client| client.session().to_owned()).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_takes_nothing_is_found_by_what_waits_and_by_being_behind() {
    let broker = Broker::with_limits("queue_bytes = \"512KiB\"\nsend_buffer_bytes = \"16KiB\"").await;
    let mut publisher = Client::json(&broker).await;
    let mut socket = Raw::open(broker.client()).await;
    socket.write(&masked(0x81, br#"{"op":"subscribe","sub":1,"pattern":"a"}"#)).await;
    broker.metric_reaches("fanfare_subscriptions", &[], 1).await;
    let text = "x".repeat(10_000);
    publisher.publish_all("a", (0..5_000).map(|_| &text)).await;
    // Until the kernel's buffers are full it comes and goes.
    let sleeper = eventually("the sleeper to be behind, with something waiting", async || {
        let behind = listed(&broker, "?behind=true").await;
        let waits = behind.first().is_some_and(|first| first["queued_bytes"].as_u64() > Some(0));
        (behind.len() == 1 && waits).then(|| behind[0]["session"].clone())
    })
    .await;
    assert_ne!(sleeper, publisher.session());
    assert_eq!(listed(&broker, "?sort=queued_bytes").await[0]["session"], sleeper);
    let rest = listed(&broker, "?behind=false").await;
    assert_eq!(rest.iter().map(|session| &session["session"]).collect::<Vec<_>>(), [publisher.session()]);
}

#[tokio::test]
async fn sessions_are_found_by_address() {
    let broker = Broker::start().await;
    let client = Client::json(&broker).await;
    let all = listed(&broker, "?address=127.0.0.1").await;
    assert_eq!(all[0]["session"], client.session());
    assert!(listed(&broker, "?address=192.0.2.1").await.is_empty());
}

#[tokio::test]
async fn a_session_that_is_closed_is_told_not_to_come_back() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let url = format!("http://{}/v1/sessions/{}", broker.internal(), client.session());
    assert_eq!(curl(&[&url, "-X", "DELETE"]).await.status, 204);
    assert_eq!(client.expect_close().await.0, 4003);
    eventually("the session to be gone", async || {
        (curl(&[&url, "-X", "DELETE"]).await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_name_that_no_session_has_is_not_found() {
    let broker = Broker::start().await;
    let client = Client::json(&broker).await;
    let other = format!("00000000-{}", client.session().split_once('-').unwrap().1);
    for name in ["x", "1", &other, &format!("{}0", client.session())] {
        assert_eq!(http::get(broker.internal(), &format!("/v1/sessions/{name}")).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn who_is_present_is_read_page_by_page() {
    let broker = Broker::with("[[presence]]\npatterns = [\"rooms.>\"]").await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::json(&broker).await;
        client.subscribe(1, "rooms.1").await;
        clients.push(client);
    }
    let first = get(&broker, "/v1/presence/rooms.1?limit=2").await;
    assert_eq!(first["count"], 3);
    let second = get(&broker, first["next"].as_str().unwrap()).await;
    assert!(second.get("next").is_none(), "{second}");
    let members = [&first, &second].into_iter().flat_map(|page| page["members"].as_array().unwrap());
    let names: Vec<_> = members.map(|member| member["session"].as_str().unwrap()).collect();
    assert_eq!(names, clients.iter().map(Client::session).collect::<Vec<_>>());
    assert_eq!(http::get(broker.internal(), "/v1/presence/elsewhere").await.status, 404);
}
