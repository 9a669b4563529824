//! The healthy subscriber beside whatever happens: it hears a steady flow and must miss none of it, and the broker's
//! memory must stay put.

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::{Broker, Client, resources, within};

/// The pause between two messages of the flow.
const PACE: Duration = Duration::from_millis(2);
/// Messages that were heard before a witness says that it is there.
const WARM_UP: u64 = 5;
/// Growth of the broker's memory that nothing beside a witness may bring about, in bytes.
const GROWTH_MAX_BYTES: u64 = 40 << 20;

/// A publisher and a subscriber that do no harm.
#[derive(Debug)]
pub struct Witness {
    process: u32,
    resident_before: u64,
    stop: watch::Sender<bool>,
    publisher: JoinHandle<u64>,
    subscriber: JoinHandle<u64>,
}

impl Witness {
    /// Starts the flow, and returns when some of it has been heard.
    pub async fn beside(broker: &Broker) -> Self {
        let (mut publisher, mut subscriber) = (Client::json(broker).await, Client::msgpack(broker).await);
        let topic = format!("witness.{}", publisher.session());
        subscriber.subscribe(1, &topic).await;
        let (stop, stopped) = watch::channel(false);
        let (hearing, mut heard) = watch::channel(0);
        let flow = topic.clone();
        let publisher = tokio::spawn(async move {
            let (mut pace, mut sent) = (interval(PACE), 0);
            while !*stopped.borrow() {
                pace.tick().await;
                sent += 1;
                publisher.publish(&flow, &sent.to_string()).await;
            }
            publisher.publish(&flow, "end").await;
            sent
        });
        let subscriber = tokio::spawn(async move {
            let mut count: u64 = 0;
            loop {
                let message = subscriber.expect(json!({"op": "message", "topic": topic})).await;
                if message["text"] == "end" {
                    return count;
                }
                count += 1;
                assert_eq!(message["text"], count.to_string(), "the witness missed a message");
                hearing.send_replace(count);
            }
        });
        let _ = within("the witness", heard.wait_for(|count| *count >= WARM_UP)).await;
        let process = broker.process();
        Self { process, resident_before: resources::resident_bytes(process), stop, publisher, subscriber }
    }

    /// Ends the flow; every message of it must have been heard, once and in order, and the broker must not have grown.
    pub async fn missed_nothing(self) {
        let grown = resources::resident_bytes(self.process).saturating_sub(self.resident_before);
        assert!(grown < GROWTH_MAX_BYTES, "the broker has grown by {grown} bytes");
        self.stop.send_replace(true);
        let sent = within("the witness to publish", self.publisher).await.expect("the flow went on");
        let heard = within("the witness to hear", self.subscriber).await.expect("nothing was missed");
        assert_eq!(heard, sent, "heard and sent");
    }
}
