//! Asking: the members of a topic, a page at a time.

use std::borrow::Cow;

use fanfare_protocol::ServerFrame;
use fanfare_protocol::frame::{Member, Presence, PresencePage};
use fanfare_protocol::payload::JsonText;

use super::registry::{ANNOUNCED_ON, is_short_enough};
use crate::auth::Permitted;
use crate::hub::Hub;

/// What an answer takes beside its members, at most, in bytes.
const PAGE_OVERHEAD_BYTES: usize = 256;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PresenceError {
    /// Nothing is configured for the topic.
    #[error("no presence is kept on this topic; a [[presence]] in the broker's configuration must cover it")]
    NotKept,
    /// The topic on which joins and leaves would be announced breaks the rules for names.
    #[error(
        "no presence is kept on this topic: with `{ANNOUNCED_ON}` before it, it would be too long; shorten it to \
         246 bytes and 15 segments"
    )]
    TooLong,
}

impl Hub {
    /// Answers who is present on a topic: a `presence` frame.
    pub(crate) fn presence(
        &self,
        request: Permitted<Presence>,
        answer: impl FnOnce(&ServerFrame<'_>),
    ) -> Result<(), PresenceError> {
        let Presence { id, topic, after, limit } = request.into_inner();
        if self.presence.config(&topic).is_none() {
            return Err(PresenceError::NotKept);
        }
        if !is_short_enough(&topic) {
            return Err(PresenceError::TooLong);
        }
        let bytes = self.limits.max_frame_bytes().saturating_sub(PAGE_OVERHEAD_BYTES);
        let page = self.presence.page(&topic, after, limit as usize, bytes);
        let members = page.members.iter().map(|(session, who)| Member {
            session: Cow::Owned(self.session_name(*session)),
            subject: who.as_ref().and_then(|who| Some(Cow::Borrowed(&**who.subject.as_ref()?))),
            info: who.as_ref().and_then(|who| JsonText::new(who.info.as_deref()?).ok()),
        });
        let members = members.collect();
        let page = PresencePage { members, count: Some(page.count as u64), next: page.next };
        answer(&ServerFrame::Presence { id, page });
        Ok(())
    }
}
