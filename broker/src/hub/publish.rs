//! Publishing: a message gets its place in its stream, and goes to every shard with a subscriber for it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::ErrorCode;
use fanfare_protocol::frame::{Publish, PublishedAt};

use super::ending::Phase;
use super::shared::Hub;
use crate::auth::Permitted;
use crate::clock::Now;
use crate::engine::{Conditions, Draft, Message, Refused, Route, SessionId};
use crate::metrics::{KEYS_OF_PUBLISHER, KEYS_OF_STREAM};
use crate::trace::{TRACEPARENT, TraceContext, Tracer, What};
use crate::whose::Whose;

/// Why a message was not published. It is in no stream then, and nobody gets it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PublishError {
    /// The payload is over `max_payload_bytes`.
    #[error("the payload has {bytes} bytes; at most {max} are allowed (max_payload_bytes)")]
    TooLarge {
        /// Of the payload.
        bytes: usize,
        /// As configured.
        max: usize,
    },
    /// `key` or `expect` on a topic that is in no stream.
    #[error("`key` and `expect` need a stream, and no stream holds this topic; publish without them")]
    NeedsStream,
    /// The topic's last retained sequence is not the expected one.
    #[error("{}", conflict(*.last))]
    Conflict {
        /// The actual one; 0: none is retained.
        last: u64,
    },
    /// The broker is about to end.
    #[error(
        "not published: the broker is stopping; connect again and retry, with the same key if there is one"
    )]
    Stopping,
    /// The stream has no room to remember the key.
    #[error(
        "not published: the stream remembers as many keys as it may{} ({}), so a repeat would not be known; \
         try again when old keys are forgotten",
        if *.own { " of one publisher" } else { "" },
        if *.own { "key_bytes_per_publisher" } else { "key_bytes" }
    )]
    KeysFull {
        /// Time until there may be room.
        retry_after: Duration,
        /// Whether its publisher's share is full, and others go on.
        own: bool,
    },
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    Session(SessionId),
    /// A request over HTTP, from this address. What it publishes is hidden from nobody.
    Address(IpAddr),
}

impl From<SessionId> for Origin {
    fn from(session: SessionId) -> Self {
        Self::Session(session)
    }
}

impl Origin {
    /// The session; one that nobody has for what comes from none.
    fn session(self) -> SessionId {
        match self {
            Self::Session(session) => session,
            Self::Address(_) => SessionId(0),
        }
    }
}

impl PublishError {
    /// The code that its publisher is told.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge { .. } => ErrorCode::TooLarge,
            Self::NeedsStream => ErrorCode::InvalidFrame,
            Self::Conflict { .. } => ErrorCode::Conflict,
            Self::Stopping => ErrorCode::Unavailable,
            Self::KeysFull { .. } => ErrorCode::LimitExceeded,
        }
    }
}

fn conflict(last: u64) -> String {
    match last {
        0 => "no message of this topic is retained; if that is fine, publish with expect 0".to_owned(),
        _ => {
            format!("the topic's last message is {last}; read it, then decide and publish with expect {last}")
        }
    }
}

impl From<Refused> for PublishError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Conflict { last } => Self::Conflict { last },
            Refused::Stopping => Self::Stopping,
            Refused::KeysFull { retry_after, own } => Self::KeysFull { retry_after, own },
        }
    }
}

/// A publish that is to be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The message's place; none if no stream holds the topic.
    pub(crate) at: Option<PublishedAt>,
    /// Whether it repeats an earlier publish, whose place that is. Nobody gets it again.
    pub(crate) duplicate: bool,
}

impl Hub {
    /// Publishes a message that arrives `now`.
    pub(crate) fn publish(
        &self,
        publish: Permitted<Publish<'_>>,
        from: impl Into<Origin>,
        now: Now,
    ) -> Result<Accepted, PublishError> {
        let from = from.into();
        match &self.tracer {
            None => self.publish_as(publish, from, now, None),
            Some(tracer) => self.publish_traced(tracer, publish, from, now),
        }
    }

