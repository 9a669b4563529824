//! A member: who is present on a topic, by which sessions, and whether it is waited for.

use std::sync::Arc;

use crate::clock::Moment;
use crate::engine::SessionId;

/// Whose session it is, as its token says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) subject: Option<Arc<str>>,
    /// What the member tells of itself: the text of a JSON value.
    pub(crate) info: Option<Box<str>>,
}

/// One entry of a roster.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) who: Option<Arc<Who>>,
    sessions: Sessions,
    /// Until when it is waited for, should no session be left.
    linger_until: Moment,
}

/// By which sessions a member is present.
#[derive(Debug)]
enum Sessions {
    One(SessionId),
    /// Two or more; the newest is last.
    Many(Vec<SessionId>),
    /// None is left: the last one was this, and it may come back.
    Awaited(SessionId),
}

/// How a member stands when one of its sessions has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Another session is there.
    Present,
    /// It is waited for until then.
    Awaited(Moment),
    /// It has left.
    Gone,
}

impl Member {
    pub(super) fn new(session: SessionId, who: Option<Arc<Who>>) -> Self {
        Self { who, sessions: Sessions::One(session), linger_until: Moment::default() }
    }

    pub(super) fn subject(&self) -> Option<&Arc<str>> {
        subject_of(self.who.as_ref())
    }

    /// The session that stands for the member: its newest.
    pub(super) fn session(&self) -> SessionId {
        match &self.sessions {
            Sessions::One(session) | Sessions::Awaited(session) => *session,
            Sessions::Many(sessions) => sessions.last().copied().unwrap_or(SessionId(0)),
        }
    }

    /// Until when the member is waited for, if no session of it is left.
    pub(super) fn awaited_until(&self) -> Option<Moment> {
        matches!(self.sessions, Sessions::Awaited(_)).then_some(self.linger_until)
    }

    /// Another session of the member is there. Who was waited for has come back.
    pub(super) fn add(&mut self, session: SessionId, who: Option<Arc<Who>>) {
        self.who = who;
        self.linger_until = Moment::default();
        match &mut self.sessions {
            Sessions::Awaited(_) => self.sessions = Sessions::One(session),
            Sessions::One(first) => self.sessions = Sessions::Many(vec![*first, session]),
            Sessions::Many(sessions) => sessions.push(session),
        }
    }

    /// A session takes the place of all that there were.
    pub(super) fn replace(&mut self, session: SessionId, who: Option<Arc<Who>>) {
        *self = Self::new(session, who);
    }

    /// A session goes; the member is waited for until `linger_until`, should no other be left.
    pub(super) fn remove(&mut self, session: SessionId, linger_until: Moment, now: Moment) -> Standing {
        self.linger_until = self.linger_until.max(linger_until);
        if let Sessions::Many(sessions) = &mut self.sessions {
            sessions.retain(|other| *other != session);
            if let [only] = sessions[..] {
                self.sessions = Sessions::One(only);
            }
            return Standing::Present;
        }
        if self.linger_until <= now {
            return Standing::Gone;
        }
        self.sessions = Sessions::Awaited(session);
        Standing::Awaited(self.linger_until)
    }
}

/// The subject, if it is known whose session it is.
pub(super) fn subject_of(who: Option<&Arc<Who>>) -> Option<&Arc<str>> {
    who?.subject.as_ref()
}
