//! Publishing: a message gets its place in its stream, and goes to every shard with a subscriber for it.

use std::sync::Arc;

use fanfare_protocol::frame::{Publish, PublishedAt};

use super::shared::Hub;
use crate::auth::Permitted;
use crate::clock::Now;
use crate::engine::{Draft, Message, SessionId};

/// Why a message was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PublishError {
    /// The payload is over `max_payload_bytes`.
    #[error("the payload has {bytes} bytes; at most {max} are allowed (max_payload_bytes)")]
    TooLarge {
        /// Of the payload.
        bytes: usize,
        /// As configured.
        max: usize,
    },
    /// `key` or `expect` on a topic that is in no stream.
    #[error("`key` and `expect` need a stream, and no stream holds this topic")]
    NeedsStream,
    /// `key` or `expect` at all.
    #[error("this version does not know `key` and `expect` yet; publish without them")]
    NotYet,
}

impl Hub {
    /// Publishes a message that arrives `now`. Returns its place; none if no stream holds the topic.
    pub(crate) fn publish(
        &self,
        publish: Permitted<Publish<'_>>,
        session: SessionId,
        now: Now,
    ) -> Result<Option<PublishedAt>, PublishError> {
        let publish = publish.into_inner();
        let (bytes, max) = (publish.payload.as_bytes().len(), self.limits.max_payload_bytes);
        if bytes > max {
            return Err(PublishError::TooLarge { bytes, max });
        }
        let stream = self.engine.stream_of(&publish.topic);
        if publish.key.is_some() || publish.expect.is_some() {
            return Err(if stream.is_some() { PublishError::NotYet } else { PublishError::NeedsStream });
        }
        let draft = Draft::new(publish, session, now.moment);
        let Some(stream) = stream else {
            let topic = draft.topic().clone();
            self.send(&Arc::new(draft.seal(topic, None, now.wall_ms)));
            return Ok(None);
        };
        let seq = stream.append(draft, now.wall_ms, |message| self.send(message));
        Ok(Some(PublishedAt { stream: stream.name().clone(), epoch: stream.epoch().clone(), seq }))
    }

    /// Leaves the message with every shard that has a subscriber for it.
    fn send(&self, message: &Arc<Message>) {
        for shard in self.interest.shards(message.topic()).iter() {
            if !self.mailboxes[shard].push(message) {
                self.metrics.shard(shard).mailbox_overflows.add(1);
            }
        }
    }
}
