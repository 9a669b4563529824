//! A roster: who is present on one topic. Pure: it is handed the time.
//!
//! A session is on it from its first subscription to the topic until it ends the last one, or is lost and does not come
//! back. Who comes back in time finds its place again: the same subject, or a session that proves to go on for the lost one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::changes::Changes;
use super::member::{Member, Standing, Who, subject_of};
use super::settings::{MemberBy, PresenceConfig};
use crate::clock::Moment;
use crate::engine::SessionId;

/// A session that subscribes.
#[derive(Debug, Clone)]
pub(super) struct Comer {
    pub(super) session: SessionId,
    pub(super) who: Option<Arc<Who>>,
    /// The earlier session that it goes on for, as it has proved.
    pub(super) goes_on_for: Option<SessionId>,
}

/// How a session goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    /// It wants to: it unsubscribed, or took its leave.
    Meant,
    /// Its connection was lost; it may come back.
    Lost,
}

/// Who is present on a topic.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// By their place: the order in which they came.
    members: BTreeMap<u64, Member>,
    /// The place of each session, of those that are waited for, too.
    seats: HashMap<SessionId, u64>,
    /// Where a subject is found again: all of them by subject; by session those that are waited for.
    subjects: BTreeSet<(Arc<str>, u64)>,
    /// Until when members are waited for.
    awaited: BTreeSet<(Moment, u64)>,
    changes: Changes,
}

impl Roster {
    /// How many members there are.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is there and nothing is left to tell.
    pub(super) fn is_done(&self) -> bool {
        self.members.is_empty() && self.changes.is_empty()
    }

    /// Whether [`Roster::tick`] has something to do, now or later.
    pub(super) fn wants_tick(&self) -> bool {
        !self.changes.is_empty() || !self.awaited.is_empty()
    }

    /// Members after a place, in the order in which they came.
    pub(super) fn after(&self, place: Option<u64>) -> impl Iterator<Item = (u64, &Member)> {
        let from = place.map_or(Bound::Unbounded, Bound::Excluded);
        self.members.range((from, Bound::Unbounded)).map(|(place, member)| (*place, member))
    }

    /// A session subscribes. If it is a new member it is given `place`, which is over all before; false if there is no
    /// room for one more than `max_members`.
    pub(super) fn join(
        &mut self,
        comer: Comer,
        config: &PresenceConfig,
        place: u64,
        max_members: usize,
        now: Moment,
    ) -> bool {
        if let Some(place) = self.seats.get(&comer.session).copied() {
            // It may be waited for, if another session of its subject was lost before it went.
            if self.awaited_until(place).is_some() {
                self.take_place(comer.session, place, comer, config);
            }
            return true;
        }
        let earlier = comer.goes_on_for.and_then(|session| Some((session, *self.seats.get(&session)?)));
        if let Some((session, place)) = earlier {
            if self.may_take(place, &comer) {
                self.take_place(session, place, comer, config);
                return true;
            }
            // It is there no more, and whoever comes is somebody else.
            match self.awaited_until(place) {
                Some(_) => self.leave(place, config),
                None => self.go(session, Going::Meant, config, now),
            }
        }
        if let Some(place) = self.find(subject_of(comer.who.as_ref())) {
            let session = self.members.get(&place).map_or(comer.session, Member::session);
            self.take_place(session, place, comer, config);
            return true;
        }
        self.len() < max_members && self.add(comer, config, place)
    }

    fn awaited_until(&self, place: u64) -> Option<Moment> {
        self.members.get(&place)?.awaited_until()
    }

    fn may_take(&self, place: u64, comer: &Comer) -> bool {
        self.members.get(&place).is_some_and(|member| member.subject() == subject_of(comer.who.as_ref()))
    }

    /// The place at which a subject is found again.
    fn find(&self, subject: Option<&Arc<str>>) -> Option<u64> {
        let subject = subject?;
        let mut found = self.subjects.range((Arc::clone(subject), 0)..);
        found.next().filter(|(other, _)| other == subject).map(|(_, place)| *place)
    }

