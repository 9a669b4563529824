//! Reading one field: the rules that it keeps to, the same in both encodings.

use std::borrow::Cow;
use std::fmt;

use crate::codes::{ErrorCode, GapReason};
use crate::fault::{Fault, shortened};
use crate::frame::{Deliver, MaxRate, ReplayFrom};
use crate::limits::{
    MAX_CLIENT_NAME_BYTES, MAX_CLIENT_SUB, MAX_HISTORY_MESSAGES, MAX_KEY_BYTES, MAX_REQUEST_ID,
    MAX_RESUME_BYTES, MAX_SEQ, MAX_TIME_MS, MAX_TOKEN_BYTES,
};
use crate::pattern::Pattern;
use crate::position::{Epoch, StreamName};
use crate::topic::Topic;

/// The name of a field, for messages to people.
pub(crate) type Name = &'static str;

/// The whole numbers that a field may hold.
#[derive(Clone, Copy)]
pub(crate) struct Whole {
    first: u64,
    last: u64,
}

impl Whole {
    /// Any that a JSON reader holds exactly.
    pub(crate) const ANY: Self = Self { first: 0, last: MAX_SEQ };
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.first, self.last)
    }
}

/// A value in one of the encodings, to be read as a simple type. `expected` tells people what belongs here.
pub(crate) trait Source<'a> {
    /// A string.
    fn text(self, field: Name, expected: &str) -> Result<Cow<'a, str>, Fault>;
    /// A whole number of 0 or more; the caller checks that it is among the expected ones.
    fn whole(self, field: Name, expected: Whole) -> Result<u64, Fault>;
    /// Any number.
    fn number(self, field: Name, expected: &str) -> Result<f64, Fault>;
    /// `true` or `false`.
    fn flag(self, field: Name) -> Result<bool, Fault>;
}

fn within<'a>(field: Name, value: impl Source<'a>, first: u64, last: u64) -> Result<u64, Fault> {
    let expected = Whole { first, last };
    let number = value.whole(field, expected)?;
    if (first..=last).contains(&number) { Ok(number) } else { Err(Fault::wrong(field, expected, number)) }
}

fn small<'a>(field: Name, value: impl Source<'a>, first: u32, last: u32) -> Result<u32, Fault> {
    let number = within(field, value, first.into(), last.into())?;
    u32::try_from(number).map_err(|_| Fault::wrong(field, "a number of 32 bits", number))
}

/// The number of a request.
pub(crate) fn id<'a>(field: Name, value: impl Source<'a>) -> Result<u64, Fault> {
    within(field, value, 0, MAX_REQUEST_ID)
}

/// The number of a subscription, as a client may choose it.
pub(crate) fn client_sub<'a>(field: Name, value: impl Source<'a>) -> Result<u32, Fault> {
    small(field, value, 1, MAX_CLIENT_SUB)
}

/// The number of a subscription that a client ends: its own, or one of the broker's.
pub(crate) fn any_sub<'a>(field: Name, value: impl Source<'a>) -> Result<u32, Fault> {
    small(field, value, 1, u32::MAX)
}

/// The number of a subscription, as the broker says it.
pub(crate) fn broker_sub<'a>(field: Name, value: impl Source<'a>) -> Result<u32, Fault> {
    small(field, value, 0, u32::MAX)
}

/// A sequence; 0 is before the first.
pub(crate) fn seq<'a>(field: Name, value: impl Source<'a>) -> Result<u64, Fault> {
    within(field, value, 0, MAX_SEQ)
}

/// The sequence of a message that exists.
pub(crate) fn message_seq<'a>(field: Name, value: impl Source<'a>) -> Result<u64, Fault> {
    within(field, value, 1, MAX_SEQ)
}

/// A point in time or a span, in milliseconds.
pub(crate) fn millis<'a>(field: Name, value: impl Source<'a>) -> Result<u64, Fault> {
    within(field, value, 0, MAX_TIME_MS)
}

/// How many messages a history may give, or members a presence.
pub(crate) fn limit<'a>(field: Name, value: impl Source<'a>) -> Result<u32, Fault> {
    small(field, value, 1, MAX_HISTORY_MESSAGES)
}

/// How many: any whole number that every client holds exactly.
pub(crate) fn count<'a>(field: Name, value: impl Source<'a>) -> Result<u64, Fault> {
    within(field, value, 0, MAX_SEQ)
}

/// `true` or `false`.
pub(crate) fn flag<'a>(field: Name, value: impl Source<'a>) -> Result<bool, Fault> {
    value.flag(field)
}

const ANY_TEXT: &str = "a string";

/// Any string.
pub(crate) fn text<'a>(field: Name, value: impl Source<'a>) -> Result<Cow<'a, str>, Fault> {
    value.text(field, ANY_TEXT)
}

