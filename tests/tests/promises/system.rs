//! The broker's own events: what `$sys.>` tells, to whom, and what it never does.

use std::time::Instant;

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, assert_shape};
use serde_json::{Value, json};

/// A client that hears these events.
async fn listener(broker: &Broker, pattern: &str) -> Client {
    let mut listener = Client::msgpack(broker).await;
    listener.subscribe(1, pattern).await;
    listener
}

/// The next event on this topic.
async fn event(listener: &mut Client, topic: &str) -> Value {
    let message = listener.answer(json!({"op": "message", "topic": topic})).await;
    assert!(message["stream"].is_null(), "events are ephemeral: {message}");
    message["data"].clone()
}

#[tokio::test]
async fn sessions_that_come_and_go_are_told() {
    let broker = Broker::start().await;
    let mut listener = listener(&broker, "$sys.session.*").await;
    for encoding in Encoding::ALL {
        let client = Client::open(&broker, *encoding).await;
        let session = client.session().to_owned();
        let opened = event(&mut listener, "$sys.session.opened").await;
        let who = json!({"session": session, "address": "127.0.0.1", "name": "fanfare-tests/1"});
        let with = |mut more: Value| {
            more.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
            more
        };
        assert_eq!(opened, with(json!({"encoding": encoding.as_str()})));
        client.close().await;
        let closed = event(&mut listener, "$sys.session.closed").await;
        assert!(closed["age_ms"].is_u64(), "{closed}");
        assert_eq!(closed, with(json!({"reason": "by_peer", "age_ms": closed["age_ms"]})));
    }
    drop(Client::json(&broker).await);
    assert_eq!(event(&mut listener, "$sys.session.closed").await["reason"], "lost");
}

#[tokio::test]
async fn statistics_come_every_second_and_tell_what_happened_in_it() {
    let broker = Broker::start().await;
    let mut listener = listener(&broker, "$sys.stats").await;
    event(&mut listener, "$sys.stats").await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "orders.>").await;
    client.subscribe(2, "orders.eu").await;
    for _ in 0..10 {
        client.publish("orders.eu", "x").await;
    }
    client.send(json!({"op": "unsubscribe", "sub": 99})).await;
    client.answer(json!({"op": "error", "sub": 99})).await;
    let (mut published, mut delivered, mut opened, mut not_found) = (0, 0, 0, 0);
    let stats = loop {
        let stats = event(&mut listener, "$sys.stats").await;
        published += stats["published"].as_u64().unwrap();
        delivered += stats["delivered"].as_u64().unwrap();
        opened += stats["opened"].as_u64().unwrap();
        not_found += stats["errors"]["not_found"].as_u64().unwrap_or(0);
        let interval = stats["interval_ms"].as_u64().unwrap();
        assert!((1..30_000).contains(&interval), "{stats}");
        if published >= 10 && delivered >= 20 && opened >= 1 && not_found >= 1 {
            break stats;
        }
    };
    assert_eq!((published, opened, not_found), (10, 1, 1));
    let wanted = json!({
        "connections": {"json": 1, "msgpack": 1},
        "subscriptions": 3,
        "patterns": 3,
        "behind": 0,
        "gaps": {},
        "streams": [{"name": "recent", "messages": 10, "topics": 1, "last_seq": 10, "oldest": 1}],
    });
    assert_shape(&stats, &wanted);
    for field in ["received_bytes", "sent_bytes", "writes", "mailbox_bytes", "cpu_ms", "shards"] {
        assert!(stats[field].is_u64(), "{field} in {stats}");
    }
    let stream = &stats["streams"][0];
    assert!(stream["epoch"].is_string() && stream["oldest_time"].is_u64(), "{stream}");
    assert!(stats["queues"]["bytes"].is_u64() && stats["publish_to_socket_ms"].is_object(), "{stats}");
}

#[tokio::test]
async fn errors_and_gaps_are_told_by_their_kind_when_there_are_any() {
    let broker = Broker::start().await;
    let mut listener = listener(&broker, "$sys.>").await;
    event(&mut listener, "$sys.stats").await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "unsubscribe", "sub": 99})).await;
    client.answer(json!({"op": "error", "sub": 99})).await;
    let errors = event(&mut listener, "$sys.errors").await;
    assert_shape(&errors, &json!({"errors": {"not_found": 1}}));
    let from = json!({"position": {"recent": {"epoch": "another", "seq": 5}}});
    client.subscribe_from(1, "a", from).await;
    client.answer(json!({"op": "gap", "reason": "reset"})).await;
    assert_shape(&event(&mut listener, "$sys.gaps").await, &json!({"gaps": {"reset": 1}}));
}

