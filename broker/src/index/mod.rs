//! The topic index: which patterns mean a topic, found without asking each of them.

mod exact;
mod items;
mod wild;

use fanfare_protocol::{Pattern, Topic};

use exact::Exact;
use items::Items;
use wild::Node;

/// Items by pattern. An item is small and is found again by its place in its pattern's list.
#[derive(Debug)]
pub(crate) struct TopicIndex<T> {
    exact: Exact<T>,
    wild: Node<T>,
    patterns: usize,
}

/// Where an item was put.
#[derive(Debug)]
pub(crate) struct Inserted {
    /// The pattern as the index holds it, so that its text is in memory once.
    pub(crate) pattern: Pattern,
    /// The item's place in its pattern's list.
    pub(crate) place: u32,
    /// Whether it is the pattern's first item.
    pub(crate) first: bool,
}

/// What taking an item out changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Removed<T> {
    /// The item that now stands at the place that became free.
    pub(crate) moved: Option<T>,
    /// Whether the pattern has no items left.
    pub(crate) last: bool,
}

impl<T> Default for TopicIndex<T> {
    fn default() -> Self {
        Self { exact: Exact::default(), wild: Node::default(), patterns: 0 }
    }
}

impl<T: Copy> TopicIndex<T> {
    /// Adds an item to a pattern.
    pub(crate) fn insert(&mut self, pattern: &Pattern, item: T) -> Inserted {
        let (shared, list) = if let Some(topic) = pattern.as_topic() {
            let (shared, items) = self.exact.entry(topic);
            (Pattern::from(shared), items)
        } else {
            let leaf = self.wild.leaf(pattern);
            let shared = leaf.pattern.get_or_insert_with(|| pattern.clone()).clone();
            (shared, &mut leaf.items)
        };
        let before = list.as_slice().len();
        list.push(item);
        let first = before == 0;
        let place = u32::try_from(before).unwrap_or(u32::MAX);
        self.patterns += usize::from(first);
        Inserted { pattern: shared, place, first }
    }

    /// Takes out the item at this place of a pattern's list; the list's last item moves there.
    pub(crate) fn remove(&mut self, pattern: &Pattern, place: u32) -> Option<Removed<T>> {
        let removed = if let Some(topic) = pattern.as_topic() {
            self.exact.take_out(&topic, place)?
        } else {
            let removed = self.wild.leaf(pattern).items.take_out(place)?;
            if removed.last {
                self.wild.prune(pattern);
            }
            removed
        };
        self.patterns -= usize::from(removed.last);
        Some(removed)
    }

    /// The items of one pattern.
    pub(crate) fn items(&self, pattern: &Pattern) -> &[T] {
        let list = match pattern.as_topic() {
            Some(topic) => self.exact.get(&topic),
            None => self.wild.items(pattern),
        };
        list.map_or(&[], Items::as_slice)
    }

    /// Visits the items of every pattern that means this topic, a pattern at a time.
    pub(crate) fn matches(&self, topic: &Topic, mut visit: impl FnMut(&[T])) {
        if let Some(items) = self.exact.get(topic) {
            visit(items.as_slice());
        }
        self.wild.matches(topic, &mut visit);
    }

    /// The same for a message's topic. The name of a `lasting` one is kept: see [`Exact::meet`].
    pub(crate) fn meet(&mut self, topic: &Topic, lasting: bool, mut visit: impl FnMut(&[T])) {
        if let Some(items) = self.exact.meet(topic, lasting) {
            visit(items.as_slice());
        }
        self.wild.matches(topic, &mut visit);
    }

    /// How many different patterns have an item.
    pub(crate) fn len(&self) -> usize {
        self.patterns
    }
}

#[cfg(test)]
mod tests;
