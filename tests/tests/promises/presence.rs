//! Presence: who is on a topic, what is heard of joins and leaves, and what a lost connection means.

use std::time::{Duration, Instant};

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe};
use fanfare_protocol::{ClientFrame, Encoding, Pattern};
use fanfare_tests::crowd::Session;
use fanfare_tests::{Broker, Client, Proxy, assert_shape, eventually, within};
use serde_json::{Value, json};

/// Rooms where who is lost is waited for so long.
async fn rooms(linger: &str) -> Broker {
    Broker::with(&format!(
        "[limits]\npresence_interval = \"20ms\"\n[[presence]]\npatterns = [\"rooms.>\"]\nlinger = {linger:?}"
    ))
    .await
}

/// A client that hears of joins and leaves in `rooms.1`.
async fn watcher(broker: &Broker) -> Client {
    let mut watcher = Client::msgpack(broker).await;
    watcher.subscribe(1, "$presence.rooms.1").await;
    watcher
}

/// A member of `rooms.1`; the watcher has heard of it.
async fn member(broker: &Broker, watcher: &mut Client) -> Client {
    let mut member = Client::json(broker).await;
    member.subscribe(1, "rooms.1").await;
    assert_shape(&news(watcher).await, &json!({"joined": [{"session": member.session()}], "left": []}));
    member
}

/// The next announcement.
async fn news(watcher: &mut Client) -> Value {
    let message = watcher.answer(json!({"op": "message", "topic": "$presence.rooms.1"})).await;
    assert!(message["stream"].is_null(), "announcements are ephemeral: {message}");
    message["data"].clone()
}

async fn present(client: &mut Client, topic: &str) -> Value {
    client.request(json!({"op": "presence", "topic": topic}), "presence").await
}