    /// A session is one more of the member at this place, or stands there instead of `session`.
    fn take_place(&mut self, session: SessionId, place: u64, comer: Comer, config: &PresenceConfig) {
        let Some(member) = self.members.get_mut(&place) else { return };
        let Comer { session: new, who, goes_on_for } = comer;
        let awaited = member.awaited_until();
        if let Some(until) = awaited {
            self.awaited.remove(&(until, place));
        }
        if awaited.is_some() || goes_on_for == Some(session) {
            self.seats.remove(&session);
        }
        self.seats.insert(new, place);
        if is_by_subject(config, member) {
            member.add(new, who);
            if awaited.is_none() && goes_on_for == Some(session) {
                member.remove(session, Moment::default(), Moment::default());
            }
            return;
        }
        if let Some(subject) = member.subject() {
            self.subjects.remove(&(Arc::clone(subject), place));
        }
        member.replace(new, who.clone());
        self.changes.returned(place, session, new, who);
    }

    fn add(&mut self, comer: Comer, config: &PresenceConfig, place: u64) -> bool {
        let Comer { session, who, .. } = comer;
        let member = Member::new(session, who.clone());
        self.changes.joined(known(config, &member, place), session, who);
        if let (MemberBy::Subject, Some(subject)) = (config.by, member.subject()) {
            self.subjects.insert((Arc::clone(subject), place));
        }
        self.seats.insert(session, place);
        self.members.insert(place, member);
        true
    }

    /// A session ends its last subscription, or ends itself.
    pub(super) fn go(&mut self, session: SessionId, going: Going, config: &PresenceConfig, now: Moment) {
        let Some(place) = self.seats.get(&session).copied() else { return };
        let Some(member) = self.members.get_mut(&place) else { return };
        if member.awaited_until().is_some() {
            return;
        }
        let linger_until = if going == Going::Lost { now.plus(config.linger) } else { Moment::default() };
        match member.remove(session, linger_until, now) {
            Standing::Present => drop(self.seats.remove(&session)),
            Standing::Gone => self.leave(place, config),
            Standing::Awaited(until) => {
                self.awaited.insert((until, place));
                if let (MemberBy::Session, Some(subject)) = (config.by, member.subject()) {
                    self.subjects.insert((Arc::clone(subject), place));
                }
            }
        }
    }

    /// A session that is there shows something else from now on, and so does its member.
    pub(super) fn show(&mut self, session: SessionId, who: Option<Arc<Who>>, config: &PresenceConfig) {
        let Some(place) = self.seats.get(&session).copied() else { return };
        let Some(member) = self.members.get_mut(&place) else { return };
        if member.awaited_until().is_some() || member.who == who {
            return;
        }
        member.who.clone_from(&who);
        let (known, session) = (known(config, member, place), member.session());
        self.changes.changed(known, session, who);
    }

    fn leave(&mut self, place: u64, config: &PresenceConfig) {
        let Some(member) = self.members.remove(&place) else { return };
        if let Some(until) = member.awaited_until() {
            self.awaited.remove(&(until, place));
        }
        if let Some(subject) = member.subject() {
            self.subjects.remove(&(Arc::clone(subject), place));
        }
        let session = member.session();
        self.seats.remove(&session);
        self.changes.left(known(config, &member, place), session, member.who);
    }

    /// Those who were waited for in vain leave; what happened since the last call is to be told.
    pub(super) fn tick(&mut self, config: &PresenceConfig, now: Moment) -> Changes {
        while let Some((_, place)) = self.awaited.first().copied().filter(|(until, _)| *until <= now) {
            self.leave(place, config);
        }
        std::mem::take(&mut self.changes)
    }
}

fn is_by_subject(config: &PresenceConfig, member: &Member) -> bool {
    config.by == MemberBy::Subject && member.subject().is_some()
}

/// How those who listen know a member: by its subject it is the same whatever its sessions are.
fn known(config: &PresenceConfig, member: &Member, place: u64) -> (u64, Option<SessionId>) {
    (place, (!is_by_subject(config, member)).then(|| member.session()))
}
