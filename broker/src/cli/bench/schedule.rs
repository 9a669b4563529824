//! Which message a publisher sends next, and when it is due.

/// What one publisher sends: the topics in turn, each topic's messages numbered from 0.
#[derive(Debug)]
pub(super) struct Schedule {
    topics: usize,
    first: usize,
    step: usize,
    topic: usize,
    round: u64,
}

/// A message's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) topic: usize,
    /// Which message of the topic.
    pub(super) number: u64,
}

impl Schedule {
    /// The schedule of one of some publishers: every so many-th topic is its own.
    pub(super) fn new(topics: usize, publisher: usize, publishers: usize) -> Self {
        Self { topics, first: publisher, step: publishers.max(1), topic: publisher, round: 0 }
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> Turn {
        Turn { topic: self.topic, number: self.round }
    }

    /// The turn is over.
    pub(super) fn advance(&mut self) {
        self.topic += self.step;
        if self.topic >= self.topics {
            self.topic = self.first;
            self.round += 1;
        }
    }

    /// When the present turn is due after the first one of all publishers, if all together send so many messages a
    /// second: in nanoseconds.
    pub(super) fn due_ns(&self, per_second: u64) -> u64 {
        let index = u128::from(self.round) * self.topics as u128 + self.topic as u128;
        u64::try_from(index * 1_000_000_000 / u128::from(per_second)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_together_send_every_topic_in_turn_and_evenly() {
        let mut all = Vec::new();
        for publisher in 0..2 {
            let mut schedule = Schedule::new(5, publisher, 2);
            for _ in 0..12 {
                let Turn { topic, number } = schedule.turn();
                all.push((schedule.due_ns(1_000), topic, number));
                schedule.advance();
            }
        }
        all.sort_unstable();
        for (index, (due_ns, topic, number)) in (0..20).zip(all) {
            assert_eq!((due_ns, topic as u64, number), (index * 1_000_000, index % 5, index / 5));
        }
    }
}
