//! What a client asks, and the answers that it gets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod support;

use std::time::Duration;

use fanfare_client::{Client, Error, ErrorCode, Json, PayloadKind, Position, ReplayFrom};
use fanfare_protocol::frame::{ErrorFrame, HistoryPage, Member, Presence, PresencePage};
use fanfare_protocol::{ClientFrame, ServerFrame};
use support::{FakeBroker, gap, message, run};
use tokio::sync::mpsc;

#[test]
fn an_acknowledged_publish_gives_its_sequence() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let serve = async {
            let received = peer.receive().await;
            let ClientFrame::Publish(publish) = received.frame() else { panic!("not a publish") };
            assert_eq!((publish.topic.as_str(), publish.payload.kind()), ("a.b", PayloadKind::Json));
            assert_eq!(publish.payload.as_bytes(), b"[1]");
            assert_eq!((publish.key.as_deref(), publish.expect, publish.echo), (Some("k"), Some(6), false));
            assert_eq!(publish.headers.as_ref().and_then(|h| h.get("trace")), Some("t1"));
            let id = publish.id.unwrap();
            peer.acknowledge(id, 7).await;
        };
        let request =
            client.publish("a.b", Json([1])).key("k").expect_seq(6).echo(false).header("trace", "t1");
        let (published, ()) = tokio::join!(request.into_future(), serve);
        assert_eq!(published.unwrap().seq(), Some(7));
    });
}

#[test]
fn many_publishes_are_under_way_at_a_time_and_each_gets_its_own_answer() {
    run(async {
        const PUBLISHES: u64 = 5_000;
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client_of(Client::builder(broker.url()).max_in_flight(100)).await;
        let publish = async {
            let mut acks = Vec::new();
            for _ in 0..PUBLISHES {
                acks.push(client.publish("a.b", "x").send().await.unwrap());
            }
            let mut seqs = Vec::new();
            for ack in acks {
                seqs.push(ack.await.unwrap().seq().unwrap());
            }
            assert!(seqs.into_iter().eq(1..=PUBLISHES));
        };
        let serve = async {
            for seq in 1..=PUBLISHES {
                let id = peer.receive_publish().await.unwrap();
                peer.acknowledge(id, seq).await;
            }
        };
        tokio::join!(publish, serve);
    });
}

#[test]
fn a_refused_request_fails_alone() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let first = client.publish("a.b", "x").send().await.unwrap();
        let second = client.publish("a.b", "y").send().await.unwrap();
        let id = peer.receive_publish().await;
        let message = "another message came first".into();
        let conflict = ErrorFrame {
            id,
            sub: None,
            code: ErrorCode::Conflict,
            message,
            retry_after_ms: None,
            seq: Some(9),
        };
        peer.send(ServerFrame::Error(conflict)).await;
        let id = peer.receive_publish().await.unwrap();
        peer.acknowledge(id, 10).await;
        let Err(Error::Request(error)) = first.await else { panic!("published") };
        assert_eq!((error.code, error.seq), (ErrorCode::Conflict, Some(9)));
        assert_eq!(second.await.unwrap().seq(), Some(10));
    });
}

#[test]
fn an_unacknowledged_publish_has_no_id_and_its_refusal_is_heard_by_the_handler() {
    run(async {
        let broker = FakeBroker::start().await;
        let (heard, mut errors) = mpsc::channel(1);
        let handler = move |error| heard.try_send(error).unwrap();
        let (client, mut peer) = broker.client_of(Client::builder(broker.url()).on_error(handler)).await;
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        assert_eq!(peer.receive_publish().await, None);
        let (code, message) = (ErrorCode::Forbidden, "not yours".into());
        peer.send(ServerFrame::Error(ErrorFrame {
            id: None,
            sub: None,
            code,
            message,
            retry_after_ms: None,
            seq: None,
        }))
        .await;
        assert_eq!(errors.recv().await.unwrap().code(), Some(ErrorCode::Forbidden));
    });
}

#[test]
fn what_breaks_a_rule_is_not_sent() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let errors = [
            client.publish("a..b", "x").await.unwrap_err(),
            client.publish("a.b", "x").key("k".repeat(129)).await.unwrap_err(),
            client.publish("a.b", "x").header("Nats-Id", "1").await.unwrap_err(),
            client.publish("a.b", vec![0; 65_537]).await.unwrap_err(),
            client.subscribe("a.>.b").await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Invalid(_)), "{error}");
        }
        client.publish("a.b", "x").unacknowledged().await.unwrap();
        assert_eq!(peer.receive_publish().await, None, "the first frame is the first good one");
    });
}

#[test]
fn history_presence_and_ping_give_what_the_broker_answers() {
    run(async {
        let broker = FakeBroker::start().await;
        let (client, mut peer) = broker.client().await;
        let serve = async {
            let received = peer.receive().await;
            let ClientFrame::History(history) = received.frame() else { panic!("not a history") };
            assert_eq!((history.from, history.limit), (ReplayFrom::Last, 5));
            let ServerFrame::Message { message, .. } = message(1, 3, 1) else { panic!() };
            let position = Position::default();
            let page = HistoryPage { messages: vec![message], gaps: vec![gap(1, 2)], position, more: true };
            peer.send(ServerFrame::History { id: history.id, page }).await;

            let received = peer.receive().await;
            let ClientFrame::Presence(Presence { id, topic, after, limit }) = received.frame() else {
                panic!("not a presence")
            };
            assert_eq!((topic.as_str(), after, limit), ("rooms.1", Some(7), 2));
            let members = vec![Member { session: "s2".into(), subject: Some("alice".into()), info: None }];
            let page = PresencePage { members, count: Some(9), next: Some(8) };
            peer.send(ServerFrame::Presence { id, page }).await;

            assert!(matches!(peer.receive().await.frame(), ClientFrame::Ping));
            peer.send(ServerFrame::Pong).await;
        };
        let ask = async {
            let page = client.history("a.>").from(ReplayFrom::Last).limit(5).await.unwrap();
            assert_eq!((page.messages[0].seq(), page.gaps.len(), page.more), (Some(3), 1, true));
            let page = client.presence("rooms.1").after(7).limit(2).await.unwrap();
            assert_eq!(page.members[0].subject.as_deref(), Some("alice"));
            assert_eq!((page.count, page.next), (Some(9), Some(8)));
            client.ping().await.unwrap();
        };
        tokio::join!(serve, ask);
    });
}

#[test]
fn a_request_without_an_answer_times_out() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).request_timeout(Duration::from_millis(50));
        let (client, _peer) = broker.client_of(builder).await;
        let error = client.publish("a.b", "x").await.unwrap_err();
        assert!(matches!(error, Error::Timeout { what: "publish", .. }), "{error}");
    });
}
