//! Whether one subscriber gets every message that is for it, once and in order.

use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What one subscriber has seen of its messages: every `step`th, from one on. By default all, from 0 on.
#[derive(Debug)]
pub struct Order {
    next: u32,
    step: u32,
    missing: BTreeSet<u32>,
    duplicates: u64,
    disordered: u64,
}

/// What went wrong with deliveries; any is a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries that came again.
    pub duplicates: u64,
    /// Deliveries that came after a later one, or to the wrong subscriber.
    pub disordered: u64,
}

impl Faults {
    /// How many deliveries went wrong in any way.
    pub fn total(self) -> u64 {
        self.lost + self.duplicates + self.disordered
    }
}

impl Default for Order {
    fn default() -> Self {
        Self::every(1, 0)
    }
}

impl Order {
    /// Expects every `step`th message, from `first` on.
    pub fn every(step: u32, first: u32) -> Self {
        Self { next: first, step: step.max(1), missing: BTreeSet::new(), duplicates: 0, disordered: 0 }
    }

    /// Takes note of a message; whether it is new to this subscriber. Numbers below `published` exist.
    #[inline]
    pub fn take(&mut self, number: u32, published: u32) -> bool {
        if number == self.next && number < published {
            self.next += self.step;
            return true;
        }
        self.take_astray(number, published)
    }

    #[cold]
    fn take_astray(&mut self, number: u32, published: u32) -> bool {
        if number >= published || number % self.step != self.next % self.step {
            self.disordered += 1;
            false
        } else if number >= self.next {
            self.missing.extend((self.next..number).step_by(self.step as usize));
            self.next = number + self.step;
            true
        } else if self.missing.remove(&number) {
            self.disordered += 1;
            true
        } else {
            self.duplicates += 1;
            false
        }
    }

    /// What went wrong, if nothing more comes of the first `published` messages.
    pub fn faults(&self, published: u32) -> Faults {
        let never_came = u64::from(published.saturating_sub(self.next).div_ceil(self.step));
        Faults {
            lost: self.missing.len() as u64 + never_came,
            duplicates: self.duplicates,
            disordered: self.disordered,
        }
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.disordered += other.disordered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: &[u32], published: u32, lost: u64, duplicates: u64, disordered: u64) {
        let mut order = Order::default();
        for &number in numbers {
            order.take(number, published);
        }
        assert_eq!(order.faults(published), Faults { lost, duplicates, disordered }, "{numbers:?}");
    }

    #[test]
    fn each_once_in_order_is_no_fault() {
        check(&[0, 1, 2, 3], 4, 0, 0, 0);
    }

    #[test]
    fn what_never_came_is_lost() {
        check(&[0, 3], 5, 3, 0, 0);
        check(&[], 2, 2, 0, 0);
    }

    #[test]
    fn what_came_again_is_a_duplicate() {
        check(&[0, 1, 1, 0, 2], 3, 0, 2, 0);
    }

    #[test]
    fn what_came_late_is_disordered_and_not_lost() {
        check(&[0, 2, 1, 3], 4, 0, 0, 1);
        check(&[0, 2, 1, 1], 3, 0, 1, 1);
    }

    #[test]
    fn what_was_never_published_is_disordered() {
        check(&[0, 7], 1, 0, 0, 1);
    }

    #[test]
    fn a_share_of_the_messages_is_every_so_manyth() {
        let mut order = Order::every(10, 3);
        for number in [3, 13, 33, 34] {
            order.take(number, 50);
        }
        assert_eq!(
            order.faults(50),
            Faults { lost: 2, duplicates: 0, disordered: 1 },
            "23 and 43; 34 is no 3"
        );
        assert_eq!(Order::every(10, 3).faults(3), Faults::default());
    }
}
