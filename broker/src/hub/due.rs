//! When subscriptions with a bounded rate are due again.

use std::collections::BTreeSet;
use std::task::Waker;

use crate::clock::Moment;

/// At most one time for each subscription, by its slot.
#[derive(Debug, Default)]
pub(super) struct Due {
    times: BTreeSet<(Moment, u32)>,
    waker: Option<Waker>,
}

impl Due {
    pub(super) fn add(&mut self, at: Moment, slot: u32) {
        let is_earliest = self.times.first().is_none_or(|(earliest, _)| at < *earliest);
        self.times.insert((at, slot));
        if let Some(waker) = self.waker.take_if(|_| is_earliest) {
            waker.wake();
        }
    }

    pub(super) fn remove(&mut self, at: Moment, slot: u32) {
        self.times.remove(&(at, slot));
    }

    /// The earliest time; the waker is called when an earlier one comes.
    pub(super) fn earliest(&mut self, waker: &Waker) -> Option<Moment> {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
        self.times.first().map(|(at, _)| *at)
    }

    /// Takes out one that is due.
    pub(super) fn take(&mut self, now: Moment) -> Option<u32> {
        let first = *self.times.first().filter(|(at, _)| *at <= now)?;
        self.times.remove(&first);
        Some(first.1)
    }
}
