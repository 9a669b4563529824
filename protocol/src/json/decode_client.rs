//! Reads a client's frame from JSON.

use crate::assemble;
use crate::fault::{DecodeError, Fault, shortened};
use crate::frame::{ClientFrame, Hello, History, Presence, Publish, Subscribe};
use crate::json::fields::{fields, object};
use crate::json::structure::{headers, payload, replay_from};
use crate::limits::{DEFAULT_HISTORY_MESSAGES, DEFAULT_PRESENCE_MEMBERS};
use crate::op::{ClientOp, Second};
use crate::read;

fields! {
    /// Every field that a client's frame may have.
    Fields {
        op, id, sub, token, name, pattern, from, deliver, max_rate, topic, data, text, data_b64, key, expect, echo,
        headers, limit, after, resume,
    }
}

/// Reads a frame from a client.
pub(crate) fn decode_client(bytes: &[u8]) -> Result<ClientFrame<'_>, DecodeError> {
    let fields = open(bytes).map_err(|fault| fault.echo(None, None))?;
    frame(&fields).map_err(|fault| echo(&fields, fault))
}

/// Reads what a `publish` says from an object that has no `op`; `what` names it for people.
pub(crate) fn decode_publish<'a>(what: &str, bytes: &'a [u8]) -> Result<Publish<'a>, Fault> {
    publish(&fields_of(what, bytes)?)
}

fn open(bytes: &[u8]) -> Result<Fields<'_>, Fault> {
    fields_of("the frame", bytes)
}

fn fields_of<'a>(what: &str, bytes: &'a [u8]) -> Result<Fields<'a>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|e| Fault::invalid(format!("{what} is not UTF-8: {e}")))?;
    object(what, text)
}

/// Adds to a fault what identifies the request: the field that the op has, or both if there is no telling.
fn echo(fields: &Fields<'_>, fault: Fault) -> DecodeError {
    let id = fields.id().optional(read::id).ok().flatten();
    let sub = fields.sub().optional(read::client_sub).ok().flatten();
    match op(fields).map(ClientOp::second) {
        Ok(Second::Nothing) => fault.echo(None, None),
        Ok(Second::Sub) => fault.echo(None, sub),
        Ok(Second::Id) => fault.echo(id, None),
        Err(_) => fault.echo(id, sub),
    }
}

fn op(fields: &Fields<'_>) -> Result<ClientOp, Fault> {
    let name = fields.op().required(read::text)?;
    ClientOp::from_name(&name)
        .ok_or_else(|| Fault::unknown_op(format_args!("{:?}", shortened(&name)), ClientOp::LIST))
}

fn frame<'a>(fields: &Fields<'a>) -> Result<ClientFrame<'a>, Fault> {
    Ok(match op(fields)? {
        ClientOp::Hello => ClientFrame::Hello(hello(fields)?),
        ClientOp::Subscribe => ClientFrame::Subscribe(subscribe(fields)?),
        ClientOp::Unsubscribe => ClientFrame::Unsubscribe { sub: fields.sub().required(read::any_sub)? },
        ClientOp::Publish => ClientFrame::Publish(publish(fields)?),
        ClientOp::History => ClientFrame::History(history(fields)?),
        ClientOp::Presence => ClientFrame::Presence(presence(fields)?),
        ClientOp::Refresh => ClientFrame::Refresh {
            id: fields.id().required(read::id)?,
            token: fields.token().required(read::token)?,
        },
        ClientOp::Ping => ClientFrame::Ping,
        ClientOp::Pong => ClientFrame::Pong,
    })
}

fn hello<'a>(fields: &Fields<'a>) -> Result<Hello<'a>, Fault> {
    Ok(Hello {
        token: fields.token().optional(read::token)?,
        name: fields.name().optional(read::client_name)?,
        resume: fields.resume().optional(read::resume)?,
    })
}

fn subscribe(fields: &Fields<'_>) -> Result<Subscribe, Fault> {
    let deliver = fields.deliver().optional(read::deliver)?;
    let max_rate = fields.max_rate().optional(read::max_rate)?;
    Ok(Subscribe {
        sub: fields.sub().required(read::client_sub)?,
        pattern: fields.pattern().required(read::pattern)?,
        from: assemble::subscribe_from(fields.from().optional(replay_from)?)?,
        deliver: assemble::deliver_at(deliver, max_rate)?,
    })
}

fn publish<'a>(fields: &Fields<'a>) -> Result<Publish<'a>, Fault> {
    Ok(Publish {
        id: fields.id().optional(read::id)?,
        topic: fields.topic().required(read::topic)?,
        payload: payload(fields.data(), fields.text(), fields.data_b64())?,
        key: fields.key().optional(read::key)?,
        expect: fields.expect().optional(read::seq)?,
        echo: fields.echo().optional(read::flag)?.unwrap_or(true),
        headers: assemble::publishable(fields.headers().optional(headers)?)?,
    })
}

fn history(fields: &Fields<'_>) -> Result<History, Fault> {
    Ok(History {
        id: fields.id().required(read::id)?,
        pattern: fields.pattern().required(read::pattern)?,
        from: fields.from().required(replay_from)?,
        limit: fields.limit().optional(read::limit)?.unwrap_or(DEFAULT_HISTORY_MESSAGES),
    })
}

fn presence(fields: &Fields<'_>) -> Result<Presence, Fault> {
    Ok(Presence {
        id: fields.id().required(read::id)?,
        topic: fields.topic().required(read::topic)?,
        after: fields.after().optional(read::count)?,
        limit: fields.limit().optional(read::limit)?.unwrap_or(DEFAULT_PRESENCE_MEMBERS),
    })
}
