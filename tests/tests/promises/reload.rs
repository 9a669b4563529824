//! Reload: what a running broker takes from a configuration that was changed, and what it says of the rest.

use fanfare_tests::{Broker, Client, Raw, assert_shape, eventually};
use serde_json::json;

/// The lines of the log that speak of a setting.
fn lines(broker: &Broker, words: &[&str]) -> Vec<String> {
    let log = broker.log();
    log.lines().filter(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_limit_takes_hold_in_sessions_that_are_open_and_is_told() {
    let broker = Broker::with_limits("max_subscriptions = 1").await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    client.send(json!({"op": "subscribe", "sub": 2, "pattern": "b"})).await;
    client.answer(json!({"op": "error", "sub": 2, "code": "limit_exceeded"})).await;
    broker.reload("[limits]\nmax_subscriptions = 2", "ok").await;
    client.subscribe(2, "b").await;
    let told = lines(&broker, &["changed", "limits.max_subscriptions", "\"before\":\"1\"", "\"now\":\"2\""]);
    assert_eq!(told.len(), 1, "{}", broker.log());
}

#[tokio::test]
async fn a_shorter_time_holds_for_those_who_wait_already() {
    let broker = Broker::with_limits("hello_timeout = \"1h\"").await;
    let mut silent = Raw::shake(broker.client()).await;
    broker.reload("[limits]\nhello_timeout = \"50ms\"", "ok").await;
    assert_eq!(silent.expect_close().await, 4103);
}

#[tokio::test]
async fn a_larger_frame_gets_in_after_a_reload() {
    let large = "x".repeat(300 << 10);
    let roomy =
        "[limits]\nmax_payload_bytes = \"400KiB\"\nmax_frame_bytes = \"1MiB\"\nreply_bytes = \"1MiB\"";
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    broker.reload(roomy, "ok").await;
    // Each shard takes it over when it next looks at its sessions.
    eventually("the frame to get in", async || {
        let mut client = Client::msgpack(&broker).await;
        let frame = json!({"op": "publish", "id": 1, "topic": "a", "text": large});
        client.try_send(frame).await.ok()?;
        client.next_unless_ended().await.filter(|frame| frame["op"] == "published").map(drop)
    })
    .await;
    client.publish("a", &large).await;
}

#[tokio::test]
async fn the_log_level_changes() {
    let broker = Broker::start().await;
    Client::json(&broker).await.close().await;
    broker.closed_for("by_peer").await;
    assert_eq!(lines(&broker, &["session ended"]), Vec::<String>::new());
    broker.reload("log_level = \"debug\"", "ok").await;
    Client::json(&broker).await.close().await;
    eventually("the debug line", async || (!lines(&broker, &["session ended"]).is_empty()).then_some(()))
        .await;
}

#[tokio::test]
async fn a_stream_keeps_less_when_it_is_told_to() {
    let stream = |age: &str| format!("[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_age = {age:?}\n");
    let broker = Broker::with(&stream("1h")).await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "old").await;
    broker.reload(&stream("1ms"), "ok").await;
    broker.metric_reaches("fanfare_stream_messages", &[("stream", "s")], 0).await;
    assert_eq!(lines(&broker, &["changed", "stream.s.max_age"]).len(), 1, "{}", broker.log());
    assert_eq!(client.publish("a", "new").await["seq"], 2);
}

#[tokio::test]
async fn what_needs_a_restart_is_told_each_time_and_stays_as_it_was() {
    let broker = Broker::with("shards = 1").await;
    let other = "shards = 2\n[limits]\nheartbeat = \"7s\"\n[[stream]]\nname = \"a\"\npatterns = [\"a\"]";
    for time in 1..=2 {
        broker.reload(other, "ok").await;
        for setting in ["\"shards\"", "limits.heartbeat", "stream.a", "stream.recent"] {
            assert_eq!(lines(&broker, &["needs a restart", setting]).len(), time, "{}", broker.log());
        }
    }
    assert_eq!(broker.metrics().await.count("fanfare_shards", &[]), 1);
    assert_shape(&Client::json(&broker).await.publish("b", "x").await, &json!({"stream": "recent"}));
}

#[tokio::test]
async fn a_faulty_file_changes_nothing_and_every_fault_is_logged() {
    let broker = Broker::with_limits("max_subscriptions = 1").await;
    let loaded = "fanfare_config_loaded_timestamp_seconds";
    let before = broker.metrics().await.value(loaded, &[]);
    broker.reload("colour = 1\n[limits]\nmax_subscriptions = 2\nheartbeat = 5", "failed").await;
    for (place, words) in
        [(":1:1", "unknown setting `colour`"), (":4:13", "`heartbeat` takes text with a unit")]
    {
        assert_eq!(lines(&broker, &["not reloaded", place, words]).len(), 1, "{}", broker.log());
    }
    let metrics = broker.metrics().await;
    assert!((metrics.value(loaded, &[]) - before).abs() < f64::EPSILON);
    assert_eq!(metrics.count("fanfare_config_reloads_total", &[("result", "ok")]), 0);
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    client.send(json!({"op": "subscribe", "sub": 2, "pattern": "b"})).await;
    client.answer(json!({"op": "error", "sub": 2, "code": "limit_exceeded"})).await;
}

#[tokio::test]
async fn a_reload_costs_no_open_session_its_messages() {
    let broker = Broker::start().await;
    let mut subscriber = Client::msgpack(&broker).await;
    subscriber.subscribe(1, "flow").await;
    let mut publisher = Client::msgpack(&broker).await;
    for round in 0..20 {
        publisher.publish_all("flow", (0..50).map(|n| (round * 50 + n).to_string())).await;
        let window = ["1MiB", "4MiB"][round % 2];
        broker.reload(&format!("[limits]\nqueue_bytes = {window:?}"), "ok").await;
    }
    for seq in 1..=1_000 {
        subscriber.expect(json!({"op": "message", "seq": seq})).await;
    }
}

#[tokio::test]
async fn limits_that_were_meant_for_other_topics_take_nothing_from_those_that_a_stream_holds() {
    let all = "[[stream]]\nname = \"all\"\npatterns = [\">\"]\nmax_age = \"1h\"";
    let logs = "[[stream]]\nname = \"all\"\npatterns = [\"logs.>\"]\nmax_age = \"1ms\"";
    let broker = Broker::with(all).await;
    let mut client = Client::json(&broker).await;
    client.publish("orders.1", "tea").await;
    broker.reload(logs, "failed").await;
    assert_eq!(lines(&broker, &["not reloaded", "other topics"]).len(), 1, "{}", broker.log());
    client.send(json!({"op": "subscribe", "sub": 1, "pattern": "orders.1", "from": "start"})).await;
    client.expect(json!({"op": "subscribed"})).await;
    client.expect(json!({"op": "message", "text": "tea"})).await;
}
