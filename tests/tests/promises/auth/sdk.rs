//! What a program that uses the Rust SDK has of tokens: new ones in time, and the subscriptions that they bring along.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fanfare_client::{Client as Sdk, ClientBuilder, Event, State, Subscription};
use fanfare_tests::{Proxy, eventually, within};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

/// A client that comes back soon, and what its token brings along.
fn builder(url: &str, token: String) -> (ClientBuilder, mpsc::Receiver<Subscription>) {
    let (give, brought) = mpsc::channel(8);
    let builder = Sdk::builder(url)
        .token(token)
        .reconnect_pause(Duration::from_millis(1), Duration::from_millis(20))
        .on_auto(move |subscription| give.try_send(subscription).unwrap());
    (builder, brought)
}

/// The next message; what else comes before it must be a notice.
async fn next_text(subscription: &mut Subscription) -> String {
    loop {
        match within("an event", subscription.next()).await.expect("the subscription goes on") {
            Event::Message(message) => return message.text().unwrap().to_owned(),
            Event::Gap(gap) => panic!("a gap: {gap:?}"),
            Event::Behind | Event::Live(_) | Event::Resumed(_) => {}
        }
    }
}

#[tokio::test]
async fn the_sdk_has_a_new_token_before_the_old_one_expires() {
    let broker = broker("").await;
    let asked = Arc::new(AtomicU32::new(0));
    let source = {
        let asked = Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let fresh = token(&json!({"exp": now() + 3}));
            async move { Ok::<_, Infallible>(fresh) }
        }
    };
    let client =
        within("a connection", Sdk::builder(broker.url()).token_from(source).connect()).await.unwrap();
    let State::Connected { session: first } = client.state() else { panic!("not connected") };
    let renewed = || (asked.load(Ordering::Relaxed) >= 3).then_some(());
    eventually("two more tokens", async || renewed()).await;
    client.ping().await.unwrap();
    let State::Connected { session } = client.state() else { panic!("{:?}", client.state()) };
    assert_eq!(session, first, "the connection is the same");
}

#[tokio::test]
async fn what_a_token_brings_along_outlives_its_connection_and_is_heard_once() {
    const MESSAGES: usize = 300;
    let broker = broker("").await;
    let proxy = Proxy::before(&broker).await;
    let mine = granting(&json!({"auto": ["users.{sub}.>", "news"]}));
    let (builder, mut brought) = builder(&proxy.url(), mine);
    let client = within("a connection", builder.connect()).await.unwrap();
    let mut users = within("one", brought.recv()).await.unwrap();
    let news = within("another", brought.recv()).await.unwrap();
    assert_eq!((users.pattern().as_str(), news.pattern().as_str()), ("users.alice.>", "news"));

    let writing = granting(&json!({"publish": [">"]}));
    let writer = Sdk::builder(broker.url()).token(writing);
    let writer = within("a connection", writer.connect()).await.unwrap();
    for number in 0..MESSAGES {
        writer.publish("users.alice.mail", number.to_string()).await.unwrap();
        if number % 100 == 50 {
            proxy.reset();
        }
    }
    for number in 0..MESSAGES {
        assert_eq!(next_text(&mut users).await, number.to_string());
    }
    assert!(brought.try_recv().is_err(), "each is handed over once");
    // What the broker opened again by itself is ended, so nothing comes twice.
    broker.metric_reaches("fanfare_subscriptions", &[], 2).await;
    drop((users, news));
    broker.metric_reaches("fanfare_subscriptions", &[], 0).await;
    client.close().await;
}

#[tokio::test]
async fn what_a_token_brings_along_and_nobody_takes_stays_as_the_operator_wanted_it() {
    let broker = broker("").await;
    let token = granting(&json!({"auto": ["news"]}));
    let client = Sdk::builder(broker.url()).token(token).connect();
    let client = within("a connection", client).await.unwrap();
    client.ping().await.unwrap();
    assert_eq!(broker.metrics().await.count("fanfare_subscriptions", &[]), 1);
    client.close().await;
}
