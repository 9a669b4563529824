//! Reads a broker's frame from JSON.

use serde_json::value::RawValue;

use crate::assemble;
use crate::fault::{DecodeError, Fault};
use crate::frame::{
    ErrorFrame, Gap, HistoryPage, Member, Message, PresencePage, Published, ServerFrame, Subscribed, Welcome,
};
use crate::json::fields::{fields, object};
use crate::json::structure::{headers, list, payload, position};
use crate::op::{Second, ServerOp};
use crate::payload::JsonText;
use crate::read::{self, Name};

fields! {
    /// Every field that a broker's frame may have, and every field of a message, gap or member in it.
    Fields {
        op, id, sub, session, heartbeat_ms, max_payload_bytes, expires_in_ms, key_window_ms, pattern, position, recovered,
        live, ephemeral,
        topic, data, text, data_b64, time, stream, seq, prev, by, headers, reason, from, to, count, code, epoch,
        duplicate, messages, gaps, more, members, subject, info, message, retry_after_ms, except,
        reconnect_after_ms, next, resume,
    }
}

/// Reads a frame from a broker; `None` is an op of a later version.
pub(crate) fn decode_server(bytes: &[u8]) -> Result<Option<ServerFrame<'_>>, DecodeError> {
    let fields = open(bytes).map_err(|fault| fault.echo(None, None))?;
    frame(&fields).map_err(|fault| echo(&fields, fault))
}

fn open(bytes: &[u8]) -> Result<Fields<'_>, Fault> {
    let text =
        std::str::from_utf8(bytes).map_err(|e| Fault::invalid(format!("the frame is not UTF-8: {e}")))?;
    object("the frame", text)
}

/// Adds to a fault the number that the op has.
fn echo(fields: &Fields<'_>, fault: Fault) -> DecodeError {
    let id = fields.id().optional(read::id).ok().flatten();
    let sub = fields.sub().optional(read::broker_sub).ok().flatten();
    match op(fields) {
        Ok(Some(op)) if op.second() == Second::Sub => fault.echo(None, sub),
        Ok(Some(op)) if op.second() == Second::Id => fault.echo(id, None),
        _ => fault.echo(None, None),
    }
}

fn op(fields: &Fields<'_>) -> Result<Option<ServerOp>, Fault> {
    Ok(ServerOp::from_name(&fields.op().required(read::text)?))
}

fn frame<'a>(fields: &Fields<'a>) -> Result<Option<ServerFrame<'a>>, Fault> {
    let Some(op) = op(fields)? else { return Ok(None) };
    let sub = || fields.sub().required(read::broker_sub);
    let id = || fields.id().required(read::id);
    Ok(Some(match op {
        ServerOp::Ping => ServerFrame::Ping {
            position: fields.position().optional(position)?,
            except: fields.except().optional(list(read::broker_sub))?.unwrap_or_default(),
        },
        ServerOp::Pong => ServerFrame::Pong,
        ServerOp::Welcome => ServerFrame::Welcome(welcome(fields)?),
        ServerOp::Subscribed => ServerFrame::Subscribed(subscribed(sub()?, fields)?),
        ServerOp::Message => ServerFrame::Message { sub: sub()?, message: message(fields)? },
        ServerOp::Gap => ServerFrame::Gap { sub: sub()?, gap: gap(fields)? },
        ServerOp::Behind => ServerFrame::Behind { sub: sub()? },
        ServerOp::Live => ServerFrame::Live { sub: sub()?, position: fields.position().required(position)? },
        ServerOp::Unsubscribed => {
            ServerFrame::Unsubscribed { sub: sub()?, code: fields.code().optional(read::error_code)? }
        }
        ServerOp::Published => ServerFrame::Published(published(id()?, fields)?),
        ServerOp::Ok => {
            ServerFrame::Ok { id: id()?, expires_in_ms: fields.expires_in_ms().optional(read::millis)? }
        }
        ServerOp::History => ServerFrame::History { id: id()?, page: page(fields)? },
        ServerOp::Presence => ServerFrame::Presence { id: id()?, page: present(fields)? },
        ServerOp::Error => ServerFrame::Error(error(fields)?),
        ServerOp::Goaway => ServerFrame::Goaway {
            reason: fields.reason().required(read::text)?,
            reconnect_after_ms: fields.reconnect_after_ms().required(read::millis)?,
        },
    }))
}

