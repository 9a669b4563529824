//! Sessions as administrators see them: a page of them, one with its subscriptions, and how to close one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{CloseCode, ErrorCode};

use super::question::{Question, SubscriptionView};
use super::shared::{Hub, NoAnswer};
use crate::auth::Permitted;
use crate::clock::Moment;
use crate::engine::SessionId;
use crate::outbound::{Outbound, Wire};

/// A session, for people.
#[derive(Clone, Debug)]
pub(crate) struct SessionView {
    pub(crate) session: SessionId,
    pub(crate) address: IpAddr,
    pub(crate) subject: Option<String>,
    /// What its program calls itself.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) wire: Wire,
    pub(crate) age: Duration,
    /// What waits for its socket.
    pub(crate) queued_bytes: usize,
    pub(crate) queued_messages: usize,
    pub(crate) subscriptions: u32,
    /// How many of them are behind.
    pub(crate) behind: u32,
    /// The last error that it was told, and when, in milliseconds since 1970.
    pub(crate) last_error: Option<(ErrorCode, u64)>,
}

/// Which sessions are asked for, and how many.
#[derive(Clone, Debug)]
pub(crate) struct SessionsAsked {
    pub(crate) order: Order,
    pub(crate) subject: Option<String>,
    pub(crate) address: Option<IpAddr>,
    /// Those with a subscription that is behind, or those without.
    pub(crate) behind: Option<bool>,
    pub(crate) limit: usize,
}

/// In what order sessions come, and after which place of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Oldest first, after this one.
    Age { after: Option<SessionId> },
    /// Those that most bytes wait for first, after so many bytes of this session.
    QueuedBytes { after: Option<(usize, SessionId)> },
}

impl Order {
    /// Where a session stands in this order.
    fn key(self, view: &SessionView) -> (usize, SessionId) {
        match self {
            Self::Age { .. } => (0, view.session),
            Self::QueuedBytes { .. } => (usize::MAX - view.queued_bytes, view.session),
        }
    }

    /// After which place the page begins.
    fn after(self) -> Option<(usize, SessionId)> {
        match self {
            Self::Age { after } => after.map(|session| (0, session)),
            Self::QueuedBytes { after } => after.map(|(bytes, session)| (usize::MAX - bytes, session)),
        }
    }
}

impl Hub {
    /// A page of sessions, and whether there are more.
    pub(crate) fn sessions_page(
        &self,
        asked: Permitted<SessionsAsked>,
        now: Moment,
    ) -> (Vec<SessionView>, bool) {
        let asked = asked.into_inner();
        let SessionsAsked { order, limit, .. } = asked;
        let mut page: Vec<SessionView> = Vec::with_capacity(limit + 1);
        for outbound in self.all_outbounds() {
            let view = view(&outbound, now);
            let key = order.key(&view);
            if order.after().is_some_and(|after| key <= after) || !asked.wants(&view) {
                continue;
            }
            let at = page.partition_point(|other| order.key(other) < key);
            if at <= limit {
                page.insert(at, view);
                page.truncate(limit + 1);
            }
        }
        let more = page.len() > limit;
        page.truncate(limit);
        (page, more)
    }

    /// One session with its subscriptions, by number; none if it has ended.
    ///
    /// # Errors
    /// Its shard does not answer.
    pub(crate) async fn session(
        &self,
        session: Permitted<SessionId>,
        now: Moment,
    ) -> Result<Option<(SessionView, Vec<SubscriptionView>)>, NoAnswer> {
        let session = session.into_inner();
        let Some(outbound) = self.outbound(session) else { return Ok(None) };
        let slot = outbound.slot();
        let ask = |answer| Question::Subscriptions { slot, session, answer };
        let mut subscriptions = self.ask(outbound.shard(), ask).await?;
        subscriptions.sort_by_key(|subscription| subscription.sub);
        Ok(Some((view(&outbound, now), subscriptions)))
    }

    /// Closes a session for good (4003); false if it has ended.
    pub(crate) fn close_session(&self, session: Permitted<SessionId>, reason: &str) -> bool {
        let outbound = self.outbound(session.into_inner());
        outbound.inspect(|outbound| self.shut_out(outbound, reason)).is_some()
    }

    /// Ends a session whose client is not to come back.
    pub(super) fn shut_out(&self, outbound: &Outbound, reason: &str) {
        outbound.close(CloseCode::Forbidden, reason);
        self.mailbox(outbound.shard()).request_flush(outbound.slot());
    }

    /// The session with this name, whether it is open or not; none if no session of this process can have it.
    pub(crate) fn session_named(&self, name: &str) -> Option<SessionId> {
        let number = name.split_once('-')?.1;
        let session = SessionId(number.parse().ok()?);
        (self.session_name(session) == name).then_some(session)
    }

    pub(super) fn outbound(&self, session: SessionId) -> Option<Arc<Outbound>> {
        self.outbounds.get(&session).map(|outbound| Arc::clone(&outbound))
    }
}

impl SessionsAsked {
    fn wants(&self, view: &SessionView) -> bool {
        let subject = self.subject.as_deref();
        subject.is_none_or(|subject| view.subject.as_deref() == Some(subject))
            && self.behind.is_none_or(|behind| behind == (view.behind > 0))
            && self.address.is_none_or(|address| view.address.to_canonical() == address.to_canonical())
    }
}

fn view(outbound: &Outbound, now: Moment) -> SessionView {
    let about = outbound.about();
    let told = about.told();
    let (subscriptions, behind) = about.counts();
    let lanes = outbound.lanes();
    let (queued_bytes, queued_messages) = (lanes.waiting_bytes(), lanes.queue_len());
    drop(lanes);
    SessionView {
        session: outbound.session(),
        address: about.address(),
        subject: outbound.caller().and_then(|caller| caller.subject().map(str::to_owned)),
        name: told.name,
        wire: outbound.wire(),
        age: now.since(about.opened()),
        queued_bytes,
        queued_messages,
        subscriptions,
        behind,
        last_error: told.last_error,
    }
}