    /// The same where messages are traced, some of them.
    #[cold]
    fn publish_traced(
        &self,
        tracer: &Tracer,
        publish: Permitted<Publish<'_>>,
        from: Origin,
        now: Now,
    ) -> Result<Accepted, PublishError> {
        let Publish { headers, payload, .. } = publish.request();
        let traceparent = headers.as_ref().and_then(|headers| headers.get(TRACEPARENT));
        let Some(begun) = tracer.begin(traceparent, now.moment) else {
            return self.publish_as(publish, from, now, None);
        };
        let (kind, payload_bytes) = (payload.kind(), payload.as_bytes().len());
        let published = self.publish_as(publish, from, now, Some(begun.context));
        let at = published.as_ref().ok().and_then(|accepted| accepted.at.as_ref());
        let what = What::Publish {
            stream: at.map(|at| at.stream.clone()),
            kind,
            payload_bytes,
            duplicate: published.as_ref().is_ok_and(|accepted| accepted.duplicate),
            refused: published.as_ref().err().map(|error| error.code().as_str()),
        };
        tracer.published(begun, now.moment, what);
        published
    }

    #[inline]
    fn publish_as(
        &self,
        publish: Permitted<Publish<'_>>,
        from: Origin,
        now: Now,
        trace: Option<TraceContext>,
    ) -> Result<Accepted, PublishError> {
        if self.has_reached(Phase::Stopping) {
            return Err(PublishError::Stopping);
        }
        let (publish, by) = publish.into_parts();
        let (bytes, max) = (publish.payload.as_bytes().len(), self.limits.max_payload_bytes());
        if bytes > max {
            return Err(PublishError::TooLarge { bytes, max });
        }
        let mut conditions = Conditions::of(&publish);
        if conditions.key.is_some() {
            conditions = conditions.by(self.publisher(by.as_ref(), from));
        }
        let draft = Draft::new(publish, from.session(), now.moment);
        let draft = if let Some(context) = trace { draft.traced(context) } else { draft };
        let Some(stream) = self.engine.stream_of(draft.topic()) else {
            return if conditions.is_empty() {
                Ok(self.pass_on(draft, now))
            } else {
                Err(PublishError::NeedsStream)
            };
        };
        let draft = if stream.names_publisher() { draft.by(by) } else { draft };
        let appended = stream.append(draft, conditions, now, |message, route| self.send(message, route));
        let appended = appended.inspect_err(|refused| self.count_refused(refused))?;
        let (stream, epoch) = (stream.name().clone(), stream.epoch().clone());
        let at = Some(PublishedAt { stream, epoch, seq: appended.seq });
        Ok(Accepted { at, duplicate: appended.duplicate })
    }

    /// Whose share of what a stream remembers a key takes; nobody's if its session has ended.
    fn publisher(&self, subject: Option<&Arc<str>>, from: Origin) -> Option<Whose> {
        let address = match (subject, from) {
            (Some(_), _) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            (None, Origin::Address(address)) => address,
            (None, Origin::Session(session)) => self.outbound(session)?.about().address(),
        };
        Some(Whose::of(subject, address))
    }

    #[cold]
    fn count_refused(&self, refused: &Refused) {
        if let Refused::KeysFull { own, .. } = refused {
            self.metrics.keys_refused.count(if *own { KEYS_OF_PUBLISHER } else { KEYS_OF_STREAM });
        }
    }

    /// Publishes a message that no stream holds.
    fn pass_on(&self, draft: Draft, now: Now) -> Accepted {
        let topic = draft.topic().clone();
        self.send(&Arc::new(draft.seal(topic, None, now.wall_ms)), &mut Route::default());
        Accepted { at: None, duplicate: false }
    }

    /// Leaves the message with every shard that has a subscriber for it.
    fn send(&self, message: &Arc<Message>, route: &mut Route) {
        for shard in self.interest.shards(message.topic(), route).iter() {
            if !self.mailboxes[shard].push(message) {
                self.metrics.shard(shard).mailbox_overflows.add(1);
            }
        }
    }
}
