//! What a session may hear and say, and nothing else.

use fanfare_tests::assert_shape;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_subscription_that_is_not_wholly_granted_is_refused_and_the_session_lives_on() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &granting(&json!({"subscribe": ["rooms.*", "a.*", "a.*.>"]}))).await;
    for (sub, pattern) in (1..).zip(["rooms.>", ">", "*.1", "rooms.1.x", "other", "$sys.>", "*"]) {
        let answer = subscribe(&mut client, sub, pattern).await;
        assert_shape(&answer, &json!({"op": "error", "sub": sub, "code": "forbidden"}));
    }
    // The last is covered by two grants together.
    for (sub, pattern) in (10..).zip(["rooms.1", "rooms.*", "a.>"]) {
        assert_eq!(subscribe(&mut client, sub, pattern).await["op"], "subscribed", "{pattern}");
    }
}

#[tokio::test]
async fn history_is_granted_as_subscribing_is() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &granting(&json!({"subscribe": ["mine.>"]}))).await;
    client.send(json!({"op": "history", "id": 1, "pattern": ">", "from": "start"})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "forbidden"})).await;
    client.send(json!({"op": "history", "id": 2, "pattern": "mine.*", "from": "start"})).await;
    client.expect(json!({"op": "history", "id": 2})).await;
}

#[tokio::test]
async fn a_publish_that_is_not_granted_is_refused_and_nobody_gets_it() {
    let broker = broker("").await;
    let (mut client, _) =
        enter(&broker, &granting(&json!({"subscribe": [">"], "publish": ["mine.*"]}))).await;
    subscribe(&mut client, 1, ">").await;
    for (id, topic) in (1..).zip(["other", "mine", "mine.a.b", "$sys.x"]) {
        client.send(json!({"op": "publish", "id": id, "topic": topic, "text": "x"})).await;
        client.expect(json!({"op": "error", "id": id, "code": "forbidden"})).await;
    }
    client.send(json!({"op": "publish", "id": 9, "topic": "mine.a", "text": "y"})).await;
    client.answer(json!({"op": "published", "id": 9})).await;
    client.expect(json!({"op": "message", "sub": 1, "topic": "mine.a", "text": "y"})).await;
}

#[tokio::test]
async fn a_tenant_hears_nothing_of_another_by_any_wildcard() {
    let broker =
        broker("[auth.defaults]\nsubscribe = [\"t.{tenant}.>\"]\npublish = [\"t.{tenant}.>\"]").await;
    let of = |tenant: &str| token(&json!({"tenant": tenant}));
    let (mut acme, _) = enter(&broker, &of("acme")).await;
    let (mut other, _) = enter(&broker, &of("other")).await;
    for (sub, pattern) in
        (1..).zip([">", "t.>", "t.*.>", "*.other.>", "t.*.orders", "t.other.orders", "*.*.*"])
    {
        let answer = subscribe(&mut acme, sub, pattern).await;
        assert_eq!(answer["code"], "forbidden", "{pattern}");
    }
    assert_eq!(subscribe(&mut acme, 20, "t.acme.>").await["op"], "subscribed");
    for (client, topic) in [(&mut other, "t.other.orders"), (&mut acme, "t.acme.orders")] {
        client.send(json!({"op": "publish", "topic": topic, "text": "x"})).await;
    }
    acme.expect(json!({"op": "message", "topic": "t.acme.orders"})).await;
}

#[tokio::test]
async fn a_claim_that_could_widen_a_pattern_makes_it_grant_nothing() {
    let broker = broker("[auth.defaults]\nsubscribe = [\"users.{sub}.>\"]").await;
    for sub in ["*", ">", "bob.x", "$sys", ""] {
        let (mut client, _) = enter(&broker, &token(&json!({"sub": sub}))).await;
        for (number, pattern) in (1..).zip(["users.bob.>", "users.*.>", "users.>", "users.bob.x.y", ">"]) {
            let answer = subscribe(&mut client, number, pattern).await;
            assert_eq!(answer["code"], "forbidden", "{sub:?} {pattern}");
        }
    }
    assert_eq!(broker.log().matches("it grants nothing").count(), 1, "logged at a bounded rate");
    let (mut client, _) = enter(&broker, &token(&json!({}))).await;
    assert_eq!(subscribe(&mut client, 1, "users.alice.inbox").await["op"], "subscribed");
}

#[tokio::test]
async fn without_a_token_only_what_is_public_can_be_heard() {
    let broker = broker("[auth.anonymous]\nsubscribe = [\"public.>\"]").await;
    let mut client = Client::json(&broker).await;
    assert_eq!(subscribe(&mut client, 1, "public.news").await["op"], "subscribed");
    assert_eq!(subscribe(&mut client, 2, "private").await["code"], "unauthenticated");
    client.send(json!({"op": "publish", "id": 1, "topic": "public.news", "text": "x"})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "unauthenticated"})).await;
    assert_eq!(turned_away(&broker, "nonsense").await.0, 4001, "a bad token is not the same as none");
}

