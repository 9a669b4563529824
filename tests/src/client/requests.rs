//! What clients ask for: a request, and the answer that belongs to it.

use futures_util::SinkExt;
use serde_json::{Value, json};

use super::Client;
use crate::wire::to_wire;
use crate::within;

/// Subscriptions with which a client finds out what it has heard so far.
const FENCE_SUB: u64 = 2_000_000_000;

impl Client {
    /// Subscribes from now on; returns `subscribed`.
    pub async fn subscribe(&mut self, sub: u32, pattern: &str) -> Value {
        self.subscribe_from(sub, pattern, json!("now")).await
    }

    /// Subscribes; returns `subscribed`.
    pub async fn subscribe_from(&mut self, sub: u32, pattern: &str, from: Value) -> Value {
        self.send(json!({"op": "subscribe", "sub": sub, "pattern": pattern, "from": from})).await;
        self.answer(json!({"op": "subscribed", "sub": sub})).await
    }

    /// Publishes a text; returns `published`.
    pub async fn publish(&mut self, topic: &str, text: &str) -> Value {
        self.request(json!({"op": "publish", "topic": topic, "text": text}), "published").await
    }

    /// Publishes texts, all of them before the first answer is read; returns the last sequence.
    pub async fn publish_all<T: AsRef<str>>(
        &mut self,
        topic: &str,
        texts: impl IntoIterator<Item = T>,
    ) -> u64 {
        let frames =
            texts.into_iter().map(|text| json!({"op": "publish", "topic": topic, "text": text.as_ref()}));
        for frame in frames {
            let message = to_wire(self.encoding, &frame);
            within("room to send", self.socket.feed(message)).await.expect("the broker reads");
        }
        let last = self.publish(topic, "the last").await;
        last["seq"].as_u64().unwrap_or(0)
    }

    /// Asks for history; returns the page.
    pub async fn history(&mut self, pattern: &str, from: Value, limit: u32) -> Value {
        self.request(json!({"op": "history", "pattern": pattern, "from": from, "limit": limit}), "history")
            .await
    }

    /// Sends a request with an id of its own; returns the answer, which must have this op.
    pub async fn request(&mut self, mut frame: Value, op: &str) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = json!(id);
        self.send(frame).await;
        self.answer(json!({"op": op, "id": id})).await
    }

    /// All frames up to this moment: whatever was published and acknowledged before is among them.
    pub async fn heard(&mut self) -> Vec<Value> {
        let id = self.next_id;
        self.next_id += 1;
        let (sub, topic) = (FENCE_SUB + id, format!("fence.of.{}", self.session));
        self.send(json!({"op": "subscribe", "sub": sub, "pattern": topic})).await;
        self.send(json!({"op": "publish", "topic": topic, "text": ""})).await;
        self.send(json!({"op": "unsubscribe", "sub": sub})).await;
        self.answer(json!({"op": "unsubscribed", "sub": sub})).await;
        self.early.drain(..).filter(|frame| frame["sub"] != sub && frame["topic"] != topic).collect()
    }
}
