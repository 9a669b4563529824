//! Messages as the broker holds them: encoded once, shared by everyone who waits for them.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use fanfare_protocol::frame::{Message as WireMessage, Publish, Sequenced};
use fanfare_protocol::{Encoding, Headers, Payload, PayloadKind, StreamName, Topic, body};

use crate::clock::Moment;
use crate::trace::TraceContext;

/// Names a session within this process, from 1; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// The number of a stream in its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StreamIndex(pub(crate) u16);

/// A message's place in a stream.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) index: StreamIndex,
    pub(crate) stream: StreamName,
    pub(crate) seq: u64,
    /// The sequence of the message before it on its topic, if that was retained.
    pub(crate) prev: Option<NonZeroU64>,
}

/// A message that has no place yet: all that can be encoded before the stream's lock is.
#[derive(Debug)]
pub(crate) struct Draft {
    topic: Topic,
    hide_from: Option<SessionId>,
    arrived: Moment,
    kind: PayloadKind,
    payload: Range<usize>,
    body: Vec<u8>,
    aside: Option<Box<Aside>>,
}

/// What few messages have, so that the others have no room for it.
#[derive(Debug, Default)]
struct Aside {
    headers: Option<Headers>,
    /// The publisher's subject.
    by: Option<Arc<str>>,
    /// That of its publish, if it is traced.
    trace: Option<Box<TraceContext>>,
}

impl Draft {
    /// Encodes what a session publishes. `arrived` is when its bytes were read.
    pub(crate) fn new(publish: Publish<'_>, session: SessionId, arrived: Moment) -> Self {
        let Publish { topic, payload, echo, headers, .. } = publish;
        let headers = headers.filter(|headers| !headers.is_empty());
        let header_bytes =
            headers.as_ref().map_or(0, |headers| headers.iter().map(|(n, v)| n.len() + v.len() + 10).sum());
        let room = topic.as_str().len() + payload.as_bytes().len() + header_bytes + BODY_OVERHEAD_BYTES;
        let mut body = Vec::with_capacity(room);
        let at = body::start(&topic, &payload, &mut body);
        let hide_from = (!echo).then_some(session);
        let aside = headers.map(|headers| Box::new(Aside { headers: Some(headers), ..Aside::default() }));
        Self { topic, hide_from, arrived, kind: payload.kind(), payload: at, body, aside }
    }

    /// The same, saying who publishes it.
    pub(crate) fn by(mut self, subject: Option<Arc<str>>) -> Self {
        if let Some(subject) = subject {
            let spare = self.body.capacity() - self.body.len();
            self.body.reserve_exact(spare + subject.len() + BY_OVERHEAD_BYTES);
            self.aside.get_or_insert_default().by = Some(subject);
        }
        self
    }

    /// The same, traced.
    pub(crate) fn traced(mut self, context: TraceContext) -> Self {
        self.aside.get_or_insert_default().trace = Some(Box::new(context));
        self
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The message, with its place in a stream if it has one. `topic` may be a shared copy of the draft's own.
    pub(crate) fn seal(mut self, topic: Topic, place: Option<Place>, time_ms: u64) -> Message {
        let sequence =
            place.as_ref().map(|place| (&place.stream, place.seq, place.prev.map(NonZeroU64::get)));
        let (by, headers) = parts(self.aside.as_deref());
        body::finish(time_ms, sequence, by, headers, &mut self.body);
        Message {
            topic,
            place,
            time_ms,
            hide_from: self.hide_from.and_then(|session| NonZeroU64::new(session.0)),
            arrived: self.arrived,
            kind: self.kind,
            payload: narrow(&self.payload),
            aside: self.aside,
            msgpack: self.body,
        }
    }
}

/// A place in a body. No body is as long as 4 GiB: `max_payload_bytes` is 1 GiB at most.
fn narrow(range: &Range<usize>) -> Range<u32> {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    narrow(range.start)..narrow(range.end)
}

/// Publisher and headers, as far as there are any.
fn parts(aside: Option<&Aside>) -> (Option<&str>, Option<&Headers>) {
    (aside.and_then(|aside| aside.by.as_deref()), aside.and_then(|aside| aside.headers.as_ref()))
}

/// What a publisher's name takes in a body beside itself, at most, in bytes.
const BY_OVERHEAD_BYTES: usize = 6;

/// What a body takes beside topic, payload and headers, at most, in bytes: a stream's name and fixed fields.
const BODY_OVERHEAD_BYTES: usize = 64;

/// A published message. Its MessagePack body is its storage.
///
/// It is cold memory when it leaves its stream and new memory when it comes, so its fields are as small as they can be.
#[derive(Debug)]
pub(crate) struct Message {
    topic: Topic,
    place: Option<Place>,
    time_ms: u64,
    /// A session's number; no session is number 0.
    hide_from: Option<NonZeroU64>,
    arrived: Moment,
    /// Where the payload stands in the body.
    payload: Range<u32>,
    aside: Option<Box<Aside>>,
    msgpack: Vec<u8>,
    kind: PayloadKind,
}

impl Message {
    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The sequence, or 0 for an ephemeral message.
    pub(crate) fn seq(&self) -> u64 {
        self.place.as_ref().map_or(0, |place| place.seq)
    }

