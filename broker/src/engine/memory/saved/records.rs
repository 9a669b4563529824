//! The records of one stream, made into what they say and checked against each other.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroU64;
use std::sync::Arc;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::limits::MAX_SEQ;
use fanfare_protocol::{Epoch, Headers, Pattern, Payload, PayloadKind, StreamName, Topic};

use super::record::{Fields, as_text};
use super::refusal::{ReadError, Refusal, Unfit};
use super::source::Source;
use super::stream::{Marks, SavedKey, SavedStream};
use super::{FORMAT_WITH_PUBLISHER, Tag};
use crate::clock::Moment;
use crate::engine::append::Key;
use crate::engine::message::{Draft, Message, Place, SessionId, StreamIndex};
use crate::engine::settings::StreamConfig;

/// Publishers of saved messages are gone, so it matters to none that was not to hear its own.
const NOBODY: SessionId = SessionId(0);

/// The record before all others of a stream.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: StreamName,
    epoch: Epoch,
    marks: Marks,
    pub(super) topics: u32,
    pub(super) messages: u64,
    pub(super) keys: u64,
    patterns: Vec<Pattern>,
}

impl Header {
    /// The number of the configured stream that this one goes on as.
    pub(super) fn fit(&self, configs: &[StreamConfig]) -> Result<StreamIndex, Unfit> {
        let mut numbered = (0..).map(StreamIndex).zip(configs);
        let (index, config) =
            numbered.find(|(_, config)| config.name == self.name).ok_or(Unfit::Unconfigured)?;
        let sorted = |patterns: &[Pattern]| {
            let mut patterns = patterns.to_vec();
            patterns.sort();
            patterns
        };
        if sorted(&config.patterns) == sorted(&self.patterns) { Ok(index) } else { Err(Unfit::OtherPatterns) }
    }
}

pub(super) fn header(tag: Tag, mut fields: Fields<'_>) -> Result<Header, Refusal> {
    check(tag == Tag::Stream, "records come without a stream")?;
    let name =
        StreamName::new(fields.text()?).map_err(|_| Refusal::Contradiction("a stream has a bad name"))?;
    let epoch = Epoch::new(fields.text()?).map_err(|_| Refusal::Contradiction("an epoch is no word"))?;
    let marks = Marks {
        head: fields.u64()?,
        last_time_ms: fields.u64()?,
        removed_through: fields.u64()?,
        unreplaced_through: fields.u64()?,
    };
    let (topics, messages, keys) = (fields.u32()?, fields.u64()?, fields.u64()?);
    let mut patterns = Vec::new();
    for _ in 0..fields.u32()? {
        let pattern = Pattern::new(fields.text()?);
        patterns.push(pattern.map_err(|_| Refusal::Contradiction("a pattern breaks the rules"))?);
    }
    fields.end()?;
    check(marks.head <= MAX_SEQ, "a sequence is over the bound")?;
    let removed = marks.unreplaced_through <= marks.removed_through && marks.removed_through <= marks.head;
    check(removed, "more was removed than there was")?;
    Ok(Header { name, epoch, marks, topics, messages, keys, patterns })
}

/// Reads all records of a stream that goes on under this number.
pub(super) fn stream<R: Read>(
    source: &mut Source<R>,
    header: Header,
    index: StreamIndex,
    now: Moment,
) -> Result<SavedStream, ReadError> {
    let Header { name, epoch, marks, patterns, .. } = header;
    let mut stream = SavedStream {
        name,
        patterns,
        epoch,
        marks,
        topics: Vec::new(),
        messages: Vec::new(),
        keys: Vec::new(),
    };
    for _ in 0..header.topics {
        let (tag, fields) = source.next()?;
        stream.topics.push(topic(tag, fields, marks)?);
    }
    let mut used = vec![false; stream.topics.len()];
    let names_publisher = source.format >= FORMAT_WITH_PUBLISHER;
    for _ in 0..header.messages {
        let (tag, fields) = source.next()?;
        let (message, number) = message(tag, fields, names_publisher, &stream, (index, now))?;
        stream.messages.push(Arc::new(message));
        if let Some(used) = used.get_mut(number) {
            *used = true;
        }
    }
    check(used.into_iter().all(|used| used), "a topic has no message")?;
    for _ in 0..header.keys {
        let (tag, fields) = source.next()?;
        stream.keys.push(key(tag, fields, marks)?);
    }
    Ok(stream)
}

fn topic(tag: Tag, mut fields: Fields<'_>, marks: Marks) -> Result<(Topic, u64), Refusal> {
    check(tag == Tag::Topic, "a topic is missing")?;
    let topic = Topic::new(fields.text()?).map_err(|_| Refusal::Contradiction("a topic breaks the rules"))?;
    let removed_through = fields.u64()?;
    fields.end()?;
    check(removed_through <= marks.removed_through, "a topic lost more than its stream")?;
    Ok((topic, removed_through))
}

/// The message, and the number of its topic.
fn message(
    tag: Tag,
    mut fields: Fields<'_>,
    names_publisher: bool,
    stream: &SavedStream,
    (index, now): (StreamIndex, Moment),
) -> Result<(Message, usize), Refusal> {
    check(tag == Tag::Message, "a message is missing")?;
    let (seq, prev, time_ms) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (after, since) = stream.messages.last().map_or((0, 0), |last| (last.seq(), last.time_ms()));
    check((after + 1..=stream.marks.head).contains(&seq) && prev < seq, "sequences are out of order")?;
    check((since..=stream.marks.last_time_ms).contains(&time_ms), "times are out of order")?;
    let number = usize::try_from(fields.u32()?).map_err(|_| Refusal::Contradiction("a topic is unknown"))?;
    let (topic, _) = stream.topics.get(number).ok_or(Refusal::Contradiction("a topic is unknown"))?;
    let kind = PayloadKind::from_number(fields.u8()?).ok_or(Refusal::Contradiction("a kind is unknown"))?;
    let by = if names_publisher { fields.text()? } else { "" };
    let by = (!by.is_empty()).then(|| Arc::from(by));
    let headers = headers(&mut fields)?;
    let payload = Payload::of_kind(kind, fields.rest());
    let payload = payload.map_err(|_| Refusal::Contradiction("a payload is not of its kind"))?;
    let publish =
        Publish { id: None, topic: topic.clone(), payload, key: None, expect: None, echo: true, headers };
    let place = Place { index, stream: stream.name.clone(), seq, prev: NonZeroU64::new(prev) };
    Ok((Draft::new(publish, NOBODY, now).by(by).seal(topic.clone(), Some(place), time_ms), number))
}

fn headers(fields: &mut Fields<'_>) -> Result<Option<Headers>, Refusal> {
    let mut headers = BTreeMap::new();
    for _ in 0..fields.count()? {
        headers.insert(fields.text()?.to_owned(), fields.text()?.to_owned());
    }
    if headers.is_empty() {
        return Ok(None);
    }
    Headers::new(headers).map(Some).map_err(|_| Refusal::Contradiction("headers break the rules"))
}

fn key(tag: Tag, mut fields: Fields<'_>, marks: Marks) -> Result<SavedKey, Refusal> {
    check(tag == Tag::Key, "a key is missing")?;
    let (seq, until_ms) = (fields.u64()?, fields.u64()?);
    check((1..=marks.head).contains(&seq), "a key's message was never there")?;
    let key = Key::from_saved(as_text(fields.rest())?);
    Ok(SavedKey { key: key.ok_or(Refusal::Contradiction("a key has no topic"))?, seq, until_ms })
}

fn check(holds: bool, what: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::Contradiction(what)) }
}
