//! What a fan-out asks of a server: how many topics, subscribers and patterns, how large and how fast.

use crate::payload::PAYLOAD_BYTES;

/// The topic, or the start of the topics.
const TOPIC: &str = "load.fanout";
/// What follows it where patterns are to match it: as many segments as patterns can differ in.
const SEGMENTS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// How fast messages are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// So many messages that not every subscriber has yet.
    InFlight(u32),
    /// So many messages a second, whatever has arrived.
    PerSecond(u32),
}

/// How much is asked of the server.
///
/// Message `n` goes to topic `n` modulo the topics. With more topics than subscribers, each subscriber takes its share
/// of them; with more subscribers than topics, the subscribers are shared out evenly. A subscriber is to get its messages
/// in order over all its topics, which not every server promises: let no more be in flight than there are subscribers
/// then, and no subscriber waits for two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Topics published to.
    pub topics: u32,
    /// Connections that subscribe.
    pub subscribers: u32,
    /// Different wildcard patterns, each of which matches the only topic; 0: the topic itself is subscribed to.
    pub patterns: u32,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// How fast.
    pub pace: Pace,
}

impl Workload {
    /// One topic, the shortest payload.
    pub const fn one_topic(subscribers: u32, pace: Pace) -> Self {
        Self { topics: 1, subscribers, patterns: 0, payload_bytes: PAYLOAD_BYTES, pace }
    }

    /// Groups of subscribers that hear the same messages.
    pub fn groups(&self) -> u32 {
        self.topics.min(self.subscribers).max(1)
    }

    /// Subscribers that each message goes to.
    pub fn copies(&self) -> u32 {
        self.subscribers / self.groups()
    }

    /// The topics, in the order of messages. Names are of one length.
    pub fn topics(&self) -> Vec<String> {
        match self.topics {
            1 if self.patterns > 0 => vec![format!("{TOPIC}.{}", SEGMENTS.join("."))],
            1 => vec![TOPIC.to_owned()],
            many => (0..many).map(|topic| format!("{TOPIC}.{topic:06}")).collect(),
        }
    }

    /// What a subscriber subscribes to. A server without `wildcards` is given the topic that they match.
    pub fn subscriptions(&self, subscriber: u32, topics: &[String], wildcards: bool) -> Vec<String> {
        if self.patterns > 0 && wildcards {
            return vec![pattern(subscriber % self.patterns)];
        }
        let (groups, group) = (self.groups() as usize, (subscriber % self.groups()) as usize);
        topics.iter().skip(group).step_by(groups).cloned().collect()
    }
}

/// The `index`th pattern: the bits of its number say which segments are wild, the lowest of them all that is last.
fn pattern(index: u32) -> String {
    let mut pattern = TOPIC.to_owned();
    for (place, segment) in SEGMENTS.iter().rev().enumerate().rev() {
        let wild = (index + 1) >> place & 1 == 1;
        pattern.push('.');
        pattern.push_str(match (wild, place) {
            (false, _) => segment,
            (true, 0) => ">",
            (true, _) => "*",
        });
    }
    pattern
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fanfare_protocol::{Pattern, Topic};

    use super::*;

    fn workload(topics: u32, subscribers: u32) -> Workload {
        Workload { topics, ..Workload::one_topic(subscribers, Pace::InFlight(1)) }
    }

    #[test]
    fn every_message_goes_to_the_subscribers_of_its_group_and_to_no_other() {
        for (topics, subscribers) in [(1, 10), (10, 10), (10, 40), (40, 10)] {
            let workload = workload(topics, subscribers);
            let names = workload.topics();
            for (topic, name) in (0..).zip(&names) {
                let hear = |&s: &u32| workload.subscriptions(s, &names, true).contains(name);
                let heard: Vec<u32> = (0..subscribers).filter(hear).collect();
                assert_eq!(heard.len(), workload.copies() as usize, "{workload:?}");
                assert!(heard.iter().all(|s| s % workload.groups() == topic % workload.groups()));
            }
        }
    }

    #[test]
    fn the_patterns_differ_and_all_match_the_topic() {
        let workload = Workload { patterns: 500, ..workload(1, 500) };
        let topics = workload.topics();
        let topic = Topic::new(&topics[0]).expect("a topic");
        let patterns: BTreeSet<String> =
            (0..500).flat_map(|s| workload.subscriptions(s, &topics, true)).collect();
        assert_eq!(patterns.len(), 500);
        for pattern in patterns {
            assert!(Pattern::new(&pattern).expect("a pattern").matches(&topic), "{pattern}");
        }
        assert_eq!(workload.subscriptions(7, &topics, false), topics);
    }
}