#[tokio::test]
async fn a_role_of_the_configuration_grants_what_it_says() {
    let broker = broker("[auth.roles.staff]\nsubscribe = [\"rooms.>\"]").await;
    let (mut staff, _) = enter(&broker, &granting(&json!({"roles": ["staff"]}))).await;
    assert_eq!(subscribe(&mut staff, 1, "rooms.>").await["op"], "subscribed");
    let (mut other, _) = enter(&broker, &granting(&json!({"roles": ["Staff"]}))).await;
    assert_eq!(subscribe(&mut other, 1, "rooms.>").await["code"], "forbidden");
}

#[tokio::test]
async fn what_a_token_brings_along_is_subscribed_to_from_the_beginning() {
    let broker = broker("").await;
    let fanfare = json!({"auto": ["users.{sub}.>", "news"], "publish": [">"]});
    let (mut client, _) = enter(&broker, &granting(&fanfare)).await;
    for (number, pattern) in [(2_147_483_648_u64, "users.alice.>"), (2_147_483_649, "news")] {
        client.expect(json!({"op": "subscribed", "sub": number, "pattern": pattern, "live": true})).await;
    }
    client.send(json!({"op": "publish", "topic": "news", "text": "x"})).await;
    client.expect(json!({"op": "message", "sub": 2_147_483_649_u64, "topic": "news"})).await;
}

#[tokio::test]
async fn what_a_token_brings_along_can_be_ended() {
    let broker = broker("").await;
    let (mut client, _) = enter(&broker, &granting(&json!({"auto": ["a", "b"], "publish": [">"]}))).await;
    client.expect(json!({"op": "subscribed", "sub": 2_147_483_648_u64, "pattern": "a"})).await;
    client.expect(json!({"op": "subscribed", "sub": 2_147_483_649_u64, "pattern": "b"})).await;
    client.send(json!({"op": "unsubscribe", "sub": 2_147_483_648_u64})).await;
    client.expect(json!({"op": "unsubscribed", "sub": 2_147_483_648_u64})).await;
    for topic in ["a", "b"] {
        client.send(json!({"op": "publish", "topic": topic, "text": "x"})).await;
    }
    client.expect(json!({"op": "message", "sub": 2_147_483_649_u64, "topic": "b"})).await;
}

#[tokio::test]
async fn who_is_present_is_told_by_subject_and_only_to_whom_that_is_granted() {
    let broker = broker("[[presence]]\npatterns = [\"rooms.*\"]").await;
    let (mut alice, _) =
        enter(&broker, &granting(&json!({"subscribe": ["rooms.1"], "presence": ["rooms.*"]}))).await;
    let (mut other, _) =
        enter(&broker, &token(&json!({"sub": "bob", "fanfare": {"subscribe": ["rooms.1"]}}))).await;
    assert_eq!(subscribe(&mut alice, 1, "rooms.1").await["op"], "subscribed");
    alice.send(json!({"op": "presence", "id": 1, "topic": "rooms.1"})).await;
    let page = alice.expect(json!({"op": "presence", "id": 1})).await;
    assert_eq!(page["members"][0]["subject"], "alice", "{page}");
    assert_eq!(subscribe(&mut alice, 2, "$presence.rooms.1").await["op"], "subscribed");
    other.send(json!({"op": "presence", "id": 1, "topic": "rooms.1"})).await;
    other.expect(json!({"op": "error", "id": 1, "code": "forbidden"})).await;
    assert_eq!(subscribe(&mut other, 2, "$presence.rooms.1").await["code"], "forbidden");
}

#[tokio::test]
async fn whose_sessions_come_and_go_is_told_to_those_alone_who_may_hear_it() {
    let broker = broker("").await;
    let (mut all, _) = enter(&broker, &granting(&json!({"subscribe": [">"]}))).await;
    assert_eq!(subscribe(&mut all, 1, "$sys.>").await["code"], "forbidden");
    let (mut operator, _) = enter(&broker, &granting(&json!({"subscribe": ["$sys.>"]}))).await;
    assert_eq!(subscribe(&mut operator, 1, "$sys.session.*").await["op"], "subscribed");
    let (bob, welcome) = enter(&broker, &token(&json!({"sub": "bob\"", "jti": "t1"}))).await;
    let who = json!({"session": welcome["session"], "subject": "bob\"", "address": "127.0.0.1"});
    operator.answer(json!({"op": "message", "topic": "$sys.session.opened", "data": who})).await;
    bob.close().await;
    operator.answer(json!({"op": "message", "topic": "$sys.session.closed", "data": who})).await;
}
