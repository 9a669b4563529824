//! How many sessions one subject may have, wherever they come from.

use fanfare_tests::eventually;
use serde_json::json;

use super::*;

const TWO_EACH: &str = "[limits]\nmax_connections_per_subject = 2";

fn of(subject: &str) -> String {
    token(&json!({"sub": subject}))
}

#[tokio::test]
async fn a_subject_has_as_many_sessions_as_it_may_and_others_are_not_affected() {
    let broker = broker(TWO_EACH).await;
    let (first, _) = enter(&broker, &of("alice")).await;
    let (mut second, _) = enter(&broker, &of("alice")).await;
    for _ in 0..3 {
        let (code, why) = turned_away(&broker, &of("alice")).await;
        assert!(code == 4104 && why.contains("max_connections_per_subject"), "{code} {why}");
    }
    let closed = [("reason", "too_many_sessions")];
    broker.metric_reaches("fanfare_connections_closed_total", &closed, 3).await;
    let log = broker.logs("too_many_sessions").await;
    assert_eq!(log.matches("too_many_sessions").count(), 1, "one line in ten seconds: {log}");
    assert!(log.contains("alice"), "the operator is told whose they are: {log}");
    enter(&broker, &of("bob")).await;
    // Those that were open stay, and a refresh is no session more.
    second.send(json!({"op": "refresh", "id": 1, "token": of("alice")})).await;
    second.expect(json!({"op": "ok", "id": 1})).await;
    first.close().await;
    let again = comes_in(&broker, &of("alice")).await;
    assert_eq!(turned_away(&broker, &of("alice")).await.0, 4104);
    drop((again, second));
}

/// Comes back with the same token until there is room, as a client does after 4104.
async fn comes_in(broker: &Broker, token: &str) -> Client {
    eventually("room for another", async || {
        let mut client = hello(broker, token).await;
        let welcome = client.next_unless_ended().await?;
        assert_eq!(welcome["op"], "welcome");
        Some(client)
    })
    .await
}

#[tokio::test]
async fn sessions_that_were_lost_or_refused_leave_nothing_behind() {
    let broker = broker(TWO_EACH).await;
    for _ in 0..20 {
        let (first, second) = (comes_in(&broker, &of("alice")).await, comes_in(&broker, &of("alice")).await);
        assert_eq!(turned_away(&broker, &of("alice")).await.0, 4104);
        drop(first);
        second.close().await;
    }
}

#[tokio::test]
async fn who_brings_no_subject_is_not_counted_by_it() {
    let public = "[auth.anonymous]\nsubscribe = [\"public.>\"]\n[limits]\nmax_connections_per_subject = 1";
    let broker = broker(public).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(Client::json(&broker).await);
        sessions.push(enter(&broker, &token(&json!({"sub": null}))).await.0);
    }
}

#[tokio::test]
async fn the_bound_changes_with_a_reload_and_nobody_who_is_in_goes() {
    let config = |most: u32| {
        format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\n[limits]\nmax_connections_per_subject = {most}")
    };
    let broker = Broker::with(&config(1)).await;
    let (mut first, _) = enter(&broker, &of("alice")).await;
    assert_eq!(turned_away(&broker, &of("alice")).await.0, 4104);
    broker.reload(&config(2), "ok").await;
    let (mut second, _) = enter(&broker, &of("alice")).await;
    broker.reload(&config(1), "ok").await;
    assert_eq!(turned_away(&broker, &of("alice")).await.0, 4104);
    for client in [&mut first, &mut second] {
        client.send(json!({"op": "refresh", "id": 1, "token": of("alice")})).await;
        client.expect(json!({"op": "ok", "id": 1})).await;
    }
}
