//! What a client does when its connection ends: it comes back, and its users notice as little as can be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed step is a failed test")]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fanfare_client::{
    Client, ClientBuilder, Closed, End, Error, ErrorCode, Event, Position, ReplayFrom, State,
};
use fanfare_protocol::frame::ErrorFrame;
use fanfare_protocol::{ClientFrame, ServerFrame};
use support::{FakeBroker, Peer, QUIET_HEARTBEAT, at, message, run, subscribe, subscribe_at};

fn builder(broker: &FakeBroker) -> ClientBuilder {
    let pause = Duration::from_millis(1);
    Client::builder(broker.url()).reconnect_pause(pause, pause)
}

/// A client that comes back soon, and the broker's side of it.
async fn client(broker: &FakeBroker) -> (Client, Peer) {
    broker.client_of(builder(broker)).await
}

async fn until_reconnecting(client: &Client) {
    let mut states = client.states();
    while !matches!(states.next().await, Some(State::Reconnecting { .. })) {}
}

fn seq_of(event: Option<Event>) -> u64 {
    match event {
        Some(Event::Message(message)) => message.seq().unwrap(),
        other => panic!("not a message: {other:?}"),
    }
}

fn after(seq: u64) -> ReplayFrom {
    ReplayFrom::Position(at(seq).parse().unwrap())
}

#[test]
fn a_subscription_goes_on_where_it_stood_as_one_stream() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let (mut subscription, sub) = subscribe_at(&client, &mut peer, &at(0)).await;
        for seq in 1..=3 {
            peer.send(message(sub, seq, 1)).await;
        }
        assert_eq!(seq_of(subscription.next().await), 1);
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        assert_eq!(peer.receive_publish().await, None, "all has been taken in that was sent before");
        drop(peer);

        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        assert_eq!(peer.open_subscription_at(&at(3)).await, (sub, after(3)), "2 and 3 wait for their reader");
        peer.send(message(sub, 4, 1)).await;
        assert_eq!(seq_of(subscription.next().await), 2);
        assert_eq!(seq_of(subscription.next().await), 3);
        let Some(Event::Resumed(resumed)) = subscription.next().await else { panic!("not resumed") };
        assert_eq!(resumed.position.to_string(), at(3));
        assert_eq!(seq_of(subscription.next().await), 4);
    });
}

#[test]
fn the_position_is_where_the_reader_stands_and_not_what_waits_for_it() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let (mut subscription, sub) = subscribe_at(&client, &mut peer, &at(0)).await;
        assert_eq!(subscription.position().to_string(), at(0));
        peer.send(message(sub, 1, 1)).await;
        peer.send(message(sub, 5, 1)).await;
        let position = Some(at(9).parse::<Position>().unwrap());
        peer.send(ServerFrame::Ping { position, except: vec![] }).await;
        assert_eq!(peer.receive().await.frame(), ClientFrame::Pong);
        assert_eq!(seq_of(subscription.next().await), 1);
        assert_eq!(subscription.position().to_string(), at(1));
        assert_eq!(seq_of(subscription.next().await), 5);
        assert_eq!(subscription.position().to_string(), at(9), "and then what the ping said");
    });
}

#[test]
fn where_no_stream_is_met_the_break_is_a_gap() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let (subscription, _) = subscribe(&client, &mut peer).await;
        let mut messages = subscription.messages();
        drop(peer);
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        peer.open_subscription().await;
        let missing = messages.next().await.unwrap().unwrap_err();
        assert_eq!(missing.to_string(), "messages may be missing (dropped)");
    });
}

#[test]
fn a_publish_with_a_key_survives_a_break_and_one_without_says_what_is_unknown() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let keyless = client.publish("a.b", "x").send().await.unwrap();
        let keyed = client.publish("a.b", "y").auto_key().send().await.unwrap();
        peer.receive_publish().await;
        let sent = peer.receive().await;
        drop(peer);
        assert!(matches!(keyless.await, Err(Error::Interrupted { what: "publish", .. })));

        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        let again = peer.receive().await;
        assert_eq!(again.frame(), sent.frame());
        let ClientFrame::Publish(publish) = again.frame() else { panic!("not a publish") };
        assert!(publish.key.is_some());
        peer.acknowledge(publish.id.unwrap(), 7).await;
        assert_eq!(keyed.await.unwrap().seq(), Some(7));
    });
}

