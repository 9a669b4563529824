//! Half messages: what the sessions of a shard hold of messages that have not come whole, and who goes if it is too much.
//!
//! The one whose message is under way for the longest time goes first. A message that a client means to send is whole soon;
//! so whoever fills the room with messages that never end loses it to the others, not the reverse.

use std::collections::{BTreeMap, HashMap};

use super::websocket::Held;

/// What is held, by the slots of the sessions; `S` is what ends one.
#[derive(Debug)]
pub(super) struct Halves<S> {
    most: usize,
    bytes: usize,
    held: HashMap<u32, Half<S>>,
    /// Slots in the order in which their messages began.
    order: BTreeMap<u64, u32>,
    next: u64,
}

#[derive(Debug)]
struct Half<S> {
    began: u64,
    bytes: usize,
    session: S,
}

impl<S> Halves<S> {
    /// None yet, and this many bytes at most.
    pub(super) fn new(most: usize) -> Self {
        Self { most, bytes: 0, held: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }

    /// Keeps to another bound from now on.
    pub(super) fn limit(&mut self, most: usize) {
        self.most = most;
    }

    /// What all sessions hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The session in this slot holds so much now.
    pub(super) fn hold(&mut self, slot: u32, held: Held, session: impl FnOnce() -> S) {
        if held.anew {
            self.forget(slot);
        }
        let next = &mut self.next;
        let half = self.held.entry(slot).or_insert_with(|| {
            *next += 1;
            Half { began: *next, bytes: 0, session: session() }
        });
        self.order.insert(half.began, slot);
        self.bytes = self.bytes - half.bytes + held.bytes;
        half.bytes = held.bytes;
    }

    /// The session in this slot holds nothing any more.
    pub(super) fn forget(&mut self, slot: u32) -> Option<S> {
        let half = self.held.remove(&slot)?;
        self.order.remove(&half.began);
        self.bytes -= half.bytes;
        Some(half.session)
    }

    /// The session that is to go because too much is held; none if it is not. One a call.
    pub(super) fn pop_over(&mut self) -> Option<S> {
        if self.bytes <= self.most {
            return None;
        }
        let (_, slot) = self.order.first_key_value()?;
        self.forget(*slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(halves: &mut Halves<u32>, slot: u32, bytes: usize, anew: bool) {
        halves.hold(slot, Held { bytes, anew }, || slot);
    }

    #[test]
    fn the_message_that_began_first_goes_first_however_small_it_is() {
        let mut halves = Halves::new(100);
        hold(&mut halves, 7, 10, true);
        hold(&mut halves, 3, 80, true);
        assert_eq!(halves.pop_over(), None);
        hold(&mut halves, 3, 95, false);
        assert_eq!((halves.pop_over(), halves.pop_over()), (Some(7), None));
        assert_eq!(halves.bytes(), 95);
    }

    #[test]
    fn a_message_that_goes_on_is_no_younger_and_a_new_one_is() {
        let mut halves = Halves::new(100);
        for slot in [1, 2] {
            hold(&mut halves, slot, 40, true);
        }
        hold(&mut halves, 1, 50, false);
        hold(&mut halves, 2, 60, false);
        assert_eq!(halves.pop_over(), Some(1));
        hold(&mut halves, 1, 40, true);
        hold(&mut halves, 2, 61, true);
        assert_eq!((halves.pop_over(), halves.pop_over()), (Some(1), None));
    }

    #[test]
    fn what_is_forgotten_takes_nothing() {
        let mut halves = Halves::new(10);
        hold(&mut halves, 1, 10, true);
        assert_eq!((halves.forget(1), halves.forget(1)), (Some(1), None));
        hold(&mut halves, 2, 10, true);
        assert_eq!((halves.pop_over(), halves.bytes()), (None, 10));
        halves.limit(9);
        assert_eq!(halves.pop_over(), Some(2));
        assert!(halves.order.is_empty() && halves.held.is_empty());
    }
}
