//! Where a shard's sessions meet presence: after they subscribe, before they unsubscribe, and when they end.

use std::sync::Arc;

use super::member::Who;
use super::roster::Going;
use crate::clock;
use crate::engine::SessionId;
use crate::hub::Hub;
use crate::hub::shard::Shard;
use crate::hub::subscription::Subscription;

impl Hub {
    /// A session begins: whose it is, where that is known, and the `resume` of its `hello`. Returns that of its `welcome`,
    /// where presence is kept.
    pub(crate) fn begin_presence(
        &self,
        session: SessionId,
        who: Option<Arc<Who>>,
        resume: Option<&str>,
    ) -> Option<String> {
        self.presence.begin(session, who, resume)
    }
}

impl Shard {
    /// The subscription in this slot was opened.
    pub(in crate::hub) fn note_presence(&self, slot: u32) {
        let Some(sub) = self.covered(slot) else { return };
        if let Some(attached) = self.sessions.get(sub.session as usize) {
            let (outbound, now) = (&attached.outbound, clock::now());
            self.hub.presence.join(&sub.pattern, outbound.session(), outbound.about().address(), now);
        }
    }

    /// A session goes on with another token, and shows this from now on wherever it is a member.
    pub(crate) fn show(&self, session: u32, who: Option<&Arc<Who>>) {
        let Some(attached) = self.sessions.get(session as usize) else { return };
        let subs = attached.subs.iter().filter_map(|(_, slot)| self.subscription(*slot));
        self.hub.presence.show(subs.map(|sub| &sub.pattern), attached.outbound.session(), who);
    }

    /// The subscription in this slot ends; its session may have another of the same pattern.
    pub(in crate::hub) fn note_absence(&self, session: u32, slot: u32) {
        let Some(sub) = self.covered(slot) else { return };
        let Some(attached) = self.sessions.get(session as usize) else { return };
        let mut others = attached.subs.iter().filter_map(|(_, other)| self.subscription(*other));
        if !others.any(|other| other.pattern == sub.pattern) {
            self.hub.presence.go(&sub.pattern, attached.outbound.session(), Going::Meant, clock::now());
        }
    }

    /// A session is about to end, with all its subscriptions.
    pub(in crate::hub) fn note_end(&self, session: u32) {
        let presence = &self.hub.presence;
        if presence.is_empty() {
            return;
        }
        let Some(attached) = self.sessions.get(session as usize) else { return };
        let (id, now) = (attached.outbound.session(), clock::now());
        let going = if attached.outbound.lanes().is_over() { Going::Meant } else { Going::Lost };
        for sub in attached.subs.iter().filter_map(|(_, slot)| self.subscription(*slot)) {
            presence.go(&sub.pattern, id, going, now);
        }
        presence.ended(id);
    }

    /// The subscription in this slot, if presence is kept of it.
    fn covered(&self, slot: u32) -> Option<&Subscription> {
        self.subscription(slot).filter(|sub| self.hub.presence.covers(&sub.pattern))
    }

    fn subscription(&self, slot: u32) -> Option<&Subscription> {
        self.subs.get(slot as usize)
    }
}
