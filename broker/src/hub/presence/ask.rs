//! Asking: the members of a topic, a page at a time.

use std::borrow::Cow;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::{Member, PresencePage};
use fanfare_protocol::payload::JsonText;

use super::member::Who;
use super::registry::{ANNOUNCED_ON, is_short_enough};
use crate::auth::Permitted;
use crate::engine::SessionId;
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
    /// Who is present on a topic: at most `limit` members after the page before, and as many as fit a frame.
    pub(crate) fn presence(
        &self,
        topic: Permitted<Topic>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<PresencePage<'static>, PresenceError> {
        let topic = topic.into_inner();
        if self.presence.config(&topic).is_none() {
            return Err(PresenceError::NotKept);
        }
        if !is_short_enough(&topic) {
            return Err(PresenceError::TooLong);
        }
        let bytes = self.limits.max_frame_bytes().saturating_sub(PAGE_OVERHEAD_BYTES);
        let page = self.presence.page(&topic, after, limit as usize, bytes);
        let members = page.members.into_iter().map(|(session, who)| self.member(session, who.as_deref()));
        Ok(PresencePage { members: members.collect(), count: Some(page.count as u64), next: page.next })
    }

    fn member(&self, session: SessionId, who: Option<&Who>) -> Member<'static> {
        let info = who.and_then(|who| who.info.as_deref());
        Member {
            session: Cow::Owned(self.session_name(session)),
            subject: who.and_then(|who| Some(Cow::Owned(who.subject.as_deref()?.to_owned()))),
            info: info.and_then(|info| JsonText::new(info).ok()).map(JsonText::into_owned),
        }
    }
}
