//! What a subscription delivers, and what a slow reader costs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod support;

use std::time::Duration;

use fanfare_client::{Client, Deliver, End, ErrorCode, Event, GapReason, Position, ReplayFrom};
use fanfare_protocol::frame::{ErrorFrame, Subscribed};
use fanfare_protocol::{ClientFrame, ServerFrame};
use support::{FakeBroker, at, gap, message, run, subscribe, subscribe_at};
use tokio::task::yield_now;

fn seq_of(event: Event) -> u64 {
    event.into_message().and_then(|message| message.seq()).unwrap()
}

#[test]
fn messages_gaps_and_notices_come_in_order() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        peer.send(message(sub, 1, 1)).await;
        peer.send(ServerFrame::Behind { sub }).await;
        peer.send(ServerFrame::Gap { sub, gap: gap(2, 4) }).await;
        peer.send(message(sub, 5, 1)).await;
        peer.send(ServerFrame::Live { sub, position: Position::default() }).await;
        assert_eq!(seq_of(subscription.next().await.unwrap()), 1);
        assert_eq!(subscription.next().await, Some(Event::Behind));
        assert_eq!(subscription.next().await, Some(Event::Gap(gap(2, 4))));
        assert_eq!(seq_of(subscription.next().await.unwrap()), 5);
        assert_eq!(subscription.next().await, Some(Event::Live(Position::default())));
    });
}

#[test]
fn messages_alone_stop_at_a_loss() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (subscription, sub) = subscribe(&client, &mut peer).await;
        peer.send(ServerFrame::Behind { sub }).await;
        peer.send(message(sub, 1, 1)).await;
        peer.send(ServerFrame::Gap { sub, gap: gap(2, 4) }).await;
        let mut messages = subscription.messages();
        assert_eq!(messages.next().await.unwrap().unwrap().seq(), Some(1));
        assert_eq!(messages.next().await.unwrap().unwrap_err().0, gap(2, 4));
    });
}

#[test]
fn a_subscription_says_from_where_and_how() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let deliver = Deliver::Latest { max_rate: None };
        let request = client.subscribe("a.*").from(ReplayFrom::Time(5)).deliver(deliver);
        let serve = async {
            let received = peer.receive().await;
            let ClientFrame::Subscribe(subscribe) = received.frame() else { panic!("not a subscribe") };
            assert_eq!((subscribe.pattern.as_str(), subscribe.from), ("a.*", ReplayFrom::Time(5)));
            assert_eq!(subscribe.deliver, deliver);
            let (code, message) = (ErrorCode::Unavailable, "not yet".into());
            let sub = Some(subscribe.sub);
            peer.send(ServerFrame::Error(ErrorFrame {
                id: None,
                sub,
                code,
                message,
                retry_after_ms: None,
                seq: None,
            }))
            .await;
        };
        let (refused, ()) = tokio::join!(request.into_future(), serve);
        assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::Unavailable));
    });
}

#[test]
fn dropping_a_subscription_unsubscribes() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (subscription, sub) = subscribe(&client, &mut peer).await;
        drop(subscription);
        assert_eq!(peer.receive().await.frame(), ClientFrame::Unsubscribe { sub });
    });
}

#[test]
fn giving_up_on_a_subscribe_unsubscribes() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let subscribing = client.subscribe("a.>").into_future();
        let received = tokio::select! {
            received = peer.receive() => received,
            _ = subscribing => panic!("nobody opened it"),
        };
        let ClientFrame::Subscribe(subscribe) = received.frame() else { panic!("not a subscribe") };
        assert_eq!(peer.receive().await.frame(), ClientFrame::Unsubscribe { sub: subscribe.sub });
    });
}

#[test]
fn a_subscription_that_the_broker_ends_delivers_what_waited_and_says_why() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        peer.send(message(sub, 1, 1)).await;
        peer.send(ServerFrame::Unsubscribed { sub, code: Some(ErrorCode::Forbidden) }).await;
        assert_eq!(seq_of(subscription.next().await.unwrap()), 1);
        assert_eq!(subscription.next().await, None);
        assert_eq!(subscription.end(), Some(End::Unsubscribed(Some(ErrorCode::Forbidden))));
    });
}

#[test]
fn a_reader_that_publishes_for_each_message_never_waits_for_itself() {
    run(async {
        const MESSAGES: u64 = 500;
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).subscription_buffer(2, 1 << 20);
        let (client, mut peer) = broker.client_of(builder).await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        let serve = async {
            for seq in 1..=MESSAGES {
                peer.feed(message(sub, seq, 100)).await;
            }
            peer.flush().await;
            for seq in 1..=MESSAGES {
                let id = peer.receive_publish().await.unwrap();
                peer.acknowledge(id, seq).await;
            }
        };
        let read = async {
            for expected in 1..=MESSAGES {
                assert_eq!(seq_of(subscription.next().await.unwrap()), expected);
                client.publish("copy", "x").await.unwrap();
            }
        };
        tokio::join!(serve, read);
    });
}

