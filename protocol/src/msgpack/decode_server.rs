//! Reads a broker's frame from MessagePack.

use crate::fault::{DecodeError, Fault};
use crate::frame::ServerFrame;
use crate::msgpack::decode_records as record;
use crate::msgpack::layout::server_len;
use crate::msgpack::reader::Reader;
use crate::msgpack::structure::{open, position, shape, without_options};
use crate::op::{Second, ServerOp};
use crate::read;

/// Reads a frame from a broker; `None` is an op of a later version.
pub(crate) fn decode_server(bytes: &[u8]) -> Result<Option<ServerFrame<'_>>, DecodeError> {
    frame(Reader::new(bytes)).map_err(|fault| echo(Reader::new(bytes), fault))
}

/// Adds to a fault the number that the op has.
fn echo(mut r: Reader<'_>, fault: Fault) -> DecodeError {
    let op = open(&mut r).ok().and_then(|(op, _)| ServerOp::from_number(op));
    match op.map(ServerOp::second) {
        Some(Second::Sub) => fault.echo(None, read::broker_sub("sub", &mut r).ok()),
        Some(Second::Id) => fault.echo(read::id("id", &mut r).ok(), None),
        _ => fault.echo(None, None),
    }
}

fn frame(mut r: Reader<'_>) -> Result<Option<ServerFrame<'_>>, Fault> {
    let (op, len) = open(&mut r)?;
    let Some(op) = ServerOp::from_number(op) else { return Ok(None) };
    shape(op.name(), server_len(op), len)?;
    let frame = of_op(op, &mut r)?;
    r.end()?;
    Ok(Some(frame))
}

fn of_op<'a>(op: ServerOp, r: &mut Reader<'a>) -> Result<ServerFrame<'a>, Fault> {
    match op {
        ServerOp::Message => Ok(ServerFrame::Message { sub: sub(r)?, message: record::message(r)? }),
        ServerOp::Gap => Ok(ServerFrame::Gap { sub: sub(r)?, gap: record::gap(r)? }),
        ServerOp::Subscribed => record::subscribed(r).map(ServerFrame::Subscribed),
        ServerOp::Behind => without_options(ServerFrame::Behind { sub: sub(r)? }, r),
        ServerOp::Live => {
            let live = ServerFrame::Live { sub: sub(r)?, position: position("position", r)? };
            without_options(live, r)
        }
        ServerOp::Unsubscribed => Ok(ServerFrame::Unsubscribed { sub: sub(r)?, code: record::end_code(r)? }),
        ServerOp::Published => record::published(r).map(ServerFrame::Published),
        ServerOp::Ok => Ok(ServerFrame::Ok { id: id(r)?, expires_in_ms: record::expires_in_ms(r)? }),
        ServerOp::History => Ok(ServerFrame::History { id: id(r)?, page: record::page(r)? }),
        ServerOp::Presence => Ok(ServerFrame::Presence { id: id(r)?, page: record::present(r)? }),
        ServerOp::Error => record::error(r).map(ServerFrame::Error),
        ServerOp::Ping => record::ping(r),
        ServerOp::Pong => without_options(ServerFrame::Pong, r),
        ServerOp::Welcome => record::welcome(r).map(ServerFrame::Welcome),
        ServerOp::Goaway => {
            let reason = read::text("reason", &mut *r)?;
            let reconnect_after_ms = read::millis("reconnect_after_ms", &mut *r)?;
            without_options(ServerFrame::Goaway { reason, reconnect_after_ms }, r)
        }
    }
}

fn sub(r: &mut Reader<'_>) -> Result<u32, Fault> {
    read::broker_sub("sub", r)
}

fn id(r: &mut Reader<'_>) -> Result<u64, Fault> {
    read::id("id", r)
}
