//! Drain: how a broker that is to stop takes leave, and what a planned restart looks like from outside.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use fanfare_client::{ClientBuilder, Event, Subscription};
use fanfare_protocol::Encoding;
use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Setup, assert_shape, eventually, http, within};
use serde_json::json;

#[tokio::test]
async fn through_the_delay_it_is_not_ready_and_serves_as_before() {
    let broker = Broker::with_limits("drain_delay = \"1h\"").await;
    let mut client = Client::json(&broker).await;
    client.subscribe(1, "a").await;
    broker.terminate().await;
    eventually("readyz to say no", async || {
        (http::get(broker.internal(), "/readyz").await.status == 503).then_some(())
    })
    .await;
    assert_eq!(http::get(broker.internal(), "/healthz").await.status, 200);
    let mut late = Client::msgpack(&broker).await;
    late.publish("a", "still served").await;
    client.expect(json!({"op": "message", "text": "still served"})).await;
    broker.terminate().await;
    assert!(broker.ended().await.success());
}

#[tokio::test]
async fn each_session_has_its_own_slot_and_is_served_until_then() {
    const CLIENTS: usize = 60;
    let broker = Broker::with_limits("drain_window = \"600ms\"").await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(Client::open(&broker, Encoding::ALL[number % 2]).await);
    }
    let begun = Instant::now();
    broker.terminate().await;
    let leaving = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let goaway = client.answer(json!({"op": "goaway", "reason": "drain"})).await;
            let slot = goaway["reconnect_after_ms"].as_u64().unwrap();
            // On a busy machine its turn may come before this arrives.
            let late = json!({"op": "publish", "id": 1, "topic": "a", "text": "late"});
            let sent = client.try_send(late).await.is_ok();
            let answer = if sent { client.next_unless_ended().await } else { None };
            let served = answer.is_some_and(|answer| answer["op"] == "published");
            while client.next_unless_ended().await.is_some() {}
            assert!(begun.elapsed() >= Duration::from_millis(slot), "sent away before {slot} ms");
            (slot, served)
        })
    });
    let (mut slots, mut served) = (Vec::new(), 0);
    for leaving in leaving.collect::<Vec<_>>() {
        let (slot, was_served) = within("a session to be sent away", leaving).await.unwrap();
        slots.push(slot);
        served += usize::from(was_served);
    }
    assert!(served > 0, "nobody was served while the broker drained");
    slots.sort_unstable();
    assert!(slots.iter().all(|slot| *slot <= 600), "{slots:?}");
    // One in each sixtieth of the window.
    assert!(slots.iter().collect::<HashSet<_>>().len() > CLIENTS / 2, "{slots:?}");
    for (tenth, slots) in (0u64..).zip(slots.chunks(CLIENTS / 10)) {
        assert!(slots.iter().all(|slot| (tenth * 60..=tenth * 60 + 60).contains(slot)), "{slots:?}");
    }
    assert!(broker.ended().await.success());
}

#[tokio::test]
async fn what_is_published_while_it_drains_is_saved() {
    let files = Directory::new();
    let setup = || {
        let data = files.path().join("data");
        Setup::default().config(&format!("data_dir = \"{}\"\n[limits]\ndrain_delay = \"1h\"", data.display()))
    };
    let broker = setup().start().await;
    let mut client = Client::json(&broker).await;
    broker.terminate().await;
    eventually("readyz to say no", async || {
        (http::get(broker.internal(), "/readyz").await.status == 503).then_some(())
    })
    .await;
    let published = client.publish("a", "late").await;
    broker.terminate().await;
    // Long before the hour is over.
    let (status, log) = within("the broker to end", broker.last_words()).await;
    assert!(status.success() && log.contains("stopping at once"), "{log}");

    let broker = setup().start().await;
    let page = Client::json(&broker).await.history("a", json!("start"), 10).await;
    assert_shape(&page["messages"], &json!([{"text": "late", "seq": published["seq"]}]));
}

