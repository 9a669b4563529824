//! Slow readers and silent ones: a session that answers nothing is told from one that is gone.

use std::time::{Duration, Instant};

use fanfare_tests::{Broker, Client, EventStream, Setup, Witness, eventually};

use super::seq;

#[tokio::test]
async fn a_slow_reader_falls_behind_hears_everything_and_is_live_again() {
    const COUNT: u64 = 4_000;
    let broker = Setup::default().config("[limits]\nqueue_bytes = \"1MiB\"").start().await;
    let witness = Witness::beside(&broker).await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=flow").await;
    stream.begin().await;
    let padding = "x".repeat(5_000);
    publisher.publish_all("flow", (1..=COUNT).map(|n| format!("{n} {padding}"))).await;
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 1).await;
    let (mut next, mut done, mut behinds, mut lives) = (1, false, 0, 0);
    while !done || behinds > lives {
        let event = stream.next().await.expect("the stream goes on");
        match event.name.as_str() {
            "behind" => behinds += 1,
            "live" => lives += 1,
            "message" => {
                assert_eq!(Some(seq(&event.last_id, "recent")), event.data["seq"].as_u64());
                let text = event.data["text"].as_str().unwrap();
                done = text == "the last";
                if !done {
                    assert!(text.starts_with(&format!("{next} ")), "{next} was due, not {}", &text[..6]);
                    next += 1;
                }
            }
            _ => panic!("nothing else was due: {event:?}"),
        }
    }
    assert!(behinds > 0 && next == COUNT + 1, "{behinds} times behind, up to {next}");
    witness.missed_nothing().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_ended_after_the_stall_timeout() {
    let broker = Broker::with_limits("stall_timeout = \"500ms\"\nqueue_bytes = \"1MiB\"").await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=flow").await;
    stream.begin().await;
    let padding = "x".repeat(60_000);
    publisher.publish_all("flow", (0..200).map(|_| &padding)).await;
    eventually("the reader to be ended", async || {
        let closed = broker.metrics().await;
        let by = |reason| closed.count("fanfare_connections_closed_total", &[("reason", reason)]);
        // The kernel may find it before the broker does: both wait for as long.
        (by("too_slow") + by("lost") == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_says_nothing_for_many_heartbeats_is_served() {
    let heartbeat = Duration::from_millis(50);
    let broker = Broker::with_limits("heartbeat = \"50ms\"").await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=a").await;
    stream.begin().await;
    let begun = Instant::now();
    // What keeps the time is the broker's own pings, which this client answers.
    while begun.elapsed() < 10 * heartbeat {
        publisher.publish("b", "x").await;
        stream.place_alone().await;
    }
    publisher.publish("a", "still there").await;
    assert_eq!(stream.texts(1).await, ["still there"]);
}

#[tokio::test]
async fn what_a_client_sends_behind_its_request_is_thrown_away() {
    let broker = Broker::start().await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=a").await;
    stream.begin().await;
    for _ in 0..50 {
        stream.send(&[b'x'; 8_192]).await;
    }
    stream.send(b"GET /sse?pattern=b HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    publisher.publish("a", "1").await;
    assert_eq!(stream.texts(1).await, ["1"]);
    broker.metric_reaches("fanfare_connections", &[("encoding", "sse")], 1).await;
}
