//! Which messages all subscribers have, and so how many more may be published.

/// The messages in flight: published, and not yet with every subscriber.
#[derive(Debug)]
pub struct InFlight {
    limit: u32,
    subscribers: u32,
    published: u32,
    complete: u32,
    deliveries: u64,
    /// Deliveries of each message in flight; a message's place is its number modulo the length.
    counts: Vec<u32>,
}

impl InFlight {
    /// Begins with message 0: at most `limit` in flight, each to `subscribers`.
    pub fn new(limit: u32, subscribers: u32) -> Self {
        let places = limit.next_power_of_two() as usize;
        Self { limit, subscribers, published: 0, complete: 0, deliveries: 0, counts: vec![0; places] }
    }

    /// The numbers of the messages that may be published now; they count as published.
    pub fn publish(&mut self) -> std::ops::Range<u32> {
        let first = self.published;
        self.published = self.complete + self.limit;
        first..self.published
    }

    /// Takes note that a subscriber got message `number`, which is in flight and new to it.
    #[inline]
    pub fn delivered(&mut self, number: u32) {
        self.deliveries += 1;
        let place = number as usize & (self.counts.len() - 1);
        self.counts[place] += 1;
        if self.counts[place] == self.subscribers {
            self.counts[place] = 0;
            self.complete += 1;
        }
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

    /// How many deliveries are to come.
    pub fn outstanding(&self) -> u64 {
        u64::from(self.published) * u64::from(self.subscribers) - self.deliveries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_makes_room_when_the_last_subscriber_has_it() {
        let mut window = InFlight::new(3, 2);
        assert_eq!(window.publish(), 0..3);
        window.delivered(0);
        window.delivered(1);
        assert_eq!(window.publish(), 3..3);
        window.delivered(0);
        assert_eq!(window.publish(), 3..4);
        assert_eq!((window.deliveries(), window.outstanding()), (3, 5));
    }

    #[test]
    fn the_window_moves_on_for_ever() {
        let mut window = InFlight::new(5, 3);
        for _ in 0..1000 {
            for number in window.publish() {
                (0..3).for_each(|_| window.delivered(number));
            }
            assert_eq!(window.outstanding(), 0);
        }
        assert_eq!(window.published(), 5000);
    }
}