#[tokio::test]
async fn a_session_that_a_full_queue_puts_behind_is_told_once_and_again_when_it_has_caught_up() {
    let broker = Broker::with("[limits]\nqueue_bytes = \"512KiB\"").await;
    let mut listener = listener(&broker, "$sys.session.*").await;
    let mut sleeper = Client::json(&broker).await;
    for (sub, pattern) in [(1, "flow"), (2, "*"), (3, "quiet")] {
        sleeper.subscribe(sub, pattern).await;
    }
    let text = "x".repeat(8_000);
    let last = Client::msgpack(&broker).await.publish_all("flow", (0..4_000).map(|_| &text)).await;
    let behind = event(&mut listener, "$sys.session.behind").await;
    let who = json!({"session": sleeper.session(), "address": "127.0.0.1", "subscriptions": 3});
    assert_shape(&behind, &who);
    assert!((1..=2).contains(&behind["behind"].as_u64().unwrap()), "{behind}");
    for sub in [1, 2] {
        sleeper.answer(json!({"op": "message", "sub": sub, "seq": last})).await;
    }
    let live = event(&mut listener, "$sys.session.live").await;
    assert_shape(&live, &who);
    assert_eq!(live["behind"], 0);
    sleeper.close().await;
    // All that was told meanwhile, up to its end.
    loop {
        let message = listener.next().await;
        if message["data"]["session"] == who["session"] && message["topic"] == "$sys.session.closed" {
            break;
        }
        assert_ne!(message["topic"], "$sys.session.behind", "it was told already: {message}");
    }
}

#[tokio::test]
async fn what_a_stream_has_lost_that_somebody_asked_for_is_told() {
    let stream = "[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_bytes = \"2MiB\"";
    let broker = Broker::with(stream).await;
    let mut listener = listener(&broker, "$sys.stream.*").await;
    let (mut publisher, mut reader) = (Client::msgpack(&broker).await, Client::msgpack(&broker).await);
    let foreign = json!({"position": {"s": {"epoch": "another", "seq": 5}}});
    reader.subscribe_from(1, "a", foreign).await;
    let who = json!({"stream": "s", "session": reader.session(), "address": "127.0.0.1"});
    let reset = event(&mut listener, "$sys.stream.gap").await;
    assert_shape(&reset, &who);
    assert_shape(&reset, &json!({"reason": "reset", "sub": 1, "at_start": true}));

    let text = "x".repeat(16_000);
    let first = publisher.publish("a", &text).await;
    publisher.publish_all("a", (0..200).map(|_| &text)).await;
    let place = json!({"position": {"s": {"epoch": first["epoch"], "seq": 1}}});
    reader.subscribe_from(2, "a", place).await;
    let expired = event(&mut listener, "$sys.stream.gap").await;
    assert_shape(&expired, &who);
    assert_shape(&expired, &json!({"reason": "expired", "sub": 2, "at_start": true, "from": 2}));

    // The reader takes nothing meanwhile, so what it has not been sent yet leaves the stream.
    publisher.publish_all("a", (0..2_000).map(|_| &text)).await;
    reader.answer(json!({"op": "gap", "sub": 1, "reason": "expired"})).await;
    let told = json!({"reason": "expired", "sub": 1, "at_start": false});
    assert_shape(&listener.answer(json!({"op": "message", "data": told})).await["data"], &who);
}

#[tokio::test]
async fn sessions_by_the_hundred_are_told_at_a_bounded_rate_and_the_rest_counted() {
    const COME: u64 = 600;
    const TOLD_A_SECOND: u64 = 100;
    let broker = Broker::start().await;
    let mut listener = listener(&broker, "$sys.session.closed").await;
    let begun = Instant::now();
    for _ in 0..COME {
        drop(Client::shake(broker.client(), Encoding::MsgPack).await);
    }
    let (mut told, mut left_out) = (0, 0);
    while told + left_out < COME {
        let closed = event(&mut listener, "$sys.session.closed").await;
        match closed["left_out"].as_u64() {
            Some(more) => left_out += more,
            None => told += 1,
        }
    }
    assert_eq!(told + left_out, COME);
    // Of each second a hundred, and of the one before and the one that has begun.
    let most = TOLD_A_SECOND * (begun.elapsed().as_secs() + 2);
    assert!(told <= most, "{told} were told, of which {most} may be");
}

#[tokio::test]
async fn no_wildcard_hears_the_brokers_own_events_unless_it_begins_with_their_segment() {
    let broker = Broker::start().await;
    let mut listener = listener(&broker, "$sys.>").await;
    let mut all = Client::json(&broker).await;
    for (sub, pattern) in [(1, ">"), (2, "*.stats"), (3, "*.session.*"), (4, "*.>")] {
        all.subscribe(sub, pattern).await;
    }
    for _ in 0..2 {
        event(&mut listener, "$sys.stats").await;
    }
    Client::json(&broker).await.close().await;
    event(&mut listener, "$sys.session.closed").await;
    assert_eq!(all.heard().await, Vec::<Value>::new());
}

#[tokio::test]
async fn nobody_but_the_broker_publishes_its_events() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.send(json!({"op": "publish", "id": 1, "topic": "$sys.stats", "data": {}})).await;
    client.expect(json!({"op": "error", "id": 1, "code": "forbidden"})).await;
}
