//! What is measured, checked: loads that can't be are refused before anything is sent.

use std::time::Duration;

use fanfare_client::Encoding;

use super::stamp::{MIN_PAYLOAD_BYTES, Tag};

/// Connections that one run may open.
pub(super) const MAX_CONNECTIONS: usize = 1_000_000;
/// Messages a second that one run may ask for.
pub(super) const MAX_RATE: u64 = 10_000_000;
/// Messages that may be under way at a time.
pub(super) const MAX_IN_FLIGHT: usize = 1_000_000;
/// Threads that one run may receive with.
pub(super) const MAX_THREADS: usize = 256;
/// A payload, in bytes; the server says itself how much it takes.
pub(super) const MAX_SIZE_BYTES: usize = 16 << 20;
/// The longest run, its warm-up apart: what a stamp's time can tell.
pub(super) const MAX_DURATION: Duration = Duration::from_hours(24);

/// What is measured.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Connections that subscribe, each to one topic.
    pub(super) connections: usize,
    pub(super) topics: usize,
    /// Connections that publish; none if nothing is published.
    pub(super) publishers: usize,
    pub(super) pace: Pace,
    /// Bytes of a payload.
    pub(super) size: usize,
    pub(super) warm_up: Duration,
    pub(super) duration: Duration,
    pub(super) encoding: Encoding,
    /// Threads that receive.
    pub(super) threads: usize,
    /// What tells this run from others.
    pub(super) run: u32,
}

/// When messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// So many a second in all, evenly.
    Rate(u64),
    /// As fast as the server delivers, with so many under way.
    InFlight(usize),
    /// Never.
    Idle,
}

impl Plan {
    /// Checks what can't be told from one setting alone.
    ///
    /// # Errors
    /// Says which settings don't go together, and what to write.
    pub(super) fn check(self) -> Result<Self, String> {
        let Self { connections, topics, publishers, size, .. } = self;
        if topics > connections {
            return Err(format!(
                "--topics {topics} is more than --connections {connections}, so some topics would have no subscriber; \
                 give at least as many connections as topics"
            ));
        }
        if publishers > topics {
            return Err(format!(
                "--publishers {publishers} is more than --topics {topics}; each topic has one publisher, so that its \
                 order can be checked: give more topics"
            ));
        }
        if size < MIN_PAYLOAD_BYTES {
            return Err(format!(
                "--size {size} has no room for a message's number and time; give at least {MIN_PAYLOAD_BYTES}"
            ));
        }
        if self.duration.is_zero() {
            return Err("--duration 0s measures nothing; give at least 1s for figures to trust".to_owned());
        }
        Ok(self)
    }

    /// A topic of this run.
    pub(super) fn topic(&self, topic: usize) -> String {
        format!("bench.{:08x}.{topic}", self.run)
    }

    /// The topic that a connection subscribes to.
    pub(super) fn topic_of(&self, connection: usize) -> usize {
        connection % self.topics
    }

    /// How many connections subscribe to a topic.
    pub(super) fn subscribers(&self, topic: usize) -> usize {
        self.connections / self.topics + usize::from(topic < self.connections % self.topics)
    }

    /// What marks this run's messages.
    pub(super) fn tag(&self) -> Tag {
        Tag::new(self.run)
    }

    /// Sockets that are open at once.
    pub(super) fn sockets(&self) -> usize {
        self.connections + self.publishers
    }

    /// Files that are open at once, few apart: a socket for each connection, and a timer for each publisher.
    pub(super) fn files(&self) -> usize {
        self.connections + 2 * self.publishers
    }

    /// Deliveries that one message causes, on average.
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    pub(super) fn fan_out(&self) -> f64 {
        self.connections as f64 / self.topics as f64
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cli::bench) fn plan() -> Plan {
        Plan {
            connections: 100,
            topics: 1,
            publishers: 1,
            pace: Pace::Rate(100),
            size: 128,
            warm_up: Duration::from_secs(2),
            duration: Duration::from_secs(10),
            encoding: Encoding::MsgPack,
            threads: 1,
            run: 0xABCD,
        }
    }

    #[test]
    fn every_connection_is_some_topics_subscriber() {
        let plan = Plan { connections: 11, topics: 4, ..plan() };
        for topic in 0..4 {
            let connections = (0..11).filter(|connection| plan.topic_of(*connection) == topic).count();
            assert_eq!(plan.subscribers(topic), connections);
        }
    }

    #[test]
    fn what_can_not_be_measured_is_refused_with_a_hint() {
        for (plan, hint) in [
            (Plan { topics: 101, ..plan() }, "--connections"),
            (Plan { publishers: 2, ..plan() }, "--topics"),
            (Plan { duration: Duration::ZERO, ..plan() }, "1s"),
            (Plan { size: 29, ..plan() }, "at least 30"),
        ] {
            let refusal = plan.check().unwrap_err();
            assert!(refusal.contains(hint), "{refusal}");
        }
        assert!(plan().check().is_ok());
    }

    #[test]
    fn two_runs_share_no_topic() {
        assert_ne!(plan().topic(0), Plan { run: 1, ..plan() }.topic(0));
    }
}
