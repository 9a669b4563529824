//! Reads a client's frame from MessagePack.

use crate::assemble;
use crate::fault::{DecodeError, Fault};
use crate::frame::{ClientFrame, Hello, History, Presence, Publish, Subscribe};
use crate::limits::{DEFAULT_HISTORY_MESSAGES, DEFAULT_PRESENCE_MEMBERS};
use crate::msgpack::layout::{client_len, hello, history, presence, publish, subscribe};
use crate::msgpack::reader::Reader;
use crate::msgpack::structure::{headers, open, options, payload, replay_from, shape, without_options};
use crate::op::{ClientOp, Second};
use crate::read;

/// Reads a frame from a client.
pub(crate) fn decode_client(bytes: &[u8]) -> Result<ClientFrame<'_>, DecodeError> {
    frame(Reader::new(bytes)).map_err(|fault| echo(Reader::new(bytes), fault))
}

/// Adds to a fault what identifies the request: the second element, if the op says which of the two it is.
fn echo(mut r: Reader<'_>, fault: Fault) -> DecodeError {
    let op = open(&mut r).and_then(|(op, _)| known(op));
    match op.map(ClientOp::second) {
        Ok(Second::Sub) => fault.echo(None, read::client_sub("sub", &mut r).ok()),
        Ok(Second::Id) => fault.echo(read::id("id", &mut r).ok(), None),
        _ => fault.echo(None, None),
    }
}

fn known(op: u64) -> Result<ClientOp, Fault> {
    ClientOp::from_number(op).ok_or_else(|| Fault::unknown_op(op, ClientOp::LIST))
}

fn frame(mut r: Reader<'_>) -> Result<ClientFrame<'_>, Fault> {
    let (op, len) = open(&mut r)?;
    let op = known(op)?;
    shape(op.name(), client_len(op), len)?;
    let frame = of_op(op, &mut r)?;
    r.end()?;
    Ok(frame)
}

fn of_op<'a>(op: ClientOp, r: &mut Reader<'a>) -> Result<ClientFrame<'a>, Fault> {
    match op {
        ClientOp::Publish => publish_frame(r).map(ClientFrame::Publish),
        ClientOp::Hello => hello_frame(r).map(ClientFrame::Hello),
        ClientOp::Subscribe => subscribe_frame(r).map(ClientFrame::Subscribe),
        ClientOp::Unsubscribe => {
            let sub = read::any_sub("sub", &mut *r)?;
            without_options(ClientFrame::Unsubscribe { sub }, r)
        }
        ClientOp::History => history_frame(r).map(ClientFrame::History),
        ClientOp::Presence => presence_frame(r).map(ClientFrame::Presence),
        ClientOp::Refresh => {
            let (id, token) = (read::id("id", &mut *r)?, read::token("token", &mut *r)?);
            without_options(ClientFrame::Refresh { id, token }, r)
        }
        ClientOp::Ping => without_options(ClientFrame::Ping, r),
        ClientOp::Pong => without_options(ClientFrame::Pong, r),
    }
}

fn hello_frame<'a>(r: &mut Reader<'a>) -> Result<Hello<'a>, Fault> {
    let mut frame = Hello::default();
    options(r, |key, r| {
        match key {
            hello::TOKEN => frame.token = r.optional("token", read::token)?,
            hello::NAME => frame.name = r.optional("name", read::client_name)?,
            hello::RESUME => frame.resume = r.optional("resume", read::resume)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(frame)
}

fn subscribe_frame(r: &mut Reader<'_>) -> Result<Subscribe, Fault> {
    let sub = read::client_sub("sub", &mut *r)?;
    let pattern = read::pattern("pattern", &mut *r)?;
    let (mut from, mut deliver, mut max_rate) = (None, None, None);
    options(r, |key, r| {
        match key {
            subscribe::FROM => from = r.optional("from", replay_from)?,
            subscribe::DELIVER => deliver = r.optional("deliver", read::deliver)?,
            subscribe::MAX_RATE => max_rate = r.optional("max_rate", read::max_rate)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Subscribe {
        sub,
        pattern,
        from: assemble::subscribe_from(from)?,
        deliver: assemble::deliver_at(deliver, max_rate)?,
    })
}

fn publish_frame<'a>(r: &mut Reader<'a>) -> Result<Publish<'a>, Fault> {
    let id = r.optional("id", read::id)?;
    let topic = read::topic("topic", &mut *r)?;
    let payload = payload(r)?;
    let (mut key_given, mut expect, mut echo, mut given) = (None, None, None, None);
    options(r, |key, r| {
        match key {
            publish::KEY => key_given = r.optional("key", read::key)?,
            publish::EXPECT => expect = r.optional("expect", read::seq)?,
            publish::ECHO => echo = r.optional("echo", read::flag)?,
            publish::HEADERS => given = r.optional("headers", headers)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let headers = assemble::publishable(given)?;
    Ok(Publish { id, topic, payload, key: key_given, expect, echo: echo.unwrap_or(true), headers })
}

fn history_frame(r: &mut Reader<'_>) -> Result<History, Fault> {
    let id = read::id("id", &mut *r)?;
    let pattern = read::pattern("pattern", &mut *r)?;
    let from = replay_from("from", r)?;
    let mut limit = None;
    options(r, |key, r| {
        match key {
            history::LIMIT => limit = r.optional("limit", read::limit)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(History { id, pattern, from, limit: limit.unwrap_or(DEFAULT_HISTORY_MESSAGES) })
}

fn presence_frame(r: &mut Reader<'_>) -> Result<Presence, Fault> {
    let id = read::id("id", &mut *r)?;
    let topic = read::topic("topic", &mut *r)?;
    let (mut limit, mut after) = (None, None);
    options(r, |key, r| {
        match key {
            presence::LIMIT => limit = r.optional("limit", read::limit)?,
            presence::AFTER => after = r.optional("after", read::count)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Presence { id, topic, after, limit: limit.unwrap_or(DEFAULT_PRESENCE_MEMBERS) })
}
