//! Subscribing: a pattern enters the index, and is pushed or read from the place that the client asked for.

use std::sync::Arc;

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe, Subscribed};
use fanfare_protocol::limits::MAX_CLIENT_SUB;
use fanfare_protocol::{ErrorCode, Pattern, ServerFrame};

use super::latest::Latest;
use super::shard::{Shard, slot_number};
use super::start::{FirstGap, Start, asked_position};
use super::subscription::Subscription;
use super::sys::Missing;
use crate::auth::{Caller, Denied, Permitted};
use crate::engine::Stream;
use crate::fault::{Fault, planted};
use crate::outbound::Wire;

/// Why a subscription was not opened or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubscribeError {
    /// The number is in use; the subscription that has it goes on.
    #[error("`sub` is in use in this session; choose another number, or unsubscribe first")]
    InUse,
    /// No subscription has this number.
    #[error("no subscription of this session has this number")]
    Unknown,
    /// The session has as many subscriptions as it may.
    #[error("this session has {0} subscriptions, as many as it may (max_subscriptions); end one first")]
    TooMany(usize),
    /// All sessions of its subject have as many as they may together.
    #[error(
        "the sessions of one subject or address have {0} subscriptions together, as many as they may \
         (max_subscriptions_per_subject); end one first"
    )]
    TooManyOfSubject(usize),
    /// All sessions have as many as they may together.
    #[error(
        "all sessions together have {0} subscriptions, as many as they may (max_subscriptions_total); try again later"
    )]
    TooManyInAll(usize),
    /// As many different patterns are subscribed to as may be.
    #[error(
        "{0} different patterns are subscribed to, as many as may be (max_patterns); subscribe to one that others have, or \
         try again later"
    )]
    TooManyPatterns(usize),
}

/// Why a subscription that a token brings along was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoError {
    Denied(Denied),
    Subscribe(u32, SubscribeError),
}

impl Shard {
    /// Opens a subscription and queues its `subscribed`.
    pub(crate) fn subscribe(
        &mut self,
        session: u32,
        subscribe: Permitted<Subscribe>,
    ) -> Result<(), SubscribeError> {
        let Subscribe { sub, pattern, from, deliver } = subscribe.into_inner();
        self.check_new(session, sub, &pattern)?;
        let slot = slot_number(self.subs.vacant_key());
        let inserted = self.index.insert(&pattern, slot);
        if inserted.first && !planted(Fault::InterestLate) {
            self.hub.interest.register(&inserted.pattern, self.number);
        }
        // Interest is registered: whatever is published from here on comes by mail. What is published before the heads
        // are read below comes too, and is passed over by its number or sequence.
        let hub = Arc::clone(&self.hub);
        let mut ephemeral_from = hub.mailbox(usize::from(self.number)).begin();
        let met: Vec<&Stream> = hub.engine.streams().iter().filter(|stream| stream.meets(&pattern)).collect();
        let ephemeral = !met.iter().any(|stream| stream.holds_all_of(&pattern));
        let latest = Latest::of(deliver);
        let Start { streams, position, gaps } = Start::new(&met, &from, latest.is_some(), &pattern);
        if planted(Fault::EphemeralLate) {
            ephemeral_from = hub.mailbox(usize::from(self.number)).begin();
        }
        if inserted.first && planted(Fault::InterestLate) {
            hub.interest.register(&inserted.pattern, self.number);
        }
        let (place, told, pattern) = (inserted.place, pattern, inserted.pattern);
        let opened = Subscription { session, sub, place, pattern, ephemeral_from, streams, latest };
        let live = !opened.is_behind();
        let recovered = asked_position(&from).map(|_| gaps.is_empty());
        self.follow(&opened);
        self.open(opened, slot);
        self.note_presence(slot);
        // Whoever chose the number knows the pattern.
        let told = (sub > MAX_CLIENT_SUB).then_some(told);
        let subscribed = Subscribed { sub, pattern: told, position, recovered, live, ephemeral };
        self.send_start(session, subscribed, gaps);
        Ok(())
    }

    /// Every event of an event stream says where its subscription stands, and begins here.
    fn follow(&self, opened: &Subscription) {
        let attached = self.sessions.get(opened.session as usize);
        if let Some(attached) = attached.filter(|attached| attached.outbound.wire() == Wire::Events) {
            attached.outbound.follow(opened.places(&self.hub).collect());
        }
    }

