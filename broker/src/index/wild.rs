//! The wildcard half of the index: a tree of segments.

use std::collections::HashMap;

use fanfare_protocol::{Pattern, Topic};

use super::items::Items;

/// All patterns that begin with the same segments.
#[derive(Debug)]
pub(super) struct Node<T> {
    /// Below a segment of plain text.
    pub(super) named: HashMap<Box<str>, Node<T>>,
    /// Below `*`.
    any: Option<Box<Node<T>>>,
    /// The pattern that ends here.
    here: Leaf<T>,
    /// The pattern that goes on with `>`.
    tail: Leaf<T>,
}

/// The end of a pattern.
#[derive(Debug)]
pub(super) struct Leaf<T> {
    pub(super) pattern: Option<Pattern>,
    pub(super) items: Items<T>,
}

impl<T> Default for Leaf<T> {
    fn default() -> Self {
        Self { pattern: None, items: Items::None }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { named: HashMap::new(), any: None, here: Leaf::default(), tail: Leaf::default() }
    }
}

impl<T> Node<T> {
    /// The leaf of a pattern, made if it is not there.
    pub(super) fn leaf(&mut self, pattern: &Pattern) -> &mut Leaf<T> {
        let mut node = self;
        for segment in pattern.segments() {
            node = match segment {
                ">" => return &mut node.tail,
                "*" => node.any.get_or_insert_default(),
                name => node.named.entry(Box::from(name)).or_default(),
            };
        }
        &mut node.here
    }

    /// The items of a pattern, if it has any.
    pub(super) fn items(&self, pattern: &Pattern) -> Option<&Items<T>> {
        let mut node = self;
        for segment in pattern.segments() {
            node = match segment {
                ">" => return Some(&node.tail.items),
                "*" => node.any.as_deref()?,
                name => node.named.get(name)?,
            };
        }
        Some(&node.here.items)
    }

    /// Drops what an emptied pattern leaves behind.
    pub(super) fn prune(&mut self, pattern: &Pattern) {
        self.prune_below(&mut pattern.segments());
    }

    fn prune_below<'a>(&mut self, segments: &mut impl Iterator<Item = &'a str>) {
        match segments.next() {
            None => self.here = Leaf::default(),
            Some(">") => self.tail = Leaf::default(),
            Some("*") => {
                if let Some(any) = &mut self.any {
                    any.prune_below(segments);
                    self.any.take_if(|any| any.is_empty());
                }
            }
            Some(name) => {
                if let Some(named) = self.named.get_mut(name) {
                    named.prune_below(segments);
                    if named.is_empty() {
                        self.named.remove(name);
                    }
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty()
            && self.any.is_none()
            && self.here.items.is_empty()
            && self.tail.items.is_empty()
    }

    /// Visits the items of every pattern in this tree that means the topic.
    pub(super) fn matches(&self, topic: &Topic, visit: &mut impl FnMut(&[T])) {
        if self.is_empty() {
            return;
        }
        if topic.is_internal() {
            // A wildcard in the first segment never means the broker's own topics.
            let (first, rest) = split(topic.as_str());
            if let Some(named) = self.named.get(first) {
                named.matches_rest(rest, visit);
            }
        } else {
            self.matches_rest(Some(topic.as_str()), visit);
        }
    }

    fn matches_rest(&self, rest: Option<&str>, visit: &mut impl FnMut(&[T])) {
        let Some((first, rest)) = rest.map(split) else {
            return visit_some(&self.here.items, visit);
        };
        visit_some(&self.tail.items, visit);
        if let Some(any) = &self.any {
            any.matches_rest(rest, visit);
        }
        if let Some(named) = self.named.get(first) {
            named.matches_rest(rest, visit);
        }
    }
}

/// The first segment, and what follows it.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)))
}

fn visit_some<T>(items: &Items<T>, visit: &mut impl FnMut(&[T])) {
    if !items.is_empty() {
        visit(items.as_slice());
    }
}
