//! A tally of topics: which of them are busy, as far as samples of the newest retained messages tell.
//!
//! Nobody counts messages by topic. So now and then the newest messages of the streams are looked at, and what each topic
//! has of them is its share. Older looks weigh less, and topics that were not seen for a while are forgotten: the tally
//! stays small, however many topics there are.

use std::collections::HashMap;
use std::time::Duration;

use super::amounts::real;
use super::told::Sampled;

/// What a look weighs when the next one is taken.
const FADING: f64 = 0.8;
/// A topic that weighs less, in messages, is forgotten.
const FORGOTTEN: f64 = 0.3;

/// Which topics are busy.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    weights: HashMap<String, f64>,
    total: f64,
    /// Messages of the last look.
    looked_at: u64,
    /// Time between the oldest and the newest of them.
    window: Duration,
}

impl Tally {
    /// Takes in a look: the newest messages, in any order.
    pub(super) fn take(&mut self, sample: Vec<Sampled>) {
        let times = sample.iter().map(|message| message.time);
        let (oldest, newest) = (times.clone().min().unwrap_or(0), times.max().unwrap_or(0));
        self.window = Duration::from_millis(newest - oldest);
        self.looked_at = sample.len() as u64;
        self.weights.values_mut().for_each(|weight| *weight *= FADING);
        for message in sample {
            *self.weights.entry(message.topic).or_default() += 1.0;
        }
        self.weights.retain(|_, weight| *weight >= FORGOTTEN);
        self.total = self.weights.values().sum();
    }

    /// How many messages the last look saw, and the time that they are of.
    pub(super) fn last_look(&self) -> (u64, Duration) {
        (self.looked_at, self.window)
    }

    /// Topics and their shares (0 to 1), the busiest first, by name where they are equal.
    pub(super) fn busiest(&self, most: usize) -> Vec<(&str, f64)> {
        let total = self.total.max(real(1));
        let mut all: Vec<_> =
            self.weights.iter().map(|(topic, weight)| (topic.as_str(), weight / total)).collect();
        all.sort_by(|(topic, share), (other, of)| of.total_cmp(share).then_with(|| topic.cmp(other)));
        all.truncate(most);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(topics: &[(&str, usize)]) -> Vec<Sampled> {
        let each = topics.iter().flat_map(|(topic, n)| std::iter::repeat_n(*topic, *n));
        each.zip(1_000..).map(|(topic, time)| Sampled { topic: topic.to_owned(), time }).collect()
    }

    #[test]
    fn the_busiest_topic_comes_first_with_its_share() {
        let mut tally = Tally::default();
        tally.take(sample(&[("b", 1), ("a", 1), ("busy", 8)]));
        let shares: Vec<_> =
            tally.busiest(2).into_iter().map(|(topic, share)| (topic, (share * 10.0).round())).collect();
        assert_eq!(shares, [("busy", 8.0), ("a", 1.0)]);
        assert_eq!(tally.last_look(), (10, Duration::from_millis(9)));
    }

    #[test]
    fn what_was_busy_fades_and_is_forgotten() {
        let mut tally = Tally::default();
        tally.take(sample(&[("old", 10)]));
        tally.take(sample(&[("new", 10)]));
        assert_eq!(tally.busiest(9).iter().map(|(topic, _)| *topic).collect::<Vec<_>>(), ["new", "old"]);
        (0..20).for_each(|_| tally.take(sample(&[("new", 10)])));
        assert_eq!(tally.busiest(9), [("new", 1.0)]);
    }

    #[test]
    fn however_many_topics_there_are_the_tally_stays_small() {
        let mut tally = Tally::default();
        for look in 0..50 {
            let names: Vec<_> = (0..1_000).map(|n| format!("t.{look}.{n}")).collect();
            tally.take(sample(&names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>()));
        }
        assert!(tally.weights.len() <= 6_000, "{}", tally.weights.len());
    }

    #[test]
    fn without_messages_nothing_is_busy() {
        let mut tally = Tally::default();
        tally.take(Vec::new());
        assert_eq!((tally.busiest(5).len(), tally.last_look()), (0, (0, Duration::ZERO)));
    }
}
