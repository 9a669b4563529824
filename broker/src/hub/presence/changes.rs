//! What happened on a topic since its last announcement, netted per member and bounded.
//!
//! Whoever asked for the members in between knows some of it already. So nothing is netted to silence: the last thing that
//! happened to a member is always told, and telling it twice does no harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::member::Who;
use crate::engine::SessionId;

/// Members that are named between two announcements; more are only counted.
const NAMED_MAX: usize = 1_024;

/// What happened to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::hub) enum Happened {
    Joined,
    Left,
    /// It shows something else of itself.
    Changed,
    /// It goes on by another session; known so far by this one.
    Returned {
        was: SessionId,
    },
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub(in crate::hub) struct Change {
    pub(in crate::hub) happened: Happened,
    pub(in crate::hub) session: SessionId,
    pub(super) who: Option<Arc<Who>>,
}

/// A member, as those who listen know it: its place on the roster, and the session if it is known by that.
type Known = (u64, Option<SessionId>);

/// Since the last announcement.
#[derive(Debug, Default)]
pub(in crate::hub) struct Changes {
    named: BTreeMap<Known, Change>,
    /// Changes that are not named.
    pub(super) more: u64,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.more == 0
    }

    pub(super) fn joined(&mut self, known: Known, session: SessionId, who: Option<Arc<Who>>) {
        self.note(known, Change { happened: Happened::Joined, session, who });
    }

    pub(super) fn left(&mut self, known: Known, session: SessionId, who: Option<Arc<Who>>) {
        if let Some(Change { happened: Happened::Returned { was }, .. }) = self.named.get(&known) {
            let was = *was;
            let earlier = Change { happened: Happened::Left, session: was, who: who.clone() };
            self.note((known.0, Some(was)), earlier);
        }
        self.note(known, Change { happened: Happened::Left, session, who });
    }

    /// The member at this place, known by the session `was`, goes on by another.
    pub(super) fn returned(&mut self, place: u64, was: SessionId, session: SessionId, who: Option<Arc<Who>>) {
        let mut first = was;
        let before = (place, Some(was));
        match self.named.get(&before).map(|change| &change.happened) {
            Some(Happened::Returned { was: earlier }) => {
                // Who asked in between knows it by the session that stood here until now.
                first = *earlier;
                self.note(before, Change { happened: Happened::Left, session: was, who: who.clone() });
            }
            Some(_) => drop(self.named.remove(&before)),
            None => {}
        }
        let returned = Change { happened: Happened::Returned { was: first }, session, who };
        self.note((place, Some(session)), returned);
    }

    /// A member shows something else. Whoever is to hear of it for another reason hears the newest.
    pub(super) fn changed(&mut self, known: Known, session: SessionId, who: Option<Arc<Who>>) {
        match self.named.get_mut(&known) {
            Some(change) if change.happened != Happened::Left => change.who = who,
            _ => self.note(known, Change { happened: Happened::Changed, session, who }),
        }
    }

    /// What there is to tell, by the order in which the members came.
    pub(in crate::hub) fn into_named(self) -> impl Iterator<Item = Change> {
        self.named.into_values()
    }

    fn note(&mut self, known: Known, change: Change) {
        if self.named.len() < NAMED_MAX || self.named.contains_key(&known) {
            self.named.insert(known, change);
        } else {
            self.more += 1;
        }
    }
}
