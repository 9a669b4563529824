//! Topics: those with a retained message or a subscription by their name, a page at a time, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanfare_protocol::frame::History;
use fanfare_protocol::{Pattern, StreamName, Topic};

use super::question::{Question, TopicsAsked};
use super::shared::{Hub, NoAnswer};
use crate::auth::Permitted;
use crate::engine::{Stream, TOPIC_PARTS};

/// Parts of a stream's index that are looked through before other tasks have a turn.
const PARTS_BETWEEN_YIELDS: usize = 8;

/// A topic, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicView {
    pub(crate) topic: Topic,
    /// The stream that holds it, and what that retains of it; none if it retains nothing.
    pub(crate) retained: Option<RetainedTopic>,
    /// Subscriptions that hear it.
    pub(crate) subscribers: u64,
}

/// What a stream retains of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RetainedTopic {
    pub(crate) stream: StreamName,
    pub(crate) messages: usize,
    /// The newest sequence.
    pub(crate) last: u64,
}

/// Topics in order, no more than are asked for and one to see whether there are more.
type Found = BTreeMap<Topic, Option<RetainedTopic>>;

impl Hub {
    /// The first topics after one that a history with this pattern tells of, up to its limit; and whether there are more.
    ///
    /// # Errors
    /// A shard does not answer.
    pub(crate) async fn topics(
        &self,
        history: Permitted<History>,
        after: Option<Topic>,
    ) -> Result<(Vec<TopicView>, bool), NoAnswer> {
        let History { pattern, limit, .. } = history.into_inner();
        let limit = limit as usize;
        let mut found = self.subscribed_topics(&pattern, after.as_ref(), limit + 1).await?;
        for stream in self.engine.streams().iter().filter(|stream| stream.meets(&pattern)) {
            for part in 0..TOPIC_PARTS {
                add_retained(stream, part, &pattern, after.as_ref(), limit + 1, &mut found);
                if part % PARTS_BETWEEN_YIELDS == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
        let more = found.len() > limit;
        let page: Vec<_> = found.into_iter().take(limit).collect();
        let topics: Arc<[Topic]> = page.iter().map(|(topic, _)| topic.clone()).collect();
        let mut subscribers = vec![0; page.len()];
        for shard in 0..self.shards() {
            let topics = Arc::clone(&topics);
            let counts = self.ask(shard, |answer| Question::Subscribers { topics, answer }).await?;
            subscribers.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        let view = |((topic, retained), subscribers)| TopicView { topic, retained, subscribers };
        Ok((page.into_iter().zip(subscribers).map(view).collect(), more))
    }

    async fn subscribed_topics(
        &self,
        pattern: &Pattern,
        after: Option<&Topic>,
        limit: usize,
    ) -> Result<Found, NoAnswer> {
        let asked = Arc::new(TopicsAsked { pattern: pattern.clone(), after: after.cloned(), limit });
        let mut found = Found::new();
        for shard in 0..self.shards() {
            let mut from = Some(0);
            while let Some(place) = from {
                let ask = |answer| Question::Topics { asked: Arc::clone(&asked), from: place, answer };
                let part = self.ask(shard, ask).await?;
                found.extend(part.topics.into_iter().map(|topic| (topic, None)));
                while found.len() > limit {
                    found.pop_last();
                }
                from = part.next;
            }
        }
        Ok(found)
    }
}

/// Adds what a part of a stream's index has, and keeps the first ones.
fn add_retained(
    stream: &Stream,
    part: usize,
    pattern: &Pattern,
    after: Option<&Topic>,
    limit: usize,
    found: &mut Found,
) {
    stream.visit_topics(part, |topic, messages, last| {
        let is_behind_all =
            found.len() >= limit && found.last_key_value().is_some_and(|(end, _)| topic > end);
        if is_behind_all || after.is_some_and(|after| topic <= after) || !pattern.matches(topic) {
            return;
        }
        let retained = RetainedTopic { stream: stream.name().clone(), messages, last };
        found.insert(topic.clone(), Some(retained));
        if found.len() > limit {
            found.pop_last();
        }
    });
}