#[test]
fn a_slow_reader_holds_the_socket_and_loses_nothing() {
    run(async {
        // Eight times what the hard bound lets pass, had the client read on.
        const MESSAGES: u64 = 8_000;
        let broker = FakeBroker::start().await;
        let builder =
            Client::builder(broker.url()).subscription_buffer(10, 1 << 20).max_buffered_bytes(1 << 20);
        let (client, mut peer) = broker.client_of(builder).await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        let serve = async {
            for seq in 1..=MESSAGES {
                peer.feed(message(sub, seq, 1_000)).await;
            }
            peer.flush().await;
        };
        let read = async {
            for expected in 1..=MESSAGES {
                yield_now().await;
                assert_eq!(seq_of(subscription.next().await.unwrap()), expected);
            }
        };
        tokio::join!(serve, read);
    });
}

#[test]
fn what_does_not_fit_while_a_request_is_under_way_is_asked_for_again() {
    run(async {
        const MESSAGES: u64 = 100;
        let broker = FakeBroker::start().await;
        let builder =
            Client::builder(broker.url()).subscription_buffer(10, 1 << 20).max_buffered_bytes(20_000);
        let (client, mut peer) = broker.client_of(builder).await;
        let (mut subscription, sub) = subscribe_at(&client, &mut peer, &at(0)).await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        let id = peer.receive_publish().await.unwrap();
        for seq in 1..=MESSAGES {
            peer.feed(message(sub, seq, 1_000)).await;
        }
        peer.acknowledge(id, 1).await;
        ack.await.unwrap();
        let serve = async {
            loop {
                assert_eq!(peer.receive().await.frame(), ClientFrame::Unsubscribe { sub });
                peer.send(ServerFrame::Unsubscribed { sub, code: None }).await;
                let received = peer.receive().await;
                let ClientFrame::Subscribe(again) = received.frame() else { panic!("not a subscribe") };
                let ReplayFrom::Position(position) = again.from else { panic!("not where it stood") };
                let seq = position.get("recent").unwrap().seq;
                peer.send(ServerFrame::Subscribed(Subscribed {
                    sub,
                    pattern: None,
                    position,
                    recovered: Some(true),
                    live: true,
                    ephemeral: false,
                }))
                .await;
                for seq in seq + 1..=MESSAGES {
                    peer.feed(message(sub, seq, 1_000)).await;
                }
                peer.flush().await;
            }
        };
        let read = async {
            let mut expected = 1;
            while expected <= MESSAGES {
                match subscription.next().await.unwrap() {
                    Event::Message(message) => {
                        assert_eq!(message.seq(), Some(expected));
                        expected += 1;
                    }
                    Event::Behind | Event::Live(_) => {}
                    other => panic!("nothing is missing: {other:?}"),
                }
            }
        };
        tokio::select! {
            () = serve => {}
            () = read => {}
        }
    });
}

#[test]
fn what_does_not_fit_and_no_stream_keeps_is_told_as_a_gap_in_its_place() {
    run(async {
        const MESSAGES: u64 = 100;
        let broker = FakeBroker::start().await;
        let builder =
            Client::builder(broker.url()).subscription_buffer(10, 1 << 20).max_buffered_bytes(20_000);
        let (client, mut peer) = broker.client_of(builder).await;
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        let ack = client.publish("a.b", "x").send().await.unwrap();
        let id = peer.receive_publish().await.unwrap();
        for seq in 1..=MESSAGES {
            peer.feed(message(sub, seq, 1_000)).await;
        }
        peer.acknowledge(id, 1).await;
        ack.await.unwrap();
        let Some(Event::Gap(gap)) = subscription.next().await else { panic!("the loss comes first") };
        assert_eq!((gap.reason, gap.from, gap.count), (GapReason::Dropped, Some(1), gap.to));
        for expected in gap.to.unwrap() + 1..=MESSAGES {
            assert_eq!(seq_of(subscription.next().await.unwrap()), expected);
        }
    });
}

#[test]
fn while_it_reads_nothing_the_client_tells_the_broker_that_it_lives() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).subscription_buffer(1, 1 << 20);
        let heartbeat = Duration::from_millis(150);
        let (client, mut peer) = tokio::join!(builder.connect(), broker.welcome(heartbeat));
        let client = client.unwrap();
        let (mut subscription, sub) = subscribe(&client, &mut peer).await;
        for seq in 1..=3 {
            peer.send(message(sub, seq, 1)).await;
        }
        for _ in 0..3 {
            assert_eq!(peer.receive().await.frame(), ClientFrame::Pong);
        }
        for expected in 1..=3 {
            assert_eq!(seq_of(subscription.next().await.unwrap()), expected);
        }
    });
}