#[tokio::test]
async fn a_window_that_is_longer_than_the_time_for_it_is_a_fault() {
    let output = fanfare_tests::command().args(["check", "--set", "limits.drain_window=6s"]).output();
    let told = String::from_utf8(within("the check", output).await.unwrap().stderr).unwrap();
    assert!(told.contains("set drain_timeout = \"6s\" or more, or lower drain_window"), "{told}");
}

const PUBLISHERS: usize = 4;
const MESSAGES: usize = 1_500;

#[tokio::test]
async fn under_load_a_restart_shows_no_client_an_error_or_a_gap() {
    const SUBSCRIBERS: usize = 40;
    let files = Directory::new();
    let setup =
        || Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()));
    let mut broker = setup().alone().start().await;
    let address = broker.client();
    let mut listening = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let client = connect(&broker).await;
        let flow = client.subscribe("flow.*").await.unwrap();
        listening.push(tokio::spawn(async move {
            let _client = client;
            hear_all(flow).await;
        }));
    }
    let mut publishing = Vec::new();
    for number in 0..PUBLISHERS {
        publishing.push(tokio::spawn(publish_all(connect(&broker).await, number)));
    }
    for restart in 1..=2 {
        let enough = (PUBLISHERS * MESSAGES * restart / 4) as u64;
        eventually("the flow to be well under way", async || {
            let metrics = broker.metrics().await;
            (metrics.count("fanfare_stream_last_sequence", &[]) >= enough).then_some(())
        })
        .await;
        broker.terminate().await;
        let (status, log) = broker.last_words().await;
        assert!(status.success() && !log.contains("cut off"), "{log}");
        broker = setup().listen(address).start().await;
    }
    for task in publishing.into_iter().chain(listening) {
        within("everything to be heard", task).await.unwrap();
    }
    let last = broker.metrics().await.count("fanfare_stream_last_sequence", &[]);
    assert_eq!(last, (PUBLISHERS * MESSAGES) as u64, "each was appended once");
}

async fn connect(broker: &Broker) -> fanfare_client::Client {
    let builder: ClientBuilder = fanfare_client::Client::builder(broker.url());
    let builder = builder.reconnect_pause(Duration::from_millis(5), Duration::from_millis(50));
    within("a connection", builder.connect()).await.unwrap()
}

/// Publishes numbered messages, some at a time; each is acknowledged.
async fn publish_all(client: fanfare_client::Client, publisher: usize) {
    const AT_ONCE: usize = 16;
    let topic = format!("flow.{publisher}");
    let mut under_way = std::collections::VecDeque::new();
    for number in 0..MESSAGES {
        let ack = client.publish(topic.as_str(), number.to_string()).auto_key().send().await.unwrap();
        under_way.push_back(ack);
        if under_way.len() >= AT_ONCE {
            within("an acknowledgement", under_way.pop_front().unwrap()).await.unwrap();
        }
    }
    for ack in under_way {
        within("an acknowledgement", ack).await.unwrap();
    }
}

/// Hears each publisher's messages once, and none is missing.
async fn hear_all(mut flow: Subscription) {
    let mut heard = vec![HashSet::new(); PUBLISHERS];
    while heard.iter().map(HashSet::len).sum::<usize>() < PUBLISHERS * MESSAGES {
        match within("an event", flow.next()).await.expect("the subscription goes on") {
            Event::Message(message) => {
                let publisher: usize =
                    message.topic().as_str().strip_prefix("flow.").unwrap().parse().unwrap();
                let text = message.text().unwrap().to_owned();
                assert!(heard[publisher].insert(text.clone()), "{text} came twice");
            }
            Event::Gap(gap) => panic!("a gap: {gap:?}"),
            Event::Resumed(resumed) => assert_eq!(resumed.recovered, Some(true), "{resumed:?}"),
            Event::Behind | Event::Live(_) => {}
        }
    }
}
