//! The entries of an outbound queue, the first of them in place: most queues hold one at a time, and every delivery would
//! otherwise touch memory of its own for it.

use std::collections::VecDeque;
use std::iter::Chain;

use super::entry::Entry;

/// Entries in order. Nothing is in `rest` without something in `first`.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Entries {
    first: Option<Entry>,
    /// Boxed, for every idle session would carry its room.
    #[allow(clippy::box_collection, reason = "most queues have none, and 24 bytes a session are much")]
    rest: Option<Box<VecDeque<Entry>>>,
}

/// What [`Entries::iter`] gives.
type Iter<'a> = Chain<std::option::Iter<'a, Entry>, std::collections::vec_deque::Iter<'a, Entry>>;

impl Entries {
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn push_back(&mut self, entry: Entry) {
        if self.first.is_none() {
            self.first = Some(entry);
        } else {
            self.rest.get_or_insert_default().push_back(entry);
        }
    }

    pub(super) fn push_front(&mut self, entry: Entry) {
        if let Some(second) = self.first.replace(entry) {
            self.rest.get_or_insert_default().push_front(second);
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Entry> {
        let first = self.first.take()?;
        self.first = self.rest.as_mut().and_then(|rest| rest.pop_front());
        Some(first)
    }

    pub(super) fn pop_back(&mut self) -> Option<Entry> {
        self.rest.as_mut().and_then(|rest| rest.pop_back()).or_else(|| self.first.take())
    }

    pub(super) fn remove(&mut self, at: usize) -> Option<Entry> {
        match at.checked_sub(1) {
            None => self.pop_front(),
            Some(at) => self.rest.as_mut()?.remove(at),
        }
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        const NONE: &VecDeque<Entry> = &VecDeque::new();
        self.first.iter().chain(self.rest.as_deref().unwrap_or(NONE).iter())
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Entry> {
        self.first.iter_mut().chain(self.rest.iter_mut().flat_map(|rest| rest.iter_mut()))
    }

    /// Takes out all of them.
    pub(super) fn take(&mut self) -> VecDeque<Entry> {
        let mut all = self.rest.take().map_or_else(VecDeque::new, |rest| *rest);
        all.extend(self.first.take());
        all.rotate_right(usize::from(all.len() > 1));
        all
    }

    /// Gives back memory while there are none.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() {
            self.rest = None;
        }
    }
}

impl From<VecDeque<Entry>> for Entries {
    fn from(mut all: VecDeque<Entry>) -> Self {
        let first = all.pop_front();
        Self { first, rest: (!all.is_empty()).then(|| Box::new(all)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        PushBack,
        PushFront,
        PopFront,
        PopBack,
        Remove(usize),
        Through,
        Shrink,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::PushBack),
            1 => Just(Step::PushFront),
            2 => Just(Step::PopFront),
            1 => Just(Step::PopBack),
            1 => (0usize..4).prop_map(Step::Remove),
            1 => Just(Step::Through),
            1 => Just(Step::Shrink),
        ]
    }

    fn number(entry: &Entry) -> Option<u32> {
        entry.sub()
    }

    proptest! {
        #[test]
        fn they_are_what_a_plain_queue_would_hold(steps in prop::collection::vec(step(), 0..60)) {
            let (mut entries, mut plain) = (Entries::default(), VecDeque::new());
            for (step, new) in steps.into_iter().zip(0..) {
                match step {
                    Step::PushBack => {
                        entries.push_back(Entry::Behind(new));
                        plain.push_back(new);
                    }
                    Step::PushFront => {
                        entries.push_front(Entry::Behind(new));
                        plain.push_front(new);
                    }
                    Step::PopFront => {
                        prop_assert_eq!(entries.pop_front().as_ref().and_then(number), plain.pop_front());
                    }
                    Step::PopBack => {
                        prop_assert_eq!(entries.pop_back().as_ref().and_then(number), plain.pop_back());
                    }
                    Step::Remove(at) => {
                        prop_assert_eq!(entries.remove(at).as_ref().and_then(number), plain.remove(at));
                    }
                    Step::Through => entries = entries.take().into(),
                    Step::Shrink => entries.shrink(),
                }
                prop_assert_eq!((entries.len(), entries.is_empty()), (plain.len(), plain.is_empty()));
                let held: Vec<_> = entries.iter().filter_map(number).collect();
                prop_assert_eq!(&held, &Vec::from(plain.clone()));
                let back: Vec<_> = entries.iter_mut().rev().filter_map(|entry| number(entry)).collect();
                prop_assert_eq!(back, plain.iter().rev().copied().collect::<Vec<_>>());
            }
        }
    }
}