fn sessions(members: &Value) -> Vec<&str> {
    members.as_array().unwrap().iter().map(|member| member["session"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn who_subscribes_to_just_the_topic_is_present_and_nobody_else() {
    let broker = rooms("5s").await;
    for encoding in Encoding::ALL {
        let (mut one, mut other) = (Client::open(&broker, *encoding).await, Client::json(&broker).await);
        let topic = format!("rooms.{}", encoding.as_str());
        other.subscribe(1, "rooms.*").await;
        other.subscribe(2, ">").await;
        let nobody = present(&mut one, &topic).await;
        assert_shape(&nobody, &json!({"members": [], "count": 0}));
        one.subscribe(1, &topic).await;
        one.subscribe(2, &topic).await;
        let there = present(&mut other, &topic).await;
        assert_shape(&there, &json!({"members": [{"session": one.session()}], "count": 1}));
        assert!(there["next"].is_null());
        // Of two subscriptions, one is enough.
        one.send(json!({"op": "unsubscribe", "sub": 1})).await;
        assert_eq!(present(&mut one, &topic).await["count"], 1);
        one.send(json!({"op": "unsubscribe", "sub": 2})).await;
        assert_eq!(present(&mut one, &topic).await["count"], 0);
    }
}

#[tokio::test]
async fn where_presence_is_not_kept_the_answer_says_so() {
    let broker = rooms("5s").await;
    let mut client = Client::json(&broker).await;
    let long = format!("rooms.{}", "x".repeat(241));
    for (topic, code) in [("orders.eu", "not_found"), ("$sys.stats", "not_found"), (&long, "invalid_topic")] {
        client.subscribe(1, topic).await;
        client.send(json!({"op": "presence", "id": 7, "topic": topic})).await;
        client.answer(json!({"op": "error", "id": 7, "code": code})).await;
        client.send(json!({"op": "unsubscribe", "sub": 1})).await;
        client.answer(json!({"op": "unsubscribed", "sub": 1})).await;
    }
    let elsewhere = Client::json(&Broker::start().await).await;
    assert_eq!(elsewhere.resume(), None, "nothing is to be proved where no presence is kept");
}

#[tokio::test]
async fn joins_and_leaves_are_heard_with_the_count() {
    let broker = rooms("5s").await;
    let mut watcher = watcher(&broker).await;
    let mut one = member(&broker, &mut watcher).await;
    let two = member(&broker, &mut watcher).await;
    one.send(json!({"op": "unsubscribe", "sub": 1})).await;
    let left = json!({"joined": [], "left": [{"session": one.session()}], "count": 1});
    assert_shape(&news(&mut watcher).await, &left);
    let there = present(&mut one, "rooms.1").await;
    assert_eq!(sessions(&there["members"]), [two.session()]);
}

#[tokio::test]
async fn a_client_that_takes_leave_is_not_waited_for() {
    let broker = rooms("1h").await;
    let mut watcher = watcher(&broker).await;
    let member = member(&broker, &mut watcher).await;
    let session = member.session().to_owned();
    member.close().await;
    assert_shape(&news(&mut watcher).await, &json!({"left": [{"session": session}], "count": 0}));
}

#[tokio::test]
async fn a_lost_connection_leaves_after_the_linger_time_and_soon_after() {
    let linger = Duration::from_secs(3);
    let broker = rooms("3s").await;
    let mut watcher = watcher(&broker).await;
    let member = member(&broker, &mut watcher).await;
    let session = member.session().to_owned();
    let lost = Instant::now();
    drop(member);
    broker.closed_for("lost").await;
    assert_eq!(present(&mut watcher, "rooms.1").await["count"], 1, "it is waited for");
    assert_shape(&news(&mut watcher).await, &json!({"left": [{"session": session}], "count": 0}));
    let waited = lost.elapsed();
    assert!(waited >= linger && waited < linger * 10, "{waited:?}");
}

#[tokio::test]
async fn a_client_that_comes_back_in_time_neither_leaves_nor_joins() {
    let broker = rooms("3s").await;
    let mut watcher = watcher(&broker).await;
    let first = member(&broker, &mut watcher).await;
    let (was, resume) = (first.session().to_owned(), first.resume().unwrap().to_owned());
    drop(first);
    let other = member(&broker, &mut watcher).await;
    broker.closed_for("lost").await;
    let mut back = Client::resuming(&broker, &resume).await;
    back.subscribe(1, "rooms.1").await;
    let returned = json!({"returned": [{"session": back.session(), "was": was}], "count": 2});
    let heard = news(&mut watcher).await;
    assert_shape(&heard, &returned);
    assert_shape(&heard, &json!({"joined": [], "left": []}));
    // It keeps its place; and when another that was lost later has left, its own time is over, too.
    let there = present(&mut back, "rooms.1").await;
    assert_eq!(sessions(&there["members"]), [back.session(), other.session()]);
    let gone = other.session().to_owned();
    drop(other);
    assert_shape(&news(&mut watcher).await, &json!({"joined": [], "left": [{"session": gone}], "count": 1}));
}

#[tokio::test]
async fn a_client_that_comes_back_before_its_loss_is_noticed_is_not_there_twice() {
    let broker = rooms("1s").await;
    let mut watcher = watcher(&broker).await;
    let first = member(&broker, &mut watcher).await;
    let mut back = Client::resuming(&broker, first.resume().unwrap()).await;
    back.subscribe(1, "rooms.1").await;
    let returned = json!({"returned": [{"session": back.session(), "was": first.session()}], "count": 1});
    assert_shape(&news(&mut watcher).await, &returned);
    drop(first);
    let later = member(&broker, &mut watcher).await;
    let gone = later.session().to_owned();
    drop(later);
    assert_shape(&news(&mut watcher).await, &json!({"left": [{"session": gone}], "count": 1}));
}

#[tokio::test]
async fn nobody_takes_a_place_with_a_proof_that_the_broker_did_not_make() {
    let broker = rooms("1h").await;
    let mut watcher = watcher(&broker).await;
    let first = member(&broker, &mut watcher).await;
    let (number, code) = first.resume().unwrap().split_once('.').unwrap();
    let other = watcher.resume().unwrap().split_once('.').unwrap().1.to_owned();
    let forged = [format!("{number}.{other}"), format!("{number}."), format!("0{number}.{}", &code[1..])];
    for (forged, count) in forged.iter().zip(2..) {
        let mut thief = Client::resuming(&broker, forged).await;
        thief.subscribe(1, "rooms.1").await;
        let joined = json!({"joined": [{"session": thief.session()}], "left": [], "count": count});
        assert_shape(&news(&mut watcher).await, &joined);
    }
}

#[tokio::test]
async fn the_rust_sdk_keeps_its_place_over_a_cut() {
    let broker = rooms("30s").await;
    let mut watcher = watcher(&broker).await;
    let proxy = Proxy::before(&broker).await;
    let client = fanfare_client::Client::builder(proxy.url())
        .reconnect_pause(Duration::from_millis(1), Duration::from_millis(20));
    let client = within("a connection", client.connect()).await.unwrap();
    let _room = client.subscribe("rooms.1").await.unwrap();
    let joined = news(&mut watcher).await;
    let was = joined["joined"][0]["session"].clone();
    proxy.reset();
    let heard = news(&mut watcher).await;
    assert_shape(&heard, &json!({"joined": [], "left": [], "returned": [{"was": was}], "count": 1}));
    let page = client.presence("rooms.1").await.unwrap();
    assert_eq!(heard["returned"][0]["session"], page.members[0].session.as_ref());
    assert_eq!((page.count, page.next), (Some(1), None));
}

#[tokio::test]
async fn a_wildcard_never_hears_announcements_unless_it_asks_for_them() {
    let broker = rooms("5s").await;
    let mut watcher = watcher(&broker).await;
    let (mut all, mut asking) = (Client::json(&broker).await, Client::json(&broker).await);
    all.subscribe(1, ">").await;
    all.subscribe(2, "*.rooms.1").await;
    asking.subscribe(1, "$presence.>").await;
    member(&broker, &mut watcher).await;
    asking.answer(json!({"op": "message", "topic": "$presence.rooms.1"})).await;
    assert_eq!(all.heard().await, Vec::<Value>::new());
}

#[tokio::test]
async fn nobody_but_the_broker_publishes_announcements() {
    let broker = rooms("5s").await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "id": 1, "topic": "$presence.rooms.1", "data": {}})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "forbidden"})).await;
}

