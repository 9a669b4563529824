//! Reconnecting: what a program that uses the Rust SDK sees when its connection or its broker goes and comes back.

use std::time::Duration;

use fanfare_client::{Client, ClientBuilder, Event, GapReason, Position, ReplayFrom, Subscription};
use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Proxy, Setup, eventually, within};
use serde_json::json;

/// A client that comes back soon.
fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).reconnect_pause(Duration::from_millis(1), Duration::from_millis(20))
}

async fn connect(url: &str) -> Client {
    within("a connection", builder(url).connect()).await.unwrap()
}

async fn next(subscription: &mut Subscription) -> Event {
    within("an event", subscription.next()).await.expect("the subscription goes on")
}

/// The next message; what else comes before it must be a notice.
async fn next_text(subscription: &mut Subscription) -> String {
    loop {
        match next(subscription).await {
            Event::Message(message) => return message.text().unwrap().to_owned(),
            Event::Gap(gap) => panic!("a gap: {gap:?}"),
            Event::Behind | Event::Live(_) | Event::Resumed(_) => {}
        }
    }
}

/// Kills a broker that was alone at its address, and starts another in its place.
async fn replace(broker: Broker) -> Broker {
    let address = broker.client();
    broker.signal("KILL").await;
    broker.ended().await;
    Setup::default().listen(address).start().await
}

#[tokio::test]
async fn a_broker_that_was_killed_is_found_again_and_what_it_lost_is_told() {
    let broker = Setup::default().alone().start().await;
    let client = connect(&broker.url()).await;
    let mut orders = client.subscribe("orders.>").await.unwrap();
    client.publish("orders.eu", "before").await.unwrap();
    assert_eq!(next_text(&mut orders).await, "before");
    let before = orders.position();

    let _broker = replace(broker).await;
    let Event::Resumed(resumed) = next(&mut orders).await else { panic!("not resumed") };
    assert_eq!(resumed.recovered, Some(false));
    let Event::Gap(gap) = next(&mut orders).await else { panic!("no gap") };
    assert_eq!((gap.reason, gap.stream.unwrap().as_str()), (GapReason::Reset, "recent"));
    client.publish("orders.eu", "after").await.unwrap();
    assert_eq!(next_text(&mut orders).await, "after");
    let epoch = |position: &Position| position.get("recent").unwrap().epoch.clone();
    assert_ne!(epoch(&orders.position()), epoch(&before));
}

#[tokio::test]
async fn planned_restarts_of_a_broker_that_saves_its_streams_are_not_noticed() {
    const MESSAGES: usize = 600;
    let files = Directory::new();
    let setup =
        || Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()));
    let mut broker = setup().alone().start().await;
    let address = broker.client();
    let (publisher, subscriber) = (connect(&broker.url()).await, connect(&broker.url()).await);
    let mut flow = subscriber.subscribe("flow").await.unwrap();
    let publishing = tokio::spawn(async move {
        for number in 0..MESSAGES {
            let request = publisher.publish("flow", number.to_string()).auto_key();
            within("an acknowledgement", request.into_future()).await.unwrap();
        }
    });
    for number in 0..MESSAGES {
        assert_eq!(next_text(&mut flow).await, number.to_string());
        if number == MESSAGES / 3 || number == MESSAGES * 2 / 3 {
            broker.terminate().await;
            broker.ended().await;
            broker = setup().listen(address).start().await;
        }
    }
    publishing.await.unwrap();
    let kept = subscriber.history("flow").from(ReplayFrom::Last).await.unwrap();
    assert_eq!(kept.messages[0].seq(), Some(MESSAGES as u64), "each was appended once");
}

#[tokio::test]
async fn connections_that_are_cut_again_and_again_lose_and_repeat_nothing() {
    const MESSAGES: usize = 2_000;
    const CUT_EVERY: usize = 80;
    let broker = Broker::start().await;
    let proxy = Proxy::before(&broker).await;
    let (publisher, subscriber) = (connect(&proxy.url()).await, connect(&proxy.url()).await);
    let mut flow = subscriber.subscribe("flow.*").await.unwrap();
    let publishing = tokio::spawn(async move {
        for number in 0..MESSAGES {
            let under_way = publisher.publish("flow.a", number.to_string()).auto_key().send().await.unwrap();
            // Every other is acknowledged before the next, the rest overlap with it.
            if number % 2 == 0 {
                within("an acknowledgement", under_way).await.unwrap();
            } else {
                tokio::spawn(async move { within("an acknowledgement", under_way).await.unwrap() });
            }
        }
    });
    for number in 0..MESSAGES {
        assert_eq!(next_text(&mut flow).await, number.to_string());
        if number % CUT_EVERY == 0 {
            proxy.reset();
        }
    }
    publishing.await.unwrap();
    let position = flow.position();
    assert_eq!(position.get("recent").unwrap().seq, MESSAGES as u64, "each was appended once");
}

