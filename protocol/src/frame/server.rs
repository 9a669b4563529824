//! Frames from broker to client.

use std::borrow::Cow;

use crate::payload::JsonText;
use crate::{Epoch, ErrorCode, GapReason, Headers, Pattern, Payload, Position, StreamName, Topic};

/// A frame from broker to client.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerFrame<'a> {
    /// Answers `hello`.
    Welcome(Welcome<'a>),
    /// Answers `subscribe`.
    Subscribed(Subscribed),
    /// A message for a subscription.
    Message {
        /// The subscription.
        sub: u32,
        /// What was published.
        message: Message<'a>,
    },
    /// Messages that the subscription can't get.
    Gap {
        /// The subscription.
        sub: u32,
        /// What is missing.
        gap: Gap,
    },
    /// From here on the subscription is read from the stream.
    Behind {
        /// The subscription.
        sub: u32,
    },
    /// From here on the subscription is pushed again.
    Live {
        /// The subscription.
        sub: u32,
        /// Where it stands.
        position: Position,
    },
    /// The subscription has ended.
    Unsubscribed {
        /// The subscription.
        sub: u32,
        /// Why, if it was the broker's doing.
        code: Option<ErrorCode>,
    },
    /// Acknowledges a publish.
    Published(Published),
    /// Answers `refresh`.
    Ok {
        /// That of the request.
        id: u64,
        /// Time until the token expires, in milliseconds.
        expires_in_ms: Option<u64>,
    },
    /// Answers `history`.
    History {
        /// That of the request.
        id: u64,
        /// What was found.
        page: HistoryPage<'a>,
    },
    /// Answers `presence`.
    Presence {
        /// That of the request.
        id: u64,
        /// Who is there.
        page: PresencePage<'a>,
    },
    /// A request failed.
    Error(ErrorFrame<'a>),
    /// Asks for a `pong`, and freshens the positions of quiet subscriptions.
    Ping {
        /// The heads that this session has been served up to.
        position: Option<Position>,
        /// Subscriptions that the position is not for.
        except: Vec<u32>,
    },
    /// Answers `ping`.
    Pong,
    /// The broker is about to close the session.
    Goaway {
        /// Why: `drain`.
        reason: Cow<'a, str>,
        /// When to come back, in milliseconds from now.
        reconnect_after_ms: u64,
    },
}

/// Answers `hello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome<'a> {
    /// Names the session in logs and in the admin view.
    pub session: Cow<'a, str>,
    /// Time between the broker's pings, in milliseconds.
    pub heartbeat_ms: u64,
    /// Largest payload that the broker takes, in bytes.
    pub max_payload_bytes: u64,
    /// Time until the token expires, in milliseconds.
    pub expires_in_ms: Option<u64>,
    /// Time that the broker remembers the key of a publish, in milliseconds.
    pub key_window_ms: Option<u64>,
    /// Proves to a later session that it goes on for this one: its `hello` says it. A secret of the client's.
    pub resume: Option<Cow<'a, str>>,
}

/// Answers `subscribe`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The subscription.
    pub sub: u32,
    /// The pattern, where the broker opened the subscription itself.
    pub pattern: Option<Pattern>,
    /// Where the subscription begins.
    pub position: Position,
    /// Answers a position: whether nothing is missing before the replay.
    pub recovered: Option<bool>,
    /// Whether the subscription is pushed from the first message on (else it begins *behind*).
    pub live: bool,
    /// Whether the pattern may mean topics that no stream holds: their messages can't be had again after a break.
    pub ephemeral: bool,
}

/// A message as a subscriber or a history sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Where it was published.
    pub topic: Topic,
    /// What.
    pub payload: Payload<'a>,
    /// When the broker took it, in milliseconds since 1970.
    pub time_ms: u64,
    /// Its place in a stream; none for an ephemeral message.
    pub sequenced: Option<Sequenced>,
    /// The publisher's subject, where the stream says so.
    pub by: Option<Cow<'a, str>>,
    /// Short facts beside the payload.
    pub headers: Option<Headers>,
}

/// A message's place in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// The stream.
    pub stream: StreamName,
    /// Its number there, from 1.
    pub seq: u64,
    /// The number of the message before it on the same topic, where known.
    pub prev: Option<u64>,
}

/// Messages that a subscription can't get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// In which stream; none for ephemeral messages.
    pub stream: Option<StreamName>,
    /// First sequence that may be missing.
    pub from: Option<u64>,
    /// Last sequence that may be missing.
    pub to: Option<u64>,
    /// How many are missing, where known exactly.
    pub count: Option<u64>,
    /// Where the subscription stands now.
    pub position: Option<Position>,
}

/// Acknowledges a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// That of the request.
    pub id: u64,
    /// Where it stands; none for an ephemeral message.
    pub at: Option<PublishedAt>,
    /// Whether it repeats an earlier publish and was not appended again.
    pub duplicate: bool,
}

/// Where a published message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedAt {
    /// The stream.
    pub stream: StreamName,
    /// Its incarnation.
    pub epoch: Epoch,
    /// The message's number.
    pub seq: u64,
}

/// What a history request found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage<'a> {
    /// Streams by name, each ascending.
    pub messages: Vec<Message<'a>>,
    /// What is missing before or between them.
    pub gaps: Vec<Gap>,
    /// Where the page ends: go on from here.
    pub position: Position,
    /// Whether there is more.
    pub more: bool,
}

/// Who is present on a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresencePage<'a> {
    /// In the order in which they came.
    pub members: Vec<Member<'a>>,
    /// How many there are in all.
    pub count: Option<u64>,
    /// Where the page ends, if there are more: ask for those `after` it.
    pub next: Option<u64>,
}

/// Someone who is present on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The session.
    pub session: Cow<'a, str>,
    /// Whose it is.
    pub subject: Option<Cow<'a, str>>,
    /// What the member chose to tell: any JSON value.
    pub info: Option<JsonText<'a>>,
}

/// A request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorFrame<'a> {
    /// That of the request, where it could be read.
    pub id: Option<u64>,
    /// That of the request, where it could be read.
    pub sub: Option<u32>,
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why and what to do, for people.
    pub message: Cow<'a, str>,
    /// When to try again, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// The actual last sequence, after a `conflict`.
    pub seq: Option<u64>,
}
