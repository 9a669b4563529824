//! Putting fields together: the rules between them, the same in both encodings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::frame::{Deliver, MaxRate, PublishedAt, ReplayFrom, Sequenced};
use crate::headers::Headers;
use crate::limits::MAX_POSITION_STREAMS;
use crate::position::{Epoch, Position, StreamName, StreamPosition};
use crate::read::{FROM_FORMS, Name};

/// Where to begin, when it is a map: just one of its fields.
pub(crate) fn from_fields(
    field: Name,
    position: Option<Position>,
    time: Option<u64>,
    last: Option<Position>,
) -> Result<ReplayFrom, Fault> {
    match (position, time, last) {
        (Some(position), None, None) => Ok(ReplayFrom::Position(position)),
        (None, Some(time), None) => Ok(ReplayFrom::Time(time)),
        (None, None, Some(position)) => Ok(ReplayFrom::LastAfter(position)),
        _ => Err(Fault::wrong(field, FROM_FORMS, "another map")),
    }
}

/// Where a subscription begins: `last` after a position is for `history` only.
pub(crate) fn subscribe_from(from: Option<ReplayFrom>) -> Result<ReplayFrom, Fault> {
    match from.unwrap_or_default() {
        ReplayFrom::LastAfter(_) => Err(Fault::invalid(
            "`from` with `last` is for `history`; subscribe from \"last\" or a `position`",
        )),
        from => Ok(from),
    }
}

/// How to deliver, once the rate is known: it goes with `latest` only.
pub(crate) fn deliver_at(deliver: Option<Deliver>, max_rate: Option<MaxRate>) -> Result<Deliver, Fault> {
    match (deliver.unwrap_or_default(), max_rate) {
        (Deliver::Latest { .. }, max_rate) => Ok(Deliver::Latest { max_rate }),
        (Deliver::Every, None) => Ok(Deliver::Every),
        (Deliver::Every, Some(_)) => {
            Err(Fault::invalid("`max_rate` goes with `deliver` \"latest\" only; add that or leave it out"))
        }
    }
}

/// A message's place in a stream: `stream` and `seq` together, or neither.
pub(crate) fn sequenced(
    stream: Option<StreamName>,
    seq: Option<u64>,
    prev: Option<u64>,
) -> Result<Option<Sequenced>, Fault> {
    match (stream, seq, prev) {
        (Some(stream), Some(seq), prev) => Ok(Some(Sequenced { stream, seq, prev })),
        (None, None, None) => Ok(None),
        _ => Err(Fault::invalid("`stream` and `seq` come together, and `prev` only with them")),
    }
}

/// Where a published message stands: `stream`, `epoch` and `seq` together, or none of them.
pub(crate) fn published_at(
    stream: Option<StreamName>,
    epoch: Option<Epoch>,
    seq: Option<u64>,
) -> Result<Option<PublishedAt>, Fault> {
    match (stream, epoch, seq) {
        (Some(stream), Some(epoch), Some(seq)) => Ok(Some(PublishedAt { stream, epoch, seq })),
        (None, None, None) => Ok(None),
        _ => Err(Fault::invalid("`stream`, `epoch` and `seq` come together")),
    }
}

/// Adds one stream to a position that is being read.
pub(crate) fn add_stream(
    field: Name,
    position: &mut Position,
    stream: StreamName,
    place: StreamPosition,
) -> Result<(), Fault> {
    if position.0.insert(stream, place).is_some() {
        return Err(Fault::invalid(format!("`{field}` names a stream twice")));
    }
    if position.0.len() > MAX_POSITION_STREAMS {
        return Err(Fault::invalid(format!("`{field}` names more than {MAX_POSITION_STREAMS} streams")));
    }
    Ok(())
}

/// Adds one header to those that are being read.
pub(crate) fn add_header(
    field: Name,
    headers: &mut BTreeMap<String, String>,
    name: Cow<'_, str>,
    value: Cow<'_, str>,
) -> Result<(), Fault> {
    if headers.insert(name.into_owned(), value.into_owned()).is_some() {
        return Err(Fault::invalid(format!("`{field}` names a header twice")));
    }
    Ok(())
}

/// Headers that have been read.
pub(crate) fn headers(field: Name, headers: BTreeMap<String, String>) -> Result<Headers, Fault> {
    Headers::new(headers).map_err(|rule| Fault::invalid(format!("`{field}`: {rule}")))
}

/// Headers of a publish: no reserved prefix.
pub(crate) fn publishable(headers: Option<Headers>) -> Result<Option<Headers>, Fault> {
    if let Some(headers) = &headers {
        headers.check_publishable().map_err(|rule| Fault::invalid(format!("`headers`: {rule}")))?;
    }
    Ok(headers)
}
