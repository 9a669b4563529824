//! How a session ends, and who is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod support;

use std::time::Duration;

use fanfare_client::limits::CLOSE_TIMEOUT;
use fanfare_client::{Client, Closed, Encoding, End, Error};
use fanfare_protocol::ServerFrame;
use support::{FakeBroker, message, run, subscribe};

#[test]
fn a_final_close_of_the_broker_is_told_to_every_request_and_subscription() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        peer.receive_publish().await;
        peer.send(message(sub, 1, 1)).await;
        peer.close(4003, "revoked").await;
        let closed = Closed::ByBroker { code: 4003, reason: "revoked".into() };
        assert_eq!(client.closed().await, closed);
        assert!(matches!(ack.await, Err(Error::Interrupted { why, .. }) if why == closed));
        assert!(subscription.next().await.is_some(), "what had come is still there");
        assert_eq!(subscription.next().await, None);
        assert_eq!(subscription.end(), Some(End::Closed(closed.clone())));
        let late = client.publish("a.b", "x").await;
        assert!(matches!(late, Err(Error::Closed(why)) if why == closed));
    });
}

#[test]
fn a_close_of_the_client_waits_for_what_was_published_before() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        let serve = async {
            let id = peer.receive_publish().await.unwrap();
            peer.acknowledge(id, 1).await;
            assert_eq!(peer.receive_close().await, 1000);
        };
        let (closed, ()) = tokio::join!(client.close(), serve);
        assert_eq!(closed, Closed::ByClient);
        assert_eq!(ack.await.unwrap().seq(), Some(1));
    });
}

#[test]
fn a_close_of_the_client_takes_no_longer_than_it_may_though_no_more_requests_may_be_sent() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client_of(Client::builder(broker.url()).max_in_flight(1)).await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        peer.receive_publish().await;
        tokio::time::pause();
        let begun = tokio::time::Instant::now();
        assert_eq!(client.close().await, Closed::ByClient);
        assert!(begun.elapsed() < CLOSE_TIMEOUT + Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(matches!(ack.await, Err(Error::Interrupted { .. })));
    });
}

#[test]
fn a_message_that_is_too_large_for_the_client_ends_the_session_and_says_so() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).max_incoming_bytes(1_000);
        let (client, mut peer) = broker.client_of(builder).await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        peer.send(message(sub, 1, 500)).await;
        assert!(subscription.next().await.is_some());
        peer.send(message(sub, 2, 1_000)).await;
        let closed = Closed::TooLarge { max_incoming_bytes: 1_000 };
        assert_eq!(client.closed().await, closed);
        assert_eq!(subscription.next().await, None);
        assert_eq!(subscription.end(), Some(End::Closed(closed)));
    });
}

#[test]
fn the_session_ends_with_the_last_handle_and_subscription() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        drop(client);
        peer.send(message(sub, 1, 1)).await;
        assert!(subscription.next().await.is_some(), "a subscription keeps the session");
        drop(subscription);
        peer.receive().await;
        assert_eq!(peer.receive_close().await, 1000);
    });
}

#[test]
fn without_reconnecting_a_connection_that_breaks_ends_the_session() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, peer) = broker.client_of(Client::builder(broker.url()).reconnect(false)).await;
        drop(peer);
        assert!(matches!(client.closed().await, Closed::Lost { .. }));
    });
}

#[test]
fn a_broker_that_falls_silent_is_noticed_after_two_heartbeats() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).reconnect(false);
        let heartbeat = Duration::from_millis(20);
        let (client, _peer) = tokio::join!(builder.connect(), broker.welcome(heartbeat));
        let Closed::Silent { after } = client.unwrap().closed().await else { panic!("another end") };
        assert!(after >= heartbeat * 2);
    });
}

#[test]
fn frames_of_a_later_version_are_ignored_and_garbage_ends_the_session() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).encoding(Encoding::Json);
        let (client, mut peer) = broker.client_of(builder).await;
        peer.send_raw(br#"{"op":"confetti","colour":"red"}"#).await;
        peer.send(ServerFrame::Ping { position: None, except: vec![] }).await;
        peer.receive().await;
        peer.send_raw(b"{\"op\":").await;
        let (closed, code) = tokio::join!(client.closed(), peer.receive_close());
        assert!(matches!(closed, Closed::Unreadable { .. }), "{closed}");
        assert_eq!(code, 4000);
    });
}
