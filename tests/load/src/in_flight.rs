//! Which messages all subscribers have, and so how many more may be published.

use std::ops::Range;

use crate::latency::Latencies;

/// Places of the ring for each message that may be in flight: messages for different subscribers overtake each other.
const PLACES_PER_MESSAGE: u32 = 4;

/// The messages in flight: published, and not yet with every subscriber.
#[derive(Debug)]
pub struct InFlight {
    limit: u32,
    copies: u32,
    published: u32,
    /// How many messages all their subscribers have.
    complete: u32,
    /// The first message that some subscriber lacks.
    oldest: u32,
    deliveries: u64,
    /// Deliveries of each message from the oldest on; a message's place is its number modulo the length.
    counts: Vec<u32>,
    /// How long deliveries take, where the row asks for it.
    pub latencies: Option<Latencies>,
}

impl InFlight {
    /// Begins with message 0: at most `limit` in flight, each to `copies` subscribers.
    pub fn new(limit: u32, copies: u32) -> Self {
        let counts = ring(limit);
        Self { limit, copies, published: 0, complete: 0, oldest: 0, deliveries: 0, counts, latencies: None }
    }

    /// Another limit from now on. What is in flight is given up: let there be nothing.
    pub fn set_limit(&mut self, limit: u32) {
        self.give_up();
        self.limit = limit;
        self.counts = ring(limit);
    }

    /// The numbers of the messages that may be published now, all below `due`; they count as published.
    pub fn publish(&mut self, due: u32) -> Range<u32> {
        let first = self.published;
        let ring_ends = self.oldest.saturating_add(u32::try_from(self.counts.len()).unwrap_or(u32::MAX));
        let end = (self.complete + self.limit).min(ring_ends).min(due);
        self.published = end.max(first);
        first..self.published
    }

    /// Takes note that a subscriber got message `number`, which is published and new to it.
    #[inline]
    pub fn delivered(&mut self, number: u32) {
        self.deliveries += 1;
        if let Some(latencies) = &mut self.latencies {
            latencies.delivered(number);
        }
        if number < self.oldest {
            return;
        }
        let place = self.place(number);
        self.counts[place] += 1;
        if self.counts[place] == self.copies {
            self.complete += 1;
            self.advance();
        }
    }

    /// Gives up what is in flight: a server lost it. How many deliveries that are.
    pub fn give_up(&mut self) -> u64 {
        let missing = self.outstanding();
        self.counts.fill(0);
        (self.complete, self.oldest) = (self.published, self.published);
        missing
    }

    /// How many messages have been published: their numbers are below it.
    #[inline]
    pub fn published(&self) -> u32 {
        self.published
    }

    /// How many deliveries were counted.
    pub fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// How many deliveries are to come that nobody gave up.
    pub fn outstanding(&self) -> u64 {
        let here: u64 = (self.oldest..self.published).map(|n| u64::from(self.counts[self.place(n)])).sum();
        u64::from(self.published - self.oldest) * u64::from(self.copies) - here
    }

    /// Whether every message is with all its subscribers.
    pub fn is_empty(&self) -> bool {
        self.complete == self.published
    }

    #[inline]
    fn place(&self, number: u32) -> usize {
        number as usize & (self.counts.len() - 1)
    }

    #[inline]
    fn advance(&mut self) {
        while self.oldest < self.published {
            let place = self.place(self.oldest);
            if self.counts[place] != self.copies {
                break;
            }
            self.counts[place] = 0;
            self.oldest += 1;
        }
    }
}

fn ring(limit: u32) -> Vec<u32> {
    vec![0; (limit * PLACES_PER_MESSAGE).next_power_of_two() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALWAYS: u32 = u32::MAX;

    #[test]
    fn a_message_makes_room_when_the_last_subscriber_has_it() {
        let mut window = InFlight::new(3, 2);
        assert_eq!(window.publish(ALWAYS), 0..3);
        window.delivered(0);
        window.delivered(1);
        assert_eq!(window.publish(ALWAYS), 3..3);
        window.delivered(0);
        assert_eq!(window.publish(ALWAYS), 3..4);
        assert_eq!((window.deliveries(), window.outstanding()), (3, 5));
    }

    #[test]
    fn the_window_moves_on_for_ever() {
        let mut window = InFlight::new(5, 3);
        for _ in 0..1000 {
            for number in window.publish(ALWAYS) {
                (0..3).for_each(|_| window.delivered(number));
            }
            assert!(window.is_empty());
            assert_eq!(window.outstanding(), 0);
        }
        assert_eq!(window.published(), 5000);
    }

    #[test]
    fn a_message_that_lags_holds_up_the_others_before_its_place_is_used_again() {
        let mut window = InFlight::new(2, 1);
        assert_eq!(window.publish(ALWAYS), 0..2);
        for number in 1..8 {
            window.delivered(number);
            window.publish(ALWAYS);
        }
        assert_eq!(window.publish(ALWAYS), 8..8, "message 0 still has its place");
        window.delivered(0);
        assert_eq!(window.publish(ALWAYS), 8..10);
    }

    #[test]
    fn nothing_is_published_before_it_is_due() {
        let mut window = InFlight::new(10, 1);
        assert_eq!(window.publish(3), 0..3);
        assert_eq!(window.publish(3), 3..3);
        assert_eq!(window.publish(0), 3..3);
    }

    #[test]
    fn what_is_given_up_makes_room_and_may_still_come() {
        let mut window = InFlight::new(2, 2);
        window.publish(ALWAYS);
        window.delivered(0);
        assert_eq!(window.give_up(), 3);
        assert_eq!(window.publish(ALWAYS), 2..4);
        window.delivered(1);
        assert_eq!((window.deliveries(), window.outstanding()), (2, 4));
    }
}