    fn send_start(&mut self, session: u32, subscribed: Subscribed, gaps: Vec<FirstGap>) {
        let Some(attached) = self.sessions.get(session as usize) else { return };
        let (sub, outbound) = (subscribed.sub, &attached.outbound);
        outbound.push_in_order(sub, &ServerFrame::Subscribed(subscribed));
        for gap in gaps {
            match gap {
                FirstGap::Reset(gap) => {
                    self.counters().gaps.count(gap.reason.as_str());
                    if let Some(stream) = &gap.stream {
                        let missing = Missing { stream, lost: None, at_start: true };
                        self.hub.tell_gap(outbound, sub, missing);
                    }
                    outbound.push_in_order(sub, &ServerFrame::Gap { sub, gap });
                }
                FirstGap::Expired(expired) => {
                    let missing =
                        Missing { stream: &expired.stream, lost: Some(expired.lost), at_start: true };
                    self.hub.tell_gap(outbound, sub, missing);
                    outbound.push_expired(sub, expired);
                }
            }
        }
        self.mark_dirty(session);
    }

    /// Takes in a subscription whose slot is in the index.
    fn open(&mut self, opened: Subscription, slot: u32) {
        let (session, sub, behind) = (opened.session, opened.sub, opened.is_behind());
        self.counters().subscriptions.add(1);
        self.subs.insert(opened);
        if behind {
            self.note_behind(session);
        }
        if let Some(attached) = self.sessions.get_mut(session as usize) {
            if attached.subs.capacity() == 0 {
                // Most sessions have one.
                attached.subs.reserve_exact(1);
            }
            attached.subs.push((sub, slot));
            attached.outbound.about().set_subscriptions(attached.subs.len());
        }
    }

    /// Ends a subscription and queues its `unsubscribed`.
    pub(crate) fn unsubscribe(&mut self, session: u32, sub: u32) -> Result<(), SubscribeError> {
        let attached = self.sessions.get_mut(session as usize).ok_or(SubscribeError::Unknown)?;
        let at =
            attached.subs.iter().position(|(number, _)| *number == sub).ok_or(SubscribeError::Unknown)?;
        let (_, slot) = attached.subs.swap_remove(at);
        attached.outbound.about().set_subscriptions(attached.subs.len());
        attached.outbound.push_unsubscribed(sub, None);
        let outbound = Arc::clone(&attached.outbound);
        self.uncount(&outbound, 1);
        self.note_absence(session, slot);
        self.remove(slot);
        self.mark_dirty(session);
        Ok(())
    }

    /// Opens what a token brings along, from now on, and queues its `subscribed`, which has the pattern. What is open
    /// already stays as it is. Returns what could not be opened; the others are.
    pub(crate) fn subscribe_auto(&mut self, session: u32, caller: &Caller) -> Vec<AutoError> {
        caller.auto().iter().filter_map(|pattern| self.open_auto(session, caller, pattern).err()).collect()
    }

    fn open_auto(&mut self, session: u32, caller: &Caller, pattern: &Pattern) -> Result<(), AutoError> {
        let Some(sub) = self.next_auto(session, pattern) else { return Ok(()) };
        let subscribe =
            Subscribe { sub, pattern: pattern.clone(), from: ReplayFrom::Now, deliver: Deliver::Every };
        let permitted = caller.subscribe(subscribe).map_err(AutoError::Denied)?;
        self.subscribe(session, permitted).map_err(|error| AutoError::Subscribe(sub, error))
    }

    /// The number for a pattern that a token brings along; none if it is open already.
    fn next_auto(&self, session: u32, pattern: &Pattern) -> Option<u32> {
        let subs = &self.sessions.get(session as usize)?.subs;
        let own = || subs.iter().filter(|(sub, _)| *sub > MAX_CLIENT_SUB);
        let is_open = |slot: u32| self.subs.get(slot as usize).is_some_and(|sub| sub.pattern == *pattern);
        if own().any(|(_, slot)| is_open(*slot)) {
            return None;
        }
        Some(own().map(|(sub, _)| sub + 1).max().unwrap_or(MAX_CLIENT_SUB + 1))
    }

    /// Ends the subscriptions of a session that its caller may not have (any more): each gets `unsubscribed` with
    /// `forbidden`.
    pub(crate) fn end_uncovered(&mut self, session: u32, caller: &Caller) {
        let Self { sessions, subs, .. } = self;
        let Some(attached) = sessions.get_mut(session as usize) else { return };
        let mut ended = Vec::new();
        attached.subs.retain(|(sub, slot)| {
            let covered =
                subs.get(*slot as usize).is_none_or(|sub| caller.check_hearing(&sub.pattern).is_ok());
            if !covered {
                attached.outbound.push_unsubscribed(*sub, Some(ErrorCode::Forbidden));
                ended.push(*slot);
            }
            covered
        });
        let outbound = Arc::clone(&attached.outbound);
        self.uncount(&outbound, ended.len());
        for slot in ended {
            self.note_absence(session, slot);
            self.remove(slot);
        }
        self.mark_dirty(session);
    }

    fn check_new(&self, session: u32, sub: u32, pattern: &Pattern) -> Result<(), SubscribeError> {
        let attached = self.sessions.get(session as usize).ok_or(SubscribeError::Unknown)?;
        if attached.subs.iter().any(|(number, _)| *number == sub) {
            return Err(SubscribeError::InUse);
        }
        self.count_new(attached, pattern)
    }
}
