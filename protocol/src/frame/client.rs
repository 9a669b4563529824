//! Frames from client to broker.

use std::borrow::Cow;

use crate::{Headers, Pattern, Payload, Position, Topic};

/// A frame from client to broker.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientFrame<'a> {
    /// Opens the session; comes first.
    Hello(Hello<'a>),
    /// Opens a subscription.
    Subscribe(Subscribe),
    /// Ends a subscription.
    Unsubscribe {
        /// Its number: chosen by the client, or by the broker for what a token brings along.
        sub: u32,
    },
    /// Publishes a message.
    Publish(Publish<'a>),
    /// Asks for retained messages, once.
    History(History),
    /// Asks who is present on a topic.
    Presence(Presence),
    /// Replaces the token before it expires.
    Refresh {
        /// Echoed in the answer.
        id: u64,
        /// The new token.
        token: Cow<'a, str>,
    },
    /// Asks for a `pong`.
    Ping,
    /// Answers a `ping`.
    Pong,
}

/// The first frame of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello<'a> {
    /// A JSON Web Token, where the broker asks for one.
    pub token: Option<Cow<'a, str>>,
    /// Program and version, for the operator's eyes: `my-app/1.2`.
    pub name: Option<Cow<'a, str>>,
    /// `resume` of the last `welcome`: where presence is kept, this session takes that one's place.
    pub resume: Option<Cow<'a, str>>,
}

/// Opens a subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe {
    /// The number that the client chose: 1 to [`crate::limits::MAX_CLIENT_SUB`].
    pub sub: u32,
    /// Which topics.
    pub pattern: Pattern,
    /// Where to begin.
    pub from: ReplayFrom,
    /// How to deliver.
    pub deliver: Deliver,
}

/// Where a subscription or a history begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReplayFrom {
    /// With what is published from now on.
    #[default]
    Now,
    /// With the newest retained message of each topic.
    Last,
    /// With the oldest retained message.
    Start,
    /// After a position.
    Position(Position),
    /// With the first retained message of this time or later, in milliseconds since 1970.
    Time(u64),
    /// `history` only: the newest retained message of each topic, after a position that `last` gave.
    LastAfter(Position),
}

/// How a subscription is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Deliver {
    /// Every message.
    #[default]
    Every,
    /// The newest message of each topic, in batches.
    Latest {
        /// Most batches a second; none: as fast as the socket takes them.
        max_rate: Option<MaxRate>,
    },
}

/// Batches a second: finite and over 0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct MaxRate(f64);

impl MaxRate {
    /// Takes a rate in batches a second, if it is finite and over 0.
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second.is_finite() && per_second > 0.0).then_some(Self(per_second))
    }

    /// The rate in batches a second.
    pub fn per_second(self) -> f64 {
        self.0
    }
}

/// Publishes a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish<'a> {
    /// Asks for an acknowledgement, and is echoed in it.
    pub id: Option<u64>,
    /// Where to.
    pub topic: Topic,
    /// What.
    pub payload: Payload<'a>,
    /// Makes a repeat within the window a duplicate; scoped to the topic.
    pub key: Option<Cow<'a, str>>,
    /// Append only if this is the topic's last retained sequence (0: none).
    pub expect: Option<u64>,
    /// Whether the publishing session hears it too; true unless the frame says otherwise.
    pub echo: bool,
    /// Short facts beside the payload.
    pub headers: Option<Headers>,
}

/// Asks for retained messages, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Echoed in the answer.
    pub id: u64,
    /// Which topics.
    pub pattern: Pattern,
    /// Where to begin.
    pub from: ReplayFrom,
    /// Most messages in the answer: 1 to [`crate::limits::MAX_HISTORY_MESSAGES`].
    pub limit: u32,
}

/// Asks who is present on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Echoed in the answer.
    pub id: u64,
    /// The topic.
    pub topic: Topic,
    /// `next` of the page before; none: from the beginning.
    pub after: Option<u64>,
    /// Most members in the answer: 1 to [`crate::limits::MAX_PRESENCE_MEMBERS`].
    pub limit: u32,
}