#[test]
fn what_is_asked_without_a_connection_waits_for_one() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, peer) = client(&broker).await;
        drop(peer);
        until_reconnecting(&client).await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        let id = peer.receive_publish().await.unwrap();
        peer.acknowledge(id, 1).await;
        assert_eq!(ack.await.unwrap().seq(), Some(1));
    });
}

#[test]
fn without_a_connection_only_so_much_waits_and_not_for_ever() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, peer) =
            broker.client_of(builder(&broker).request_timeout(Duration::from_millis(50))).await;
        let address = broker.stop();
        drop(peer);
        until_reconnecting(&client).await;
        let mut waiting = 0;
        let error = loop {
            match client.publish("a.b", "x").unacknowledged().await {
                Ok(()) => waiting += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::NotSent { what: "publish", .. }), "{error}");
        assert_eq!(waiting, fanfare_client::limits::MAX_UNSENT);
        let broker = FakeBroker::restart(address).await;
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        for _ in 0..waiting {
            assert_eq!(peer.receive_publish().await, None);
        }
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        assert_eq!(peer.receive_publish().await, None, "what was written has made room");
    });
}

#[test]
fn while_a_message_waits_for_a_connection_each_request_fails_when_its_own_time_is_up() {
    run(async {
        const TIMEOUT: Duration = Duration::from_secs(4);
        /// What the runtime's timers may be late.
        const TICK: Duration = Duration::from_millis(2);
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).request_timeout(TIMEOUT).max_in_flight(1);
        let (client, peer) = broker.client_of(builder).await;
        broker.stop();
        drop(peer);
        until_reconnecting(&client).await;
        tokio::time::pause();
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        let begun = tokio::time::Instant::now();
        let first = client.publish("a.b", "y").send().await.unwrap();
        tokio::time::advance(TIMEOUT / 2).await;
        let second = client.publish("a.b", "z").send().await.unwrap();
        for (ack, time) in [(first, TIMEOUT), (second, TIMEOUT + TIMEOUT / 2)] {
            let error = ack.await.unwrap_err();
            assert!(matches!(error, Error::NotSent { what: "publish", .. }), "{error}");
            let late = begun.elapsed().checked_sub(time).expect("not before its time");
            assert!(late <= TICK, "{late:?} late");
        }
    });
}

#[test]
fn a_close_without_a_connection_ends_the_session_at_once_whatever_waits() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, peer) = broker.client_of(Client::builder(broker.url())).await;
        drop(broker);
        drop(peer);
        until_reconnecting(&client).await;
        let publisher = client.clone();
        let publishing = tokio::spawn(async move {
            loop {
                if let Err(error) = publisher.publish("a.b", "x").unacknowledged().await {
                    return error;
                }
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(client.close().await, Closed::ByClient);
        assert!(matches!(publishing.await.unwrap(), Error::Closed(Closed::ByClient)));
    });
}

#[test]
fn states_tell_of_the_break_its_cause_and_the_return() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let mut states = client.states();
        assert!(matches!(states.next().await, Some(State::Connected { session }) if session == "s1"));
        peer.close(4101, "too slow").await;
        let Some(State::Reconnecting { attempt: 1, cause, .. }) = states.next().await else {
            panic!("another state")
        };
        let closed = Closed::ByBroker { code: 4101, reason: "too slow".into() };
        assert!(matches!(cause, Error::Closed(why) if why == closed));
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        assert!(matches!(states.next().await, Some(State::Connected { .. })));
        tokio::join!(client.close(), peer.receive_close());
        assert!(matches!(states.next().await, Some(State::Closed(Closed::ByClient))));
        assert!(states.next().await.is_none());
    });
}

#[test]
fn a_broker_that_is_away_is_tried_again_and_again() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let (mut subscription, sub) = subscribe_at(&client, &mut peer, &at(0)).await;
        let address = broker.stop();
        drop(peer);
        let mut states = client.states();
        loop {
            if let Some(State::Reconnecting { attempt, cause: Error::Connect { .. }, .. }) =
                states.next().await
                && attempt >= 5
            {
                break;
            }
        }
        let broker = FakeBroker::restart(address).await;
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        peer.open_subscription_at(&at(0)).await;
        peer.send(message(sub, 1, 1)).await;
        assert!(matches!(subscription.next().await, Some(Event::Resumed(_))));
        assert_eq!(seq_of(subscription.next().await), 1);
    });
}

