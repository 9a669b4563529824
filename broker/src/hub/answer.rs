//! Answers of a shard to what others want to know of its sessions.

use std::collections::BTreeSet;

use fanfare_protocol::{Pattern, Topic};

use super::question::{Question, SubscriptionView};
use super::shard::Shard;
use crate::engine::SessionId;

impl Shard {
    /// Answers a question. Whoever does not wait for it any more is no concern of the shard.
    pub(super) fn answer(&self, question: Question) {
        match question {
            Question::Subscriptions { slot, session, answer } => {
                let _ = answer.send(self.subscriptions(slot, session));
            }
            Question::Subscribers { topics, answer } => {
                let _ = answer.send(topics.iter().map(|topic| self.subscribers(topic)).collect());
            }
            Question::Topics { pattern, after, limit, answer } => {
                let _ = answer.send(self.topics(&pattern, after.as_ref(), limit));
            }
        }
    }

    fn subscriptions(&self, slot: u32, session: SessionId) -> Vec<SubscriptionView> {
        let attached = self.sessions.get(slot as usize);
        let attached = attached.filter(|attached| attached.outbound.session() == session);
        let view = |(number, slot): &(u32, u32)| {
            let sub = self.subs.get(*slot as usize)?;
            Some(SubscriptionView {
                sub: *number,
                pattern: sub.pattern.clone(),
                behind: sub.is_behind(),
                latest: sub.latest.is_some(),
            })
        };
        attached.into_iter().flat_map(|attached| &attached.subs).filter_map(view).collect()
    }

    fn subscribers(&self, topic: &Topic) -> u64 {
        let mut count = 0;
        self.index.matches(topic, |slots| count += slots.len() as u64);
        count
    }

    fn topics(&self, pattern: &Pattern, after: Option<&Topic>, limit: usize) -> Vec<Topic> {
        let mut first = BTreeSet::new();
        let asked = |topic: &&Topic| after.is_none_or(|after| *topic > after) && pattern.matches(topic);
        for topic in self.index.topics().filter(asked) {
            first.insert(topic.clone());
            if first.len() > limit {
                first.pop_last();
            }
        }
        first.into_iter().collect()
    }
}
