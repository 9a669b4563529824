//! Whether one subscriber gets every message once and in order.

use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What one subscriber has seen of the messages 0, 1, 2 ….
#[derive(Debug, Default)]
pub struct Order {
    next: u32,
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
    /// Deliveries that came after a later one.
    pub disordered: u64,
}

impl Order {
    /// Takes note of a message; whether it is new to this subscriber. Numbers below `published` exist.
    #[inline]
    pub fn take(&mut self, number: u32, published: u32) -> bool {
        if number == self.next && number < published {
            self.next += 1;
            return true;
        }
        self.take_astray(number, published)
    }

    #[cold]
    fn take_astray(&mut self, number: u32, published: u32) -> bool {
        if number >= published {
            self.disordered += 1;
            false
        } else if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
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
        let never_came = u64::from(published.saturating_sub(self.next));
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
}