    pub(crate) fn time_ms(&self) -> u64 {
        self.time_ms
    }

    pub(crate) fn arrived(&self) -> Moment {
        self.arrived
    }

    /// Reads a little of its memory.
    pub(crate) fn touch(&self) -> usize {
        usize::from(self.msgpack.first().copied().unwrap_or_default()) + usize::from(self.aside.is_some())
    }

    /// Whether its publisher asked not to hear it, and is this session.
    pub(crate) fn is_hidden_from(&self, session: SessionId) -> bool {
        self.hidden_from() == Some(session)
    }

    /// The session that is not to hear it, if any.
    pub(crate) fn hidden_from(&self) -> Option<SessionId> {
        self.hide_from.map(|session| SessionId(session.get()))
    }

    /// The part of a `message` frame that all subscriptions share, in MessagePack.
    pub(crate) fn msgpack(&self) -> &[u8] {
        &self.msgpack
    }

    /// The memory that the message takes for as long as it is retained, in bytes.
    pub(crate) fn footprint(&self) -> usize {
        let aside = self.aside.as_deref().map_or(0, Aside::footprint);
        size_of::<Self>() + ARC_OVERHEAD_BYTES + self.msgpack.capacity() + aside
    }

    /// What was published.
    pub(crate) fn payload(&self) -> (PayloadKind, &[u8]) {
        let Range { start, end } = self.payload;
        (self.kind, self.msgpack.get(start as usize..end as usize).unwrap_or_default())
    }

    /// Names and values.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        parts(self.aside.as_deref()).1.into_iter().flat_map(Headers::iter)
    }

    /// The publisher's subject, where its stream says so.
    pub(crate) fn publisher(&self) -> Option<&str> {
        parts(self.aside.as_deref()).0
    }

    /// The context of its publish, if it is traced.
    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.aside.as_deref()?.trace.as_deref()
    }

    /// The same part in JSON, made anew.
    pub(crate) fn encode_json(&self) -> Box<[u8]> {
        let (kind, payload) = self.payload();
        let payload = Payload::of_kind(kind, payload).unwrap_or_else(|_| Payload::bytes(payload));
        let sequenced = self.place.as_ref().map(|place| Sequenced {
            stream: place.stream.clone(),
            seq: place.seq,
            prev: place.prev.map(NonZeroU64::get),
        });
        let message = WireMessage {
            topic: self.topic.clone(),
            payload,
            time_ms: self.time_ms,
            sequenced,
            by: self.publisher().map(Into::into),
            headers: parts(self.aside.as_deref()).1.cloned(),
        };
        let mut body = Vec::with_capacity(self.msgpack.len() + 128);
        Encoding::Json.message_body(&message, &mut body);
        body.into_boxed_slice()
    }
}

/// The two counts that stand before a shared value.
const ARC_OVERHEAD_BYTES: usize = 16;
/// What the allocator rounds a header's two strings up by, at most.
const HEADER_OVERHEAD_BYTES: usize = 64;
/// A node of the map that holds headers: room for eleven, and its links. Each holds five at least, unless it is alone.
const NODE_BYTES: usize = 11 * 2 * size_of::<String>() + 32;
const NODE_HEADERS_MIN: usize = 5;

impl Aside {
    /// The memory that it takes beside the body, in bytes. A subject is shared, but may outlive whoever shares it.
    fn footprint(&self) -> usize {
        let by = self.by.as_ref().map_or(0, |by| by.len() + ARC_OVERHEAD_BYTES);
        let trace = self.trace.as_deref().map_or(0, size_of_val);
        size_of::<Self>() + self.headers.as_ref().map_or(0, headers_footprint) + by + trace
    }
}

/// The memory that headers take beside the body, in bytes.
fn headers_footprint(headers: &Headers) -> usize {
    let nodes = headers.iter().len().div_ceil(NODE_HEADERS_MIN) * NODE_BYTES;
    let strings = headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD_BYTES);
    nodes + strings.sum::<usize>()
}