#[test]
fn a_reader_that_is_slow_keeps_no_connection_from_being_made() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client_of(builder(&broker).subscription_buffer(1, 1 << 20)).await;
        let (mut subscription, sub) = subscribe_at(&client, &mut peer, &at(0)).await;
        let under_way = client.publish("a.b", "x").send().await.unwrap();
        peer.receive_publish().await;
        for seq in 1..=3 {
            peer.feed(message(sub, seq, 1)).await;
        }
        peer.close(4201, "").await;
        assert!(matches!(under_way.await, Err(Error::Interrupted { .. })));
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        peer.open_subscription_at(&at(3)).await;
        let mut states = client.states();
        while !matches!(states.next().await, Some(State::Connected { .. })) {}
        for expected in 1..=3 {
            assert_eq!(seq_of(subscription.next().await), expected);
        }
    });
}

#[test]
fn the_pause_that_goaway_asks_for_is_kept() {
    run(async {
        const PAUSE: Duration = Duration::from_millis(80);
        let broker = FakeBroker::start().await;
        let (_client, mut peer) = client(&broker).await;
        let reconnect_after_ms = PAUSE.as_millis().try_into().unwrap();
        let said = Instant::now();
        peer.send(ServerFrame::Goaway { reason: "drain".into(), reconnect_after_ms }).await;
        peer.close(4200, "drain").await;
        broker.welcome(QUIET_HEARTBEAT).await;
        assert!(said.elapsed() >= PAUSE);
    });
}

#[test]
fn each_connection_gets_a_fresh_token_and_one_that_is_not_accepted_is_asked_for_again() {
    run(async {
        let asked = AtomicU32::new(0);
        let tokens = move || {
            let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
            async move { if number == 3 { Err("the issuer is away") } else { Ok(format!("token {number}")) } }
        };
        let broker = FakeBroker::start().await;
        let connecting = builder(&broker).token_from(tokens).connect();
        let serve = async {
            for (token, close) in [("token 1", 4002), ("token 2", 4001), ("token 4", 4003)] {
                let mut peer = broker.accept().await;
                let hello = peer.receive().await;
                let ClientFrame::Hello(hello) = hello.frame() else { panic!("not a hello") };
                assert_eq!(hello.token.as_deref(), Some(token));
                peer.send_welcome(QUIET_HEARTBEAT).await;
                peer.close(close, "").await;
            }
        };
        let closed = async { connecting.await.unwrap().closed().await };
        let (closed, ()) = tokio::join!(closed, serve);
        assert_eq!(closed, Closed::ByBroker { code: 4003, reason: String::new() });
    });
}

#[test]
fn connecting_for_the_first_time_is_tried_again_if_asked_for() {
    run(async {
        let broker = FakeBroker::start().await;
        let connecting = tokio::spawn(builder(&broker).retry_connect(true).connect());
        broker.accept().await.close(4100, "over capacity").await;
        let _peer = broker.welcome(QUIET_HEARTBEAT).await;
        connecting.await.unwrap().unwrap();
    });
}

#[test]
fn a_client_gives_up_when_told_to() {
    run(async {
        let broker = FakeBroker::start().await;
        let patience = Duration::from_millis(50);
        let (client, peer) = broker.client_of(builder(&broker).give_up_after(patience)).await;
        broker.stop();
        drop(peer);
        let Closed::GaveUp { after, last } = client.closed().await else { panic!("another end") };
        assert!(after >= patience && last.contains("can't reach"), "{after:?}: {last}");
    });
}

#[test]
fn a_subscription_that_may_not_be_resumed_ends_alone() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = client(&broker).await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        drop(peer);
        let mut peer = broker.welcome(QUIET_HEARTBEAT).await;
        peer.receive().await;
        let refusal = ErrorFrame {
            id: None,
            sub: Some(sub),
            code: ErrorCode::Forbidden,
            message: "not yours any more".into(),
            retry_after_ms: None,
            seq: None,
        };
        peer.send(ServerFrame::Error(refusal)).await;
        assert_eq!(subscription.next().await, None);
        let Some(End::NotResumed(error)) = subscription.end() else { panic!("another end") };
        assert_eq!(error.code, ErrorCode::Forbidden);
        assert!(matches!(client.state(), State::Connected { .. }));
    });
}

#[test]
fn what_is_forgotten_without_a_connection_is_not_tried_for() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, peer) = client(&broker).await;
        let mut states = client.states();
        drop(broker);
        drop(peer);
        until_reconnecting(&client).await;
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        drop(client);
        while !matches!(states.next().await, Some(State::Closed(Closed::ByClient))) {}
    });
}