fn text_within<'a>(
    field: Name,
    value: impl Source<'a>,
    min_bytes: usize,
    max_bytes: usize,
) -> Result<Cow<'a, str>, Fault> {
    let text = value.text(field, ANY_TEXT)?;
    if (min_bytes..=max_bytes).contains(&text.len()) {
        return Ok(text);
    }
    let expected = format_args!("a string of {min_bytes} to {max_bytes} bytes");
    Err(Fault::wrong(field, expected, format_args!("one of {}", text.len())))
}

/// A publish's key. An empty one would make every message a duplicate of the first.
pub(crate) fn key<'a>(field: Name, value: impl Source<'a>) -> Result<Cow<'a, str>, Fault> {
    text_within(field, value, 1, MAX_KEY_BYTES)
}

/// A token.
pub(crate) fn token<'a>(field: Name, value: impl Source<'a>) -> Result<Cow<'a, str>, Fault> {
    text_within(field, value, 0, MAX_TOKEN_BYTES)
}

/// A client's name.
pub(crate) fn client_name<'a>(field: Name, value: impl Source<'a>) -> Result<Cow<'a, str>, Fault> {
    text_within(field, value, 0, MAX_CLIENT_NAME_BYTES)
}

/// What proves that a session goes on for an earlier one.
pub(crate) fn resume<'a>(field: Name, value: impl Source<'a>) -> Result<Cow<'a, str>, Fault> {
    text_within(field, value, 1, MAX_RESUME_BYTES)
}

/// A topic.
pub(crate) fn topic<'a>(field: Name, value: impl Source<'a>) -> Result<Topic, Fault> {
    Topic::new(&value.text(field, "a topic such as \"orders.eu\"")?).map_err(|rule| Fault::name(field, &rule))
}

/// A pattern.
pub(crate) fn pattern<'a>(field: Name, value: impl Source<'a>) -> Result<Pattern, Fault> {
    Pattern::new(&value.text(field, "a pattern such as \"orders.>\"")?)
        .map_err(|rule| Fault::name(field, &rule))
}

/// The name of a stream.
pub(crate) fn stream<'a>(field: Name, value: impl Source<'a>) -> Result<StreamName, Fault> {
    StreamName::new(&value.text(field, ANY_TEXT)?).map_err(|e| Fault::invalid(format!("`{field}`: {e}")))
}

/// An epoch.
pub(crate) fn epoch<'a>(field: Name, value: impl Source<'a>) -> Result<Epoch, Fault> {
    Epoch::new(&value.text(field, ANY_TEXT)?).map_err(|e| Fault::invalid(format!("`{field}`: {e}")))
}

/// One of a few words, or what the words are.
fn word<'a, T>(
    field: Name,
    value: impl Source<'a>,
    known: impl FnOnce(&str) -> Option<T>,
    words: &str,
) -> Result<T, Fault> {
    let text = value.text(field, words)?;
    known(&text).ok_or_else(|| Fault::wrong(field, words, format_args!("{:?}", shortened(&text))))
}

/// Why a request failed; a later version may know more reasons.
pub(crate) fn error_code<'a>(field: Name, value: impl Source<'a>) -> Result<ErrorCode, Fault> {
    Ok(ErrorCode::from_name(&value.text(field, "an error code")?))
}

/// Why messages are missing; a later version may know more reasons.
pub(crate) fn gap_reason<'a>(field: Name, value: impl Source<'a>) -> Result<GapReason, Fault> {
    Ok(GapReason::from_name(&value.text(field, "a reason such as \"expired\"")?))
}

/// How to deliver, before the rate is known.
pub(crate) fn deliver<'a>(field: Name, value: impl Source<'a>) -> Result<Deliver, Fault> {
    let known = |text: &str| match text {
        "every" => Some(Deliver::Every),
        "latest" => Some(Deliver::Latest { max_rate: None }),
        _ => None,
    };
    word(field, value, known, "\"every\" or \"latest\"")
}

/// Batches a second.
pub(crate) fn max_rate<'a>(field: Name, value: impl Source<'a>) -> Result<MaxRate, Fault> {
    let expected = "a number over 0 (batches a second)";
    let number = value.number(field, expected)?;
    MaxRate::new(number).ok_or_else(|| Fault::wrong(field, expected, number))
}

/// Where to begin, when it is one word.
pub(crate) fn from_word<'a>(field: Name, value: impl Source<'a>) -> Result<ReplayFrom, Fault> {
    let known = |text: &str| match text {
        "now" => Some(ReplayFrom::Now),
        "last" => Some(ReplayFrom::Last),
        "start" => Some(ReplayFrom::Start),
        _ => None,
    };
    word(field, value, known, FROM_FORMS)
}

/// What `from` may be, for messages to people.
pub(crate) const FROM_FORMS: &str =
    "\"now\", \"last\", \"start\", or an object with just one of `position`, `time` and (for history) `last`";

/// What `headers` must be, for messages to people.
pub(crate) const HEADERS_FORM: &str = "an object of strings";