fn welcome<'a>(fields: &Fields<'a>) -> Result<Welcome<'a>, Fault> {
    Ok(Welcome {
        session: fields.session().required(read::text)?,
        heartbeat_ms: fields.heartbeat_ms().required(read::millis)?,
        max_payload_bytes: fields.max_payload_bytes().required(read::count)?,
        expires_in_ms: fields.expires_in_ms().optional(read::millis)?,
        key_window_ms: fields.key_window_ms().optional(read::millis)?,
        resume: fields.resume().optional(read::resume)?,
    })
}

fn subscribed(sub: u32, fields: &Fields<'_>) -> Result<Subscribed, Fault> {
    Ok(Subscribed {
        sub,
        pattern: fields.pattern().optional(read::pattern)?,
        position: fields.position().required(position)?,
        recovered: fields.recovered().optional(read::flag)?,
        live: fields.live().required(read::flag)?,
        ephemeral: fields.ephemeral().optional(read::flag)?.unwrap_or(false),
    })
}

fn message<'a>(fields: &Fields<'a>) -> Result<Message<'a>, Fault> {
    let stream = fields.stream().optional(read::stream)?;
    let seq = fields.seq().optional(read::message_seq)?;
    let prev = fields.prev().optional(read::seq)?;
    Ok(Message {
        topic: fields.topic().required(read::topic)?,
        payload: payload(fields.data(), fields.text(), fields.data_b64())?,
        time_ms: fields.time().required(read::millis)?,
        sequenced: assemble::sequenced(stream, seq, prev)?,
        by: fields.by().optional(read::text)?,
        headers: fields.headers().optional(headers)?,
    })
}

fn gap(fields: &Fields<'_>) -> Result<Gap, Fault> {
    Ok(Gap {
        reason: fields.reason().required(read::gap_reason)?,
        stream: fields.stream().optional(read::stream)?,
        from: fields.from().optional(read::seq)?,
        to: fields.to().optional(read::seq)?,
        count: fields.count().optional(read::count)?,
        position: fields.position().optional(position)?,
    })
}

fn published(id: u64, fields: &Fields<'_>) -> Result<Published, Fault> {
    let stream = fields.stream().optional(read::stream)?;
    let epoch = fields.epoch().optional(read::epoch)?;
    let seq = fields.seq().optional(read::message_seq)?;
    Ok(Published {
        id,
        at: assemble::published_at(stream, epoch, seq)?,
        duplicate: fields.duplicate().optional(read::flag)?.unwrap_or(false),
    })
}

fn page<'a>(fields: &Fields<'a>) -> Result<HistoryPage<'a>, Fault> {
    Ok(HistoryPage {
        messages: fields.messages().required(list(|field, raw| message(&element(field, raw)?)))?,
        gaps: fields.gaps().optional(list(|field, raw| gap(&element(field, raw)?)))?.unwrap_or_default(),
        position: fields.position().required(position)?,
        more: fields.more().required(read::flag)?,
    })
}

fn present<'a>(fields: &Fields<'a>) -> Result<PresencePage<'a>, Fault> {
    Ok(PresencePage {
        members: fields.members().required(list(member))?,
        count: fields.count().optional(read::count)?,
        next: fields.next().optional(read::count)?,
    })
}

fn member(field: Name, raw: &RawValue) -> Result<Member<'_>, Fault> {
    let fields = element(field, raw)?;
    Ok(Member {
        session: fields.session().required(read::text)?,
        subject: fields.subject().optional(read::text)?,
        info: fields.info().verbatim().map(JsonText::from),
    })
}

fn element(field: Name, raw: &RawValue) -> Result<Fields<'_>, Fault> {
    object(&format!("each element of `{field}`"), raw.get())
}

fn error<'a>(fields: &Fields<'a>) -> Result<ErrorFrame<'a>, Fault> {
    Ok(ErrorFrame {
        id: fields.id().optional(read::id)?,
        sub: fields.sub().optional(read::broker_sub)?,
        code: fields.code().required(read::error_code)?,
        message: fields.message().required(read::text)?,
        retry_after_ms: fields.retry_after_ms().optional(read::millis)?,
        seq: fields.seq().optional(read::seq)?,
    })
}
