//! The floor's topics: who is subscribed, and what this round brought them.

use std::collections::HashMap;

/// A topic, while anybody is subscribed to it.
#[derive(Default)]
pub(crate) struct Topic {
    name: Box<[u8]>,
    /// The tokens of those who are subscribed to nothing else: all of them get the same bytes.
    pub(crate) subscribers: Vec<usize>,
    /// The tokens of those with several topics, whose messages are put together for each of them.
    pub(crate) joiners: Vec<usize>,
    /// Frames as they go out to the subscribers.
    pub(crate) round: Vec<u8>,
}

/// The topics, by a small number that is used again.
#[derive(Default)]
pub(crate) struct Topics {
    numbers: HashMap<Box<[u8]>, usize>,
    list: Vec<Topic>,
    vacant: Vec<usize>,
}

impl Topics {
    /// The number of a topic that somebody is subscribed to.
    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The topic of a number.
    pub(crate) fn get_mut(&mut self, number: usize) -> &mut Topic {
        &mut self.list[number]
    }

    /// Subscribes `token`, which has these topics already; the topic's number.
    pub(crate) fn subscribe(&mut self, name: &[u8], token: usize, others: &[usize]) -> usize {
        if let &[only] = others {
            remove(&mut self.list[only].subscribers, token);
            self.list[only].joiners.push(token);
        }
        let number = self.find(name).unwrap_or_else(|| self.add(name));
        let topic = &mut self.list[number];
        let list = if others.is_empty() { &mut topic.subscribers } else { &mut topic.joiners };
        list.push(token);
        number
    }

    /// Ends a subscription. The topic goes with its last one.
    pub(crate) fn unsubscribe(&mut self, number: usize, token: usize) {
        let topic = &mut self.list[number];
        remove(&mut topic.subscribers, token);
        remove(&mut topic.joiners, token);
        if topic.subscribers.is_empty() && topic.joiners.is_empty() {
            self.numbers.remove(&topic.name);
            *topic = Topic::default();
            self.vacant.push(number);
        }
    }

    fn add(&mut self, name: &[u8]) -> usize {
        let topic = Topic { name: name.into(), ..Topic::default() };
        let number = self.vacant.pop().unwrap_or(self.list.len());
        if number == self.list.len() {
            self.list.push(topic);
        } else {
            self.list[number] = topic;
        }
        self.numbers.insert(name.into(), number);
        number
    }
}

fn remove(list: &mut Vec<usize>, token: usize) {
    if let Some(place) = list.iter().position(|&other| other == token) {
        list.swap_remove(place);
    }
}