#[tokio::test]
async fn a_connection_that_falls_mute_is_replaced_and_nothing_is_missing() {
    let broker = Broker::with_limits("heartbeat = \"150ms\"").await;
    let proxy = Proxy::before(&broker).await;
    let client = connect(&proxy.url()).await;
    let mut flow = client.subscribe("flow").await.unwrap();
    proxy.mute();
    let mut publisher = fanfare_tests::Client::json(&broker).await;
    for number in 0..10 {
        publisher.publish("flow", &number.to_string()).await;
    }
    for number in 0..10 {
        assert_eq!(next_text(&mut flow).await, number.to_string());
    }
}

#[tokio::test]
async fn a_position_that_was_kept_goes_on_in_another_session() {
    let broker = Broker::start().await;
    let client = connect(&broker.url()).await;
    let mut orders = client.subscribe("orders.>").await.unwrap();
    for text in ["one", "two"] {
        client.publish("orders.eu", text).await.unwrap();
    }
    assert_eq!(next_text(&mut orders).await, "one");
    let kept = orders.position().to_string();
    drop((orders, client));

    let client = connect(&broker.url()).await;
    let from = ReplayFrom::Position(kept.parse().unwrap());
    let mut orders = client.subscribe("orders.>").from(from).await.unwrap();
    assert_eq!(orders.opened().recovered, Some(true));
    assert_eq!(next_text(&mut orders).await, "two");
}

#[tokio::test]
async fn a_quiet_subscription_misses_nothing_though_retention_has_passed_it() {
    let config = "[limits]\nheartbeat = \"50ms\"\n\n[[stream]]\nname = \"short\"\npatterns = [\">\"]\nmax_messages_per_topic = 1\n";
    let broker = Broker::with(config).await;
    let proxy = Proxy::before(&broker).await;
    let client = connect(&proxy.url()).await;
    let mut quiet = client.subscribe("quiet").await.unwrap();
    for number in 0..100 {
        client.publish("busy", number.to_string()).await.unwrap();
    }
    let up_to_date = || (quiet.position().get("short").unwrap().seq == 100).then_some(());
    eventually("a ping to bring the position up to date", async || up_to_date()).await;
    proxy.reset();
    let Event::Resumed(resumed) = next(&mut quiet).await else { panic!("not resumed") };
    assert_eq!(resumed.recovered, Some(true), "nothing of it was missed");
    client.publish("quiet", "at last").await.unwrap();
    assert_eq!(next_text(&mut quiet).await, "at last");
}

#[tokio::test]
async fn a_break_in_ephemeral_topics_is_a_gap() {
    let broker = Broker::with("[[stream]]\nname = \"orders\"\npatterns = [\"orders.>\"]\n").await;
    let proxy = Proxy::before(&broker).await;
    let client = connect(&proxy.url()).await;
    let mut cursors = client.subscribe("cursors.*").await.unwrap();
    let mut orders = client.subscribe("orders.>").await.unwrap();
    let mut all = client.subscribe(">").await.unwrap();
    proxy.reset();
    // Of these patterns nothing was heard yet; the broker says that they mean topics that no stream holds.
    for ephemeral in [&mut cursors, &mut all] {
        let Event::Gap(gap) = next(ephemeral).await else { panic!("no gap") };
        assert_eq!((gap.reason, gap.stream, gap.count), (GapReason::Dropped, None, None));
        assert!(matches!(next(ephemeral).await, Event::Resumed(_)));
    }
    assert!(matches!(next(&mut orders).await, Event::Resumed(_)), "what a stream keeps needs no gap");
    let mut other = fanfare_tests::Client::json(&broker).await;
    other.send(json!({"op": "publish", "topic": "cursors.a", "text": "here"})).await;
    assert_eq!(next_text(&mut cursors).await, "here");
}

#[tokio::test]
async fn a_reader_that_reads_nothing_while_its_client_publishes_gets_everything_later() {
    const MESSAGES: usize = 2_000;
    let broker = Broker::start().await;
    let client = builder(&broker.url()).subscription_buffer(8, 1 << 20).max_buffered_bytes(100_000);
    let client = within("a connection", client.connect()).await.unwrap();
    let mut flow = client.subscribe("flow").await.unwrap();
    let mut acks = Vec::new();
    for number in 0..MESSAGES {
        acks.push(client.publish("flow", format!("{number} {}", "x".repeat(1_000))).send().await.unwrap());
    }
    for ack in acks {
        within("an acknowledgement", ack).await.unwrap();
    }
    for number in 0..MESSAGES {
        let text = next_text(&mut flow).await;
        assert_eq!(text.split_once(' ').unwrap().0, number.to_string());
    }
}
