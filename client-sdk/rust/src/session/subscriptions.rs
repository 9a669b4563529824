//! The subscriptions of a session, by number. They outlive connections.

use std::collections::BTreeMap;

use fanfare_protocol::frame::Subscribed;
use fanfare_protocol::{ClientFrame, ErrorCode, Position};

use super::subscription::{Opened, Opening, Refusal, Subscription};
use crate::event::Event;

/// The subscriptions of a session, by number.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(BTreeMap<u32, Subscription>);

impl Subscriptions {
    pub(super) fn open(&mut self, opening: Opening, request: u64) {
        self.0.insert(opening.subscribe.sub, Subscription::new(opening, request));
    }

    pub(super) fn remove(&mut self, sub: u32) -> Option<Subscription> {
        self.0.remove(&sub)
    }

    pub(super) fn contains(&self, sub: u32) -> bool {
        self.0.contains_key(&sub)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The numbers of all that are not open.
    pub(super) fn unopened(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter(|(_, subscription)| !subscription.is_open()).map(|(sub, _)| *sub)
    }

    /// The frame that opens or resumes one, and the request that it is for.
    pub(super) fn ask(&self, sub: u32) -> Option<(ClientFrame<'static>, Option<u64>)> {
        let subscription = self.0.get(&sub)?;
        Some((subscription.ask()?, subscription.request()))
    }

    pub(super) fn opened(&mut self, subscribed: &Subscribed) -> Option<Opened> {
        self.0.get_mut(&subscribed.sub)?.opened(subscribed)
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

    pub(super) fn refused(&mut self, sub: u32, code: ErrorCode) -> Option<Refusal> {
        self.0.get_mut(&sub)?.refused(code)
    }

    /// The connection has ended.
    pub(super) fn disconnected(&mut self) {
        self.0.values_mut().for_each(Subscription::disconnected);
    }
}
