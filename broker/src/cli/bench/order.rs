//! Whether one subscriber hears every message of its topic once, and in order.

use std::ops::{AddAssign, Range};

/// Holes that are remembered, so that a late message is told from a repeated one. What falls out is lost for good.
const MAX_HOLES: usize = 64;

/// What one subscriber has heard of the messages 0, 1, 2 … of its topic.
#[derive(Debug, Default)]
pub(super) struct Order {
    next: u64,
    holes: Vec<Range<u64>>,
    faults: Faults,
}

/// What went wrong with deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// Deliveries that never came.
    pub(super) lost: u64,
    /// Deliveries that came again.
    pub(super) repeated: u64,
    /// Deliveries that came after a later one.
    pub(super) swapped: u64,
}

impl Order {
    /// Takes note of a message; says whether it is new to this subscriber.
    pub(super) fn take(&mut self, number: u64) -> bool {
        if number == self.next {
            self.next += 1;
            return true;
        }
        self.take_astray(number)
    }

    /// What went wrong, if nothing more comes of the first `published` messages.
    pub(super) fn faults(&self, published: u64) -> Faults {
        let holes: u64 = self.holes.iter().map(|hole| hole.end - hole.start).sum();
        let lost = self.faults.lost + holes + published.saturating_sub(self.next);
        Faults { lost, ..self.faults }
    }

    #[cold]
    fn take_astray(&mut self, number: u64) -> bool {
        if number > self.next {
            self.holes.push(self.next..number);
            self.next = number + 1;
            if self.holes.len() > MAX_HOLES {
                let oldest = self.holes.remove(0);
                self.faults.lost += oldest.end - oldest.start;
            }
            return true;
        }
        let Some(index) = self.holes.iter().position(|hole| hole.contains(&number)) else {
            self.faults.repeated += 1;
            return false;
        };
        let hole = self.holes.remove(index);
        let parts = [hole.start..number, number + 1..hole.end];
        self.holes.splice(index..index, parts.into_iter().filter(|part| !part.is_empty()));
        self.faults.swapped += 1;
        true
    }
}

impl Faults {
    /// Whether nothing went wrong.
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.swapped += other.swapped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: impl IntoIterator<Item = u64>, published: u64, [lost, repeated, swapped]: [u64; 3]) {
        let mut order = Order::default();
        for number in numbers {
            order.take(number);
        }
        assert_eq!(order.faults(published), Faults { lost, repeated, swapped });
    }

    #[test]
    fn each_once_in_order_is_no_fault() {
        check(0..4, 4, [0, 0, 0]);
    }

    #[test]
    fn what_never_came_is_lost() {
        check([0, 3], 5, [3, 0, 0]);
        check([], 2, [2, 0, 0]);
    }

    #[test]
    fn what_came_again_is_repeated() {
        check([0, 1, 1, 0, 2], 3, [0, 2, 0]);
    }

    #[test]
    fn what_came_late_is_swapped_and_not_lost() {
        check([0, 2, 1, 3], 4, [0, 0, 1]);
        check([4, 2, 2, 0], 5, [2, 1, 2]);
    }

    #[test]
    fn many_holes_take_little_memory_and_stay_lost() {
        let mut order = Order::default();
        (0..1_000).for_each(|number| assert!(order.take(2 * number + 1)));
        assert!(order.holes.len() <= MAX_HOLES);
        assert_eq!(order.faults(2_000).lost, 1_000);
    }
}
