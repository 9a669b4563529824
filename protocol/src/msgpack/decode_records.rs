//! Reads what a broker's frames consist of: each record is the rest of a frame after op, or one element of a list.

use crate::assemble;
use crate::codes::ErrorCode;
use crate::fault::Fault;
use crate::frame::{
    ErrorFrame, Gap, HistoryPage, Member, Message, PresencePage, Published, ServerFrame, Subscribed, Welcome,
};
use crate::msgpack::layout::{self, GAP_LEN, MEMBER_LEN, MESSAGE_LEN};
use crate::msgpack::reader::Reader;
use crate::msgpack::structure::{array_of, headers, list, options, payload, position};
use crate::payload::JsonText;
use crate::read::{self, Name};

/// Session, heartbeat, largest payload, options.
pub(super) fn welcome<'a>(r: &mut Reader<'a>) -> Result<Welcome<'a>, Fault> {
    let session = read::text("session", &mut *r)?;
    let heartbeat_ms = read::millis("heartbeat_ms", &mut *r)?;
    let max_payload_bytes = read::count("max_payload_bytes", &mut *r)?;
    let (mut expires_in_ms, mut key_window_ms, mut resume) = (None, None, None);
    options(r, |key, r| {
        match key {
            layout::welcome::EXPIRES_IN_MS => expires_in_ms = r.optional("expires_in_ms", read::millis)?,
            layout::welcome::KEY_WINDOW_MS => key_window_ms = r.optional("key_window_ms", read::millis)?,
            layout::welcome::RESUME => resume = r.optional("resume", read::resume)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Welcome { session, heartbeat_ms, max_payload_bytes, expires_in_ms, key_window_ms, resume })
}

/// Sub, position, live, options.
pub(super) fn subscribed(r: &mut Reader<'_>) -> Result<Subscribed, Fault> {
    let sub = read::broker_sub("sub", &mut *r)?;
    let position = position("position", r)?;
    let live = read::flag("live", &mut *r)?;
    let (mut pattern, mut recovered, mut ephemeral) = (None, None, None);
    options(r, |key, r| {
        match key {
            layout::subscribed::PATTERN => pattern = r.optional("pattern", read::pattern)?,
            layout::subscribed::RECOVERED => recovered = r.optional("recovered", read::flag)?,
            layout::subscribed::EPHEMERAL => ephemeral = r.optional("ephemeral", read::flag)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let ephemeral = ephemeral.unwrap_or(false);
    Ok(Subscribed { sub, pattern, position, recovered, live, ephemeral })
}

/// Topic, kind, payload, time, options.
pub(super) fn message<'a>(r: &mut Reader<'a>) -> Result<Message<'a>, Fault> {
    let topic = read::topic("topic", &mut *r)?;
    let payload = payload(r)?;
    let time_ms = read::millis("time", &mut *r)?;
    let (mut stream, mut seq, mut prev, mut by, mut given) = (None, None, None, None, None);
    options(r, |key, r| {
        match key {
            layout::message::STREAM => stream = r.optional("stream", read::stream)?,
            layout::message::SEQ => seq = r.optional("seq", read::message_seq)?,
            layout::message::PREV => prev = r.optional("prev", read::seq)?,
            layout::message::BY => by = r.optional("by", read::text)?,
            layout::message::HEADERS => given = r.optional("headers", headers)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let sequenced = assemble::sequenced(stream, seq, prev)?;
    Ok(Message { topic, payload, time_ms, sequenced, by, headers: given })
}

/// Reason, options.
pub(super) fn gap(r: &mut Reader<'_>) -> Result<Gap, Fault> {
    let reason = read::gap_reason("reason", &mut *r)?;
    let mut gap = Gap { reason, stream: None, from: None, to: None, count: None, position: None };
    options(r, |key, r| {
        match key {
            layout::gap::STREAM => gap.stream = r.optional("stream", read::stream)?,
            layout::gap::FROM => gap.from = r.optional("from", read::seq)?,
            layout::gap::TO => gap.to = r.optional("to", read::seq)?,
            layout::gap::COUNT => gap.count = r.optional("count", read::count)?,
            layout::gap::POSITION => gap.position = r.optional("position", position)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(gap)
}

/// The options of `unsubscribed`.
pub(super) fn end_code(r: &mut Reader<'_>) -> Result<Option<ErrorCode>, Fault> {
    only(r, layout::unsubscribed::CODE, |r| r.optional("code", read::error_code))
}

/// The options of `ok`.
pub(super) fn expires_in_ms(r: &mut Reader<'_>) -> Result<Option<u64>, Fault> {
    only(r, layout::ok::EXPIRES_IN_MS, |r| r.optional("expires_in_ms", read::millis))
}

/// Id, options.
pub(super) fn published(r: &mut Reader<'_>) -> Result<Published, Fault> {
    let id = read::id("id", &mut *r)?;
    let (mut stream, mut epoch, mut seq, mut duplicate) = (None, None, None, None);
    options(r, |key, r| {
        match key {
            layout::published::STREAM => stream = r.optional("stream", read::stream)?,
            layout::published::EPOCH => epoch = r.optional("epoch", read::epoch)?,
            layout::published::SEQ => seq = r.optional("seq", read::message_seq)?,
            layout::published::DUPLICATE => duplicate = r.optional("duplicate", read::flag)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let at = assemble::published_at(stream, epoch, seq)?;
    Ok(Published { id, at, duplicate: duplicate.unwrap_or(false) })
}

/// Messages, position, more, options.
pub(super) fn page<'a>(r: &mut Reader<'a>) -> Result<HistoryPage<'a>, Fault> {
    let messages = list("messages", r, |field, r| {
        array_of(r, field, MESSAGE_LEN)?;
        message(r)
    })?;
    let position = position("position", r)?;
    let more = read::flag("more", &mut *r)?;
    let gaps = only(r, layout::page::GAPS, |r| r.optional("gaps", gaps))?.unwrap_or_default();
    Ok(HistoryPage { messages, gaps, position, more })
}

fn gaps(field: Name, r: &mut Reader<'_>) -> Result<Vec<Gap>, Fault> {
    list(field, r, |field, r| {
        array_of(r, field, GAP_LEN)?;
        gap(r)
    })
}

/// Members, options.
pub(super) fn present<'a>(r: &mut Reader<'a>) -> Result<PresencePage<'a>, Fault> {
    let members = list("members", r, member)?;
    let (mut count, mut next) = (None, None);
    options(r, |key, r| {
        match key {
            layout::present::COUNT => count = r.optional("count", read::count)?,
            layout::present::NEXT => next = r.optional("next", read::count)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(PresencePage { members, count, next })
}

/// Session, options.
fn member<'a>(field: Name, r: &mut Reader<'a>) -> Result<Member<'a>, Fault> {
    array_of(r, field, MEMBER_LEN)?;
    let session = read::text("session", &mut *r)?;
    let (mut subject, mut info) = (None, None);
    options(r, |key, r| {
        match key {
            layout::member::SUBJECT => subject = r.optional("subject", read::text)?,
            layout::member::INFO => info = r.optional("info", json_text)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Member { session, subject, info })
}

/// The text of any JSON value, as `bin` or `str`.
fn json_text<'a>(field: Name, r: &mut Reader<'a>) -> Result<JsonText<'a>, Fault> {
    let text = std::str::from_utf8(r.bytes(field, true)?).ok();
    let json = text.and_then(|text| JsonText::new(text).ok());
    json.ok_or_else(|| Fault::wrong(field, "the text of a JSON value", "other bytes"))
}

/// Code, message, options.
pub(super) fn error<'a>(r: &mut Reader<'a>) -> Result<ErrorFrame<'a>, Fault> {
    let code = read::error_code("code", &mut *r)?;
    let message = read::text("message", &mut *r)?;
    let mut error = ErrorFrame { id: None, sub: None, code, message, retry_after_ms: None, seq: None };
    options(r, |key, r| {
        match key {
            layout::error::ID => error.id = r.optional("id", read::id)?,
            layout::error::SUB => error.sub = r.optional("sub", read::broker_sub)?,
            layout::error::RETRY_AFTER_MS => {
                error.retry_after_ms = r.optional("retry_after_ms", read::millis)?;
            }
            layout::error::SEQ => error.seq = r.optional("seq", read::seq)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(error)
}

/// Options.
pub(super) fn ping<'a>(r: &mut Reader<'a>) -> Result<ServerFrame<'a>, Fault> {
    let (mut head, mut except) = (None, None);
    options(r, |key, r| {
        match key {
            layout::ping::POSITION => head = r.optional("position", position)?,
            layout::ping::EXCEPT => except = r.optional("except", subs)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(ServerFrame::Ping { position: head, except: except.unwrap_or_default() })
}

fn subs(field: Name, r: &mut Reader<'_>) -> Result<Vec<u32>, Fault> {
    list(field, r, |field, r| read::broker_sub(field, r))
}

/// Options of which only one key is known.
fn only<'a, T>(
    r: &mut Reader<'a>,
    known: u64,
    read: impl Fn(&mut Reader<'a>) -> Result<Option<T>, Fault>,
) -> Result<Option<T>, Fault> {
    let mut value = None;
    options(r, |key, r| {
        if key != known {
            return Ok(false);
        }
        value = read(r)?;
        Ok(true)
    })?;
    Ok(value)
}