#[tokio::test]
async fn a_session_in_many_rooms_leaves_all_of_them() {
    let broker = rooms("0s").await;
    let mut client = Client::msgpack(&broker).await;
    for room in 1..=500 {
        client.send(json!({"op": "subscribe", "sub": room, "pattern": format!("rooms.{room}")})).await;
    }
    assert_eq!(present(&mut client, "rooms.500").await["count"], 1);
    broker.metric_reaches("fanfare_presence_members", &[], 500).await;
    drop(client);
    broker.metric_reaches("fanfare_presence_members", &[], 0).await;
    broker.metric_reaches("fanfare_presence_topics", &[], 0).await;
}

#[tokio::test]
async fn a_room_that_is_full_takes_subscriptions_but_no_member() {
    let limits = "[limits]\npresence_members = 2\n[[presence]]\npatterns = [\"rooms.>\"]";
    let broker = Broker::with(limits).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::json(&broker).await;
        client.subscribe(1, "rooms.1").await;
        clients.push(client);
    }
    assert_eq!(present(&mut clients[2], "rooms.1").await["count"], 2);
    broker.metric_reaches("fanfare_presence_left_out_total", &[], 1).await;
    clients[0].publish("rooms.1", "x").await;
    clients[2].answer(json!({"op": "message", "text": "x"})).await;
}

/// Sessions of the crowd.
const CROWD: usize = 2_000;

#[tokio::test]
async fn a_crowd_comes_in_pages_and_few_announcements_of_bounded_size() {
    let broker = Broker::with(
        "[limits]\npresence_interval = \"200ms\"\npresence_announcement_bytes = \"4KiB\"\n\
         [[presence]]\npatterns = [\"rooms.>\"]\nlinger = \"1h\"",
    )
    .await;
    let mut watcher = watcher(&broker).await;
    let began = Instant::now();
    let pattern = Pattern::new("rooms.1").unwrap();
    let subscribe =
        ClientFrame::Subscribe(Subscribe { sub: 1, pattern, from: ReplayFrom::Now, deliver: Deliver::Every });
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(Session::open(broker.client(), Encoding::MsgPack, std::slice::from_ref(&subscribe)).await);
    }
    broker.metric_reaches("fanfare_presence_members", &[], CROWD as u64).await;
    let (mut announcements, mut changes, mut count) = (0, 0, 0);
    while count < CROWD as u64 {
        let heard = news(&mut watcher).await;
        assert!(heard.to_string().len() < 4 << 10, "{heard}");
        announcements += 1;
        changes += heard["joined"].as_array().unwrap().len() as u64 + heard["more"].as_u64().unwrap_or(0);
        count = heard["count"].as_u64().unwrap();
    }
    assert_eq!(changes, CROWD as u64, "each is named or counted");
    let most = began.elapsed().as_millis() / 200 + 2;
    assert!(announcements <= most, "{announcements} announcements, {most} intervals");

    let mut seen = std::collections::BTreeSet::new();
    let mut page = json!({"next": 0});
    while let Some(next) = page["next"].as_u64() {
        let request = json!({"op": "presence", "topic": "rooms.1", "limit": 300, "after": next});
        page = watcher.request(request, "presence").await;
        assert!(sessions(&page["members"]).into_iter().all(|session| seen.insert(session.to_owned())));
        assert_eq!(page["count"], CROWD);
    }
    assert_eq!(seen.len(), CROWD);
    drop(crowd);
    eventually("all are lost, and waited for", async || {
        let lost = broker.metrics().await.count("fanfare_connections", &[]);
        (lost == 1).then_some(())
    })
    .await;
    broker.metric_reaches("fanfare_presence_members", &[], CROWD as u64).await;
}
