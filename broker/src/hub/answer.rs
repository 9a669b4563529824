//! Answers of a shard to what others want to know of its sessions.

use std::collections::BTreeSet;

use fanfare_protocol::Topic;

use super::question::{Question, SubscriptionView, TopicsAsked, TopicsFound};
use super::shard::Shard;
use crate::engine::SessionId;

/// Subscriptions that are looked at for one question: a fraction of a millisecond, in which the shard does nothing else.
const SLOTS_A_PART: usize = 4_096;

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
            Question::Topics { asked, from, answer } => {
                let _ = answer.send(self.topics(&asked, from));
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

    /// Looks at a part of the slots. A subscription stays in its slot, so each that is there all the while is seen, whatever
    /// comes and goes between two parts.
    fn topics(&self, asked: &TopicsAsked, from: usize) -> TopicsFound {
        let TopicsAsked { pattern, after, limit } = asked;
        let to = from.saturating_add(SLOTS_A_PART);
        let mut topics = BTreeSet::new();
        for topic in (from..to).filter_map(|slot| self.subs.get(slot)?.pattern.as_topic()) {
            if after.as_ref().is_none_or(|after| topic > *after) && pattern.matches(&topic) {
                topics.insert(topic);
                if topics.len() > *limit {
                    topics.pop_last();
                }
            }
        }
        TopicsFound { topics, next: (to < self.subs.capacity()).then_some(to) }
    }
}
