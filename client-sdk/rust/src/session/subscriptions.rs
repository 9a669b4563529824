//! The subscriptions of a session, by number. They outlive connections.

use std::collections::BTreeMap;

use fanfare_protocol::frame::{Subscribe, Subscribed};
use fanfare_protocol::limits::MAX_CLIENT_SUB;
use fanfare_protocol::{Pattern, Position};

use super::subscription::Subscription;
use crate::event::Event;
use crate::place::Place;

/// The subscriptions of a session, by number.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_sub: BTreeMap<u32, Subscription>,
    /// What the token brought along and the broker opened on this connection: the number here for the broker's own.
    granted: BTreeMap<u32, u32>,
    /// How many the token has brought along so far.
    grants: u32,
}

impl Subscriptions {
    /// The number here for one that the broker says, which may be its own.
    pub(super) fn named(&self, sub: u32) -> u32 {
        if sub <= MAX_CLIENT_SUB { sub } else { self.granted.get(&sub).copied().unwrap_or(sub) }
    }

    /// Whether there is one of this number, which may be the broker's own.
    pub(super) fn is_open(&self, sub: u32) -> bool {
        self.by_sub.contains_key(&self.named(sub))
    }

    /// Whether there is one for this pattern that a token brought along.
    pub(super) fn is_granted(&self, pattern: &Pattern) -> bool {
        self.by_sub.values().any(|subscription| subscription.is_granted(pattern))
    }

    /// Takes in one that the token brought along. Its number here is its own from the next time on that it is asked for;
    /// they count down from the last one that a client may choose, as a client's own count up.
    pub(super) fn grant(&mut self, subscribed: &Subscribed, pattern: &Pattern) -> (u32, Place) {
        let sub = MAX_CLIENT_SUB - self.grants;
        self.grants += 1;
        let (subscription, place) = Subscription::granted(sub, subscribed, pattern);
        self.by_sub.insert(sub, subscription);
        self.granted.insert(subscribed.sub, sub);
        (sub, place)
    }

    /// The broker's own number for one that the token brought along, which is forgotten: from here on the broker says it
    /// in vain.
    pub(super) fn take_broker_number(&mut self, sub: u32) -> Option<u32> {
        self.granted.extract_if(.., |_, ours| *ours == sub).map(|(theirs, _)| theirs).next()
    }

    pub(super) fn open(&mut self, asked: Subscribe, request: u64) {
        self.by_sub.insert(asked.sub, Subscription::new(asked, request));
    }

    pub(super) fn remove(&mut self, sub: u32) -> Option<Subscription> {
        self.by_sub.remove(&sub)
    }

    pub(super) fn clear(&mut self) {
        self.by_sub.clear();
        self.granted.clear();
    }

    /// The numbers of all that the broker is to be asked for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = u32> {
        self.by_sub.iter().filter(|(_, subscription)| subscription.is_wanted()).map(|(sub, _)| *sub)
    }

    pub(super) fn get(&self, sub: u32) -> Option<&Subscription> {
        self.by_sub.get(&sub)
    }

    pub(super) fn get_mut(&mut self, sub: u32) -> Option<&mut Subscription> {
        self.by_sub.get_mut(&sub)
    }

    /// Goes on past an event; says whether the subscription is open and so gets it.
    pub(super) fn pass(&mut self, sub: u32, event: &Event) -> bool {
        self.by_sub.get_mut(&sub).is_some_and(|subscription| subscription.pass(event))
    }

    /// Goes on to the heads that a ping brought, and gives the subscriptions that they are for.
    pub(super) fn ping(&mut self, heads: &Position, except: &[u32]) -> Vec<u32> {
        let except: Vec<u32> = except.iter().map(|sub| self.named(*sub)).collect();
        let for_it = |(sub, subscription): (&u32, &mut Subscription)| {
            (!except.contains(sub) && subscription.advance(heads)).then_some(*sub)
        };
        self.by_sub.iter_mut().filter_map(for_it).collect()
    }

    /// The connection has ended.
    pub(super) fn disconnected(&mut self) {
        self.granted.clear();
        self.by_sub.values_mut().for_each(Subscription::disconnected);
    }
}
