//! A caller: who asks, by whatever way they came, and what they may do.

use std::sync::Arc;

use fanfare_protocol::frame::{History, Publish, Subscribe};
use fanfare_protocol::{ErrorCode, Pattern, Topic};

use super::api_key::ApiKeyHash;
use super::grants::Grants;
use super::permit::Permitted;
use super::rights::Granted;
use crate::clock::Moment;

/// How topics about who is present begin; the rest is the topic that it is about.
const PRESENCE: &str = "$presence.";

/// A request that its caller may not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// Only the broker publishes to its own topics.
    #[error("topics that begin with `$` are the broker's own; publish to another")]
    InternalTopic,
    /// The caller is known, and has no such right.
    #[error("{0}; ask whoever issues your tokens or keys for the permission")]
    Forbidden(Right),
    /// Nobody knows who the caller is, and nobody has that right.
    #[error("{0} without a token; connect with one")]
    Unauthenticated(Right),
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Subscribe,
    Publish,
    Presence,
    Admin,
}

impl std::fmt::Display for Right {
    /// That the caller does not have it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Subscribe => "you may not hear all of this pattern",
            Self::Publish => "you may not publish to this topic",
            Self::Presence => "you may not ask who is present on this topic",
            Self::Admin => "only administrators may do this",
        })
    }
}

impl Denied {
    /// The code on the wire.
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            Self::InternalTopic | Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::Unauthenticated(_) => ErrorCode::Unauthenticated,
        }
    }
}

/// Who asks. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Identity>);

#[derive(Debug)]
pub(super) struct Identity {
    /// The `sub` of a token; `key:NAME` of an API key.
    pub(super) subject: Option<Arc<str>>,
    /// The `jti` of a token.
    pub(super) token_id: Option<Box<str>>,
    /// The API key that they came with.
    pub(super) key: Option<ApiKeyHash>,
    /// When the token expires; keys and anonymous callers never do.
    pub(super) expires: Option<Moment>,
    /// Whether anybody knows who it is.
    pub(super) known: bool,
    pub(super) may: May,
    /// Subscriptions that the token brings along.
    pub(super) auto: Vec<Pattern>,
    /// What others are told of a member, as JSON.
    pub(super) info: Option<Box<str>>,
}

/// What a caller may do.
#[derive(Debug)]
pub(super) enum May {
    /// Everything but speak for the broker.
    Everything,
    Granted(Granted),
}

impl Caller {
    pub(super) fn new(identity: Identity) -> Self {
        Self(Arc::new(identity))
    }

    /// The API key that they came with, if they did.
    pub(super) fn key(&self) -> Option<&ApiKeyHash> {
        self.0.key.as_ref()
    }

    /// Someone who may do everything but speak for the broker: everyone, where there is no authentication.
    pub(crate) fn unlimited() -> Self {
        Self::plain(None, May::Everything)
    }

    /// Someone with this subject, who may do everything.
    #[cfg(test)]
    pub(crate) fn unlimited_as(subject: &str) -> Self {
        Self::plain(Some(subject), May::Everything)
    }

    /// Someone with this subject, who may do nothing.
    #[cfg(test)]
    pub(crate) fn named(subject: &str) -> Self {
        Self::plain(Some(subject), May::Granted(Granted::default()))
    }

    /// Someone who is known by a subject, if by anything.
    fn plain(subject: Option<&str>, may: May) -> Self {
        Self::new(Identity {
            subject: subject.map(Arc::from),
            token_id: None,
            key: None,
            expires: None,
            known: subject.is_some(),
            may,
            auto: Vec::new(),
            info: None,
        })
    }

    /// May this be published?
    pub(crate) fn publish<'a>(&self, publish: Publish<'a>) -> Result<Permitted<Publish<'a>>, Denied> {
        if publish.topic.is_internal() {
            return Err(Denied::InternalTopic);
        }
        self.check(Right::Publish, |granted| granted.publish.allow(&publish.topic))?;
        Ok(Permitted::by(publish, self.0.subject.as_ref()))
    }

    /// May this be subscribed to?
    pub(crate) fn subscribe(&self, subscribe: Subscribe) -> Result<Permitted<Subscribe>, Denied> {
        self.check_hearing(&subscribe.pattern)?;
        Ok(Permitted::new(subscribe))
    }

    /// May this be read?
    pub(crate) fn history(&self, history: History) -> Result<Permitted<History>, Denied> {
        self.check_hearing(&history.pattern)?;
        Ok(Permitted::new(history))
    }

    /// May they know who is present on this topic?
    pub(crate) fn presence(&self, topic: Topic) -> Result<Permitted<Topic>, Denied> {
        self.check(Right::Presence, |granted| granted.presence.allow(&topic))?;
        Ok(Permitted::new(topic))
    }

    /// May they do what an administrator does? `request` is what they ask for.
    pub(crate) fn administer<T>(&self, request: T) -> Result<Permitted<T>, Denied> {
        self.check(Right::Admin, |granted| granted.admin)?;
        Ok(Permitted::new(request))
    }

    /// May they hear all that this pattern means, live or retained?
    ///
    /// # Errors
    /// Not all of it is granted. `$presence.` and a pattern is granted with the right to presence on that pattern, too.
    pub(crate) fn check_hearing(&self, pattern: &Pattern) -> Result<(), Denied> {
        self.check(Right::Subscribe, |granted| {
            let about = || pattern.as_str().strip_prefix(PRESENCE).and_then(|about| Pattern::new(about).ok());
            granted.subscribe.cover(pattern) || about().is_some_and(|about| granted.presence.cover(&about))
        })
    }

    /// Who it is: the `sub` of a token, or `key:NAME` of an API key.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The same, to be kept by whoever counts by it.
    pub(crate) fn shared_subject(&self) -> Option<&Arc<str>> {
        self.0.subject.as_ref()
    }

    /// The `jti` of the token.
    pub(crate) fn token_id(&self) -> Option<&str> {
        self.0.token_id.as_deref()
    }

    /// When this caller is no longer accepted; `None`: never.
    pub(crate) fn expires(&self) -> Option<Moment> {
        self.0.expires
    }

    /// What the token wants to be subscribed to. It may be: [`Caller::subscribe`] says so.
    pub(crate) fn auto(&self) -> &[Pattern] {
        &self.0.auto
    }

    /// What others are told of this caller where it is present, as JSON.
    pub(crate) fn info(&self) -> Option<&str> {
        self.0.info.as_deref()
    }

    /// What is granted, by the names of the configuration.
    pub(crate) fn grants(&self) -> Vec<(&'static str, Vec<String>)> {
        let May::Granted(granted) = &self.0.may else { return vec![("everything", Vec::new())] };
        let of = |grants: &Grants| grants.iter().map(ToString::to_string).collect();
        vec![
            ("subscribe", of(&granted.subscribe)),
            ("publish", of(&granted.publish)),
            ("presence", of(&granted.presence)),
        ]
    }

    /// Whether they may do what administrators do.
    pub(crate) fn is_admin(&self) -> bool {
        self.check(Right::Admin, |granted| granted.admin).is_ok()
    }

    fn check(&self, right: Right, is_granted: impl FnOnce(&Granted) -> bool) -> Result<(), Denied> {
        match &self.0.may {
            May::Everything => Ok(()),
            May::Granted(granted) if is_granted(granted) => Ok(()),
            May::Granted(_) if self.0.known => Err(Denied::Forbidden(right)),
            May::Granted(_) => Err(Denied::Unauthenticated(right)),
        }
    }
}
