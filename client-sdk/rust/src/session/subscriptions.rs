//! The subscriptions of a session, by number. They outlive connections.

use std::collections::BTreeMap;

use fanfare_protocol::Position;
use fanfare_protocol::frame::Subscribe;

use super::subscription::Subscription;
use crate::event::Event;

/// The subscriptions of a session, by number.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(BTreeMap<u32, Subscription>);

impl Subscriptions {
    pub(super) fn open(&mut self, asked: Subscribe, request: u64) {
        self.0.insert(asked.sub, Subscription::new(asked, request));
    }

    pub(super) fn remove(&mut self, sub: u32) -> Option<Subscription> {
        self.0.remove(&sub)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The numbers of all that the broker is to be asked for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter(|(_, subscription)| subscription.is_wanted()).map(|(sub, _)| *sub)
    }

    pub(super) fn get(&self, sub: u32) -> Option<&Subscription> {
        self.0.get(&sub)
    }

    pub(super) fn get_mut(&mut self, sub: u32) -> Option<&mut Subscription> {
        self.0.get_mut(&sub)
    }

    /// Goes on past an event; says whether the subscription is open and so gets it.
    pub(super) fn pass(&mut self, sub: u32, event: &Event) -> bool {
        self.0.get_mut(&sub).is_some_and(|subscription| subscription.pass(event))
    }

    /// Goes on to the heads that a ping brought, and gives the subscriptions that they are for.
    pub(super) fn ping(&mut self, heads: &Position, except: &[u32]) -> Vec<u32> {
        let for_it = |(sub, subscription): (&u32, &mut Subscription)| {
            (!except.contains(sub) && subscription.advance(heads)).then_some(*sub)
        };
        self.0.iter_mut().filter_map(for_it).collect()
    }

    /// The connection has ended.
    pub(super) fn disconnected(&mut self) {
        self.0.values_mut().for_each(Subscription::disconnected);
    }
}
