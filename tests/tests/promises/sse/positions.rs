//! Going on: what a client that comes back by itself hears, and what it is told that it can't.

use std::collections::BTreeSet;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, EventStream, Setup, assert_shape};
use serde_json::json;

use super::{TWO_STREAMS, place, seq};

/// Only the newest few messages of a topic are kept.
const SHORT_MEMORY: &str = "[[stream]]\nname = \"recent\"\npatterns = [\">\"]\nmax_messages_per_topic = 3\n";

#[tokio::test]
async fn who_comes_back_again_and_again_hears_everything_once() {
    const ROUNDS: usize = 40;
    const EACH: usize = 25;
    let broker = Broker::with(TWO_STREAMS).await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut last_id = EventStream::open(&broker, "pattern=%3E").await.begin().await.last_id;
    let (mut heard, mut expected) = (Vec::new(), BTreeSet::new());
    for round in 0..ROUNDS {
        for number in 0..EACH {
            let topic = if (round + number) % 3 == 0 { "orders.a" } else { "prices.b" };
            let text = format!("{round}.{number}");
            publisher.publish(topic, &text).await;
            expected.insert(text);
        }
        let mut stream = EventStream::go_on(&broker, "pattern=%3E&from=start", &last_id).await;
        assert_eq!(stream.begin().await.data["recovered"], true);
        // Each time the connection is lost in the middle of what waits; the last time, all of it is heard.
        let waits = expected.len() - heard.len();
        let count = if round + 1 == ROUNDS { waits } else { waits * (round % 4) / 3 };
        heard.extend(stream.texts(count.min(waits)).await);
        last_id = stream.last_id;
    }
    assert_eq!(heard.len(), expected.len(), "something came twice, or not at all");
    assert_eq!(heard.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_planned_restart_loses_nothing_and_repeats_nothing() {
    let files = Directory::new();
    let setup =
        || Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()));
    let broker = setup().start().await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=a").await;
    stream.begin().await;
    publisher.publish("a", "1").await;
    assert_eq!(stream.texts(1).await, ["1"]);
    let last_id = stream.last_id.clone();
    publisher.publish("a", "2").await;
    drop((stream, publisher));
    broker.terminate().await;
    assert!(broker.ended().await.success());

    let broker = setup().start().await;
    let mut stream = EventStream::go_on(&broker, "pattern=a", &last_id).await;
    assert_eq!(stream.begin().await.data["recovered"], true);
    assert_eq!(stream.texts(1).await, ["2"]);
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("a", "3").await;
    stream.expect("live").await;
    assert_eq!(stream.texts(1).await, ["3"]);
}

#[tokio::test]
async fn after_a_crash_a_gap_tells_that_the_numbering_is_new_and_all_that_is_there_follows() {
    let files = Directory::new();
    let setup =
        || Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()));
    let broker = setup().start().await;
    let mut publisher = Client::msgpack(&broker).await;
    for text in ["1", "2"] {
        publisher.publish("a", text).await;
    }
    let mut stream = EventStream::open(&broker, "pattern=a&from=start").await;
    stream.begin().await;
    stream.texts(2).await;
    let last_id = stream.last_id.clone();
    broker.signal("KILL").await;
    broker.ended().await;

    let broker = setup().start().await;
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("a", "new").await;
    let mut stream = EventStream::go_on(&broker, "pattern=a", &last_id).await;
    let begun = stream.begin().await;
    assert_eq!(begun.data["recovered"], false);
    assert_eq!(begun.last_id, last_id, "who is cut off before the gap comes back and is told again");
    let gap = stream.expect("gap").await;
    assert_shape(&gap.data, &json!({"reason": "reset", "stream": "recent"}));
    let ((old, _), (new, seq)) = (place(&last_id, "recent"), place(&gap.last_id, "recent"));
    assert!(old != new && seq == 0, "{last_id} {}", gap.last_id);
    assert_eq!(stream.texts(1).await, ["new"]);
    assert_eq!(place(&stream.last_id, "recent"), (new, 1));
}

#[tokio::test]
async fn what_retention_took_is_a_gap_at_its_place() {
    let broker = Broker::with(SHORT_MEMORY).await;
    let mut publisher = Client::msgpack(&broker).await;
    let mut stream = EventStream::open(&broker, "pattern=a").await;
    let last_id = stream.begin().await.last_id;
    drop(stream);
    for number in 1..=10 {
        publisher.publish("a", &number.to_string()).await;
    }
    let mut stream = EventStream::go_on(&broker, "pattern=a", &last_id).await;
    assert_eq!(stream.begin().await.data["recovered"], false);
    let gap = stream.expect("gap").await;
    assert_shape(&gap.data, &json!({"reason": "expired", "stream": "recent", "from": 1, "to": 7}));
    assert_eq!(gap.last_id, last_id, "the first message that is there moves the place, not the gap");
    assert_eq!(stream.texts(3).await, ["8", "9", "10"]);
    assert_eq!(seq(&stream.last_id, "recent"), 10);
}

#[tokio::test]
async fn the_place_of_a_quiet_stream_moves_on_without_an_event() {
    let broker = Broker::with(&format!("[limits]\nheartbeat = \"100ms\"\n{SHORT_MEMORY}")).await;
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("quiet.a", "1").await;
    let mut stream = EventStream::open(&broker, "pattern=quiet.*").await;
    stream.begin().await;
    let last = publisher.publish_all("busy", (0..20).map(|n| n.to_string())).await;
    while seq(&stream.place_alone().await, "recent") < last {}
    // So a retention that took what lay between leaves no gap.
    let last_id = stream.last_id;
    let mut stream = EventStream::go_on(&broker, "pattern=quiet.*", &last_id).await;
    assert_eq!(
        stream.begin().await.data,
        json!({"position": {"recent": {"epoch": place(&last_id, "recent").0, "seq": last}}, "recovered": true, "live": true})
    );
}
