//! What happens between two parts of mail: queues are looked at, for nothing is written without a connection's task.

use std::sync::Arc;

use fanfare_protocol::frame::{Deliver, MaxRate, Publish, ReplayFrom, Subscribe};
use fanfare_protocol::{Encoding, Pattern, Payload, ServerFrame, Topic};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::auth::Caller;
use crate::clock::Now;
use crate::engine::{KeyLimits, MemoryEngine, SessionId, StreamConfig};
use crate::hub::Hub;
use crate::limits::{Limits, LiveLimits};
use crate::metrics::Metrics;
use crate::net::handshake::Policy;
use crate::net::transport::Transport;
use crate::net::{Door, Names, Proxies, Senders};
use crate::outbound::{About, Burst, Outbound};

const HEARTBEAT: Duration = Duration::from_millis(10);

struct Stage {
    sessions: Sessions,
    hub: Arc<Hub>,
    connection: Rc<Connection>,
}

impl Stage {
    /// A shard with one session, which has said `hello`.
    async fn new() -> Self {
        let limits = Limits { heartbeat: HEARTBEAT, queue_bytes: 100_000, ..Limits::default() };
        let live = Arc::new(LiveLimits::new(&limits));
        let no_streams: &[StreamConfig] = &[];
        let engine =
            MemoryEngine::new(no_streams, KeyLimits::from(&limits), Vec::new(), Now::default()).unwrap();
        let hub = Hub::new(engine, 1, Arc::clone(&live), Arc::new(Metrics::new(1, &[]))).unwrap();
        let hub = Arc::new(hub);
        let policy = Policy {
            senders: Senders { loopback: true, names: Names::default() },
            max_head_bytes: 1_000,
            internal: ([127, 0, 0, 1], 1).into(),
            internal_tls: false,
        };
        let door = Door::new(policy, live, Proxies::default(), None, usize::MAX);
        let sessions = Sessions::new(Io::new(0, Arc::clone(&hub), &door));
        let outbound = sessions.io.shard.borrow_mut().attach(Encoding::MsgPack, About::default());
        let caller = Caller::unlimited();
        let connection = Connection::opened(outbound, a_socket().await, caller, clock::now());
        let connection = sessions.add(connection);
        Self { sessions, hub, connection }
    }

    fn outbound(&self) -> &Outbound {
        &self.connection.outbound
    }

    fn subscribe(&self, deliver: Deliver) {
        let subscribe =
            Subscribe { sub: 1, pattern: Pattern::new("a").unwrap(), from: ReplayFrom::Now, deliver };
        let subscribe = Caller::unlimited().subscribe(subscribe).unwrap();
        self.sessions.io.shard.borrow_mut().subscribe(self.outbound().slot(), subscribe).unwrap();
    }

    fn publish(&self, text: &str) {
        let publish = Publish {
            id: None,
            topic: Topic::new("a").unwrap(),
            payload: Payload::text(text),
            key: None,
            expect: None,
            echo: true,
            headers: None,
        };
        let permitted = Caller::unlimited().publish(publish).unwrap();
        self.hub.publish(permitted, SessionId(999), Now::default()).unwrap();
    }

    /// What waits for the socket, by the names of the frames.
    fn waiting(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        let mut burst = Burst::default();
        let mut lanes = self.outbound().lanes();
        while !lanes.is_empty() {
            lanes.fill(&mut burst, 1);
            burst.finish();
            let pieces = || burst.slices().iter().flat_map(|piece| piece.to_vec()).collect();
            let bytes = burst.as_one().map_or_else(pieces, <[u8]>::to_vec);
            lanes.advance(&burst, bytes.len());
            let header = match bytes[1] {
                126 => 4,
                127 => 10,
                _ => 2,
            };
            names.push(match Encoding::MsgPack.decode_server(&bytes[header..]).unwrap().unwrap() {
                ServerFrame::Message { .. } => "message",
                ServerFrame::Ping { .. } => "ping",
                ServerFrame::Subscribed(_) => "subscribed",
                other => panic!("{other:?}"),
            });
        }
        names
    }
}

async fn a_socket() -> Transport {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, client) = tokio::join!(listener.accept(), client);
    drop(client);
    Transport::Plain(accepted.unwrap().0)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
}

#[test]
fn a_ping_that_is_due_goes_out_between_two_parts_of_mail() {
    run(async {
        let stage = Stage::new().await;
        stage.subscribe(Deliver::Every);
        let due = clock::now().plus(HEARTBEAT);
        while clock::now() < due {
            tokio::task::yield_now().await;
        }
        // A part is a fourth of a queue.
        for _ in 0..3 {
            stage.publish(&"x".repeat(25_000));
        }
        let mut mail = Mail::default();
        assert!(stage.hub.mailbox(0).take(&mut mail));
        stage.sessions.fan_out(&mut mail).await;
        let waiting = stage.waiting();
        assert_eq!(waiting.iter().filter(|name| **name == "message").count(), 3);
        let ping = waiting.iter().position(|name| *name == "ping");
        assert!(ping.is_some_and(|at| at < waiting.len() - 1), "{waiting:?}");
    });
}

#[test]
fn a_batch_that_is_due_is_noted_between_two_parts_of_mail() {
    run(async {
        let stage = Stage::new().await;
        stage.subscribe(Deliver::Latest { max_rate: MaxRate::new(1.0) });
        let (slot, now) = (stage.outbound().slot(), clock::now());
        let mut mail = Mail::default();
        for _ in 0..2 {
            stage.publish("x");
            assert!(stage.hub.mailbox(0).take(&mut mail));
            stage.sessions.fan_out(&mut mail).await;
            stage.sessions.io.shard.borrow_mut().send_batches(slot, now);
        }
        assert_eq!(stage.waiting(), ["subscribed", "message"], "the second waits for its time");
        assert!(!stage.sessions.io.shard.borrow().has_batches(slot));
        stage.sessions.look_between(now.plus(Duration::from_secs(1))).await;
        assert!(stage.sessions.io.shard.borrow().has_batches(slot));
    });
}

#[test]
fn who_answers_no_ping_for_two_heartbeats_is_closed_and_who_was_not_pinged_is_not() {
    run(async {
        let stage = Stage::new().await;
        let begun = clock::now();
        // No look for a long time: nobody was asked.
        stage.sessions.look_between(begun.plus(HEARTBEAT * 100)).await;
        stage.sessions.look_between(begun.plus(HEARTBEAT * 100 + HEARTBEAT / 2)).await;
        assert_eq!(stage.outbound().lanes().closing(), None);
        for look in 202..=205 {
            stage.sessions.look_between(begun.plus(HEARTBEAT / 2 * look)).await;
        }
        assert_eq!(stage.outbound().lanes().closing(), Some(CloseCode::HeartbeatMissed));
    });
}
