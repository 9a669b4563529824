//! Writes a broker's frame as MessagePack.

use crate::frame::{
    ErrorFrame, Gap, HistoryPage, Member, Message, PresencePage, Published, ServerFrame, Subscribed, Welcome,
};
use crate::msgpack::body;
use crate::msgpack::layout::{
    GAP_LEN, MEMBER_LEN, MESSAGE_LEN, error, gap, member, ok, page, ping, present, published, server_len,
    subscribed, unsubscribed, welcome,
};
use crate::msgpack::write::{Options, Pack, array, list};
use crate::op::ServerOp;
use crate::position::Position;

/// Appends a broker's frame.
pub(crate) fn encode_server(frame: &ServerFrame<'_>, out: &mut Vec<u8>) {
    match frame {
        ServerFrame::Welcome(welcome) => put_welcome(welcome, out),
        ServerFrame::Subscribed(subscribed) => put_subscribed(subscribed, out),
        ServerFrame::Message { sub, message } => {
            message_prefix(*sub, out);
            message_body(message, out);
        }
        ServerFrame::Gap { sub, gap } => {
            for_sub(ServerOp::Gap, *sub, out);
            put_gap(gap, out);
        }
        ServerFrame::Behind { sub } => {
            for_sub(ServerOp::Behind, *sub, out);
            Options::begin(out);
        }
        ServerFrame::Live { sub, position } => {
            for_sub(ServerOp::Live, *sub, out);
            position.pack(out);
            Options::begin(out);
        }
        ServerFrame::Unsubscribed { sub, code } => {
            for_sub(ServerOp::Unsubscribed, *sub, out);
            Options::begin(out).put_some(unsubscribed::CODE, code.as_ref());
        }
        ServerFrame::Published(published) => put_published(published, out),
        ServerFrame::Ok { id, expires_in_ms } => {
            for_id(ServerOp::Ok, *id, out);
            Options::begin(out).put_some(ok::EXPIRES_IN_MS, expires_in_ms.as_ref());
        }
        ServerFrame::History { id, page } => put_history(*id, page, out),
        ServerFrame::Presence { id, page } => put_presence(*id, page, out),
        ServerFrame::Error(error) => put_error(error, out),
        ServerFrame::Ping { position, except } => put_ping(position.as_ref(), except, out),
        ServerFrame::Pong => {
            begin(ServerOp::Pong, out);
            Options::begin(out);
        }
        ServerFrame::Goaway { reason, reconnect_after_ms } => {
            begin(ServerOp::Goaway, out);
            reason.pack(out);
            reconnect_after_ms.pack(out);
            Options::begin(out);
        }
    }
}

/// Appends the part of a `message` frame that differs per subscription.
pub(crate) fn message_prefix(sub: u32, out: &mut Vec<u8>) {
    for_sub(ServerOp::Message, sub, out);
}

/// Appends the part of a `message` frame that all subscriptions share.
pub(crate) fn message_body(message: &Message<'_>, out: &mut Vec<u8>) {
    let place = message.sequenced.as_ref().map(|place| (&place.stream, place.seq, place.prev));
    body::start(&message.topic, &message.payload, out);
    body::finish(message.time_ms, place, message.by.as_deref(), message.headers.as_ref(), out);
}

/// Appends a `history` frame whose messages are bodies.
pub(crate) fn history_of_bodies(
    id: u64,
    bodies: &[&[u8]],
    gaps: &[Gap],
    position: &Position,
    more: bool,
    out: &mut Vec<u8>,
) {
    for_id(ServerOp::History, id, out);
    list(bodies, out, |body, out| {
        array(MESSAGE_LEN, out);
        out.extend_from_slice(body);
    });
    position.pack(out);
    more.pack(out);
    let mut options = Options::begin(out);
    if !gaps.is_empty() {
        list(gaps, options.field(page::GAPS), |gap, out| {
            array(GAP_LEN, out);
            put_gap(gap, out);
        });
    }
}

fn begin(op: ServerOp, out: &mut Vec<u8>) {
    array(server_len(op), out);
    op.number().pack(out);
}

fn for_sub(op: ServerOp, sub: u32, out: &mut Vec<u8>) {
    begin(op, out);
    sub.pack(out);
}

fn for_id(op: ServerOp, id: u64, out: &mut Vec<u8>) {
    begin(op, out);
    id.pack(out);
}

fn put_welcome(frame: &Welcome<'_>, out: &mut Vec<u8>) {
    begin(ServerOp::Welcome, out);
    frame.session.pack(out);
    frame.heartbeat_ms.pack(out);
    frame.max_payload_bytes.pack(out);
    let mut options = Options::begin(out);
    options.put_some(welcome::EXPIRES_IN_MS, frame.expires_in_ms.as_ref());
    options.put_some(welcome::KEY_WINDOW_MS, frame.key_window_ms.as_ref());
    options.put_some(welcome::RESUME, frame.resume.as_deref());
}

fn put_subscribed(frame: &Subscribed, out: &mut Vec<u8>) {
    for_sub(ServerOp::Subscribed, frame.sub, out);
    frame.position.pack(out);
    frame.live.pack(out);
    let mut options = Options::begin(out);
    options.put_some(subscribed::PATTERN, frame.pattern.as_ref());
    options.put_some(subscribed::RECOVERED, frame.recovered.as_ref());
    if frame.ephemeral {
        options.put(subscribed::EPHEMERAL, &true);
    }
}

fn put_gap(frame: &Gap, out: &mut Vec<u8>) {
    frame.reason.pack(out);
    let mut options = Options::begin(out);
    options.put_some(gap::STREAM, frame.stream.as_ref());
    options.put_some(gap::FROM, frame.from.as_ref());
    options.put_some(gap::TO, frame.to.as_ref());
    options.put_some(gap::COUNT, frame.count.as_ref());
    options.put_some(gap::POSITION, frame.position.as_ref());
}

fn put_published(frame: &Published, out: &mut Vec<u8>) {
    for_id(ServerOp::Published, frame.id, out);
    let mut options = Options::begin(out);
    if let Some(at) = &frame.at {
        options.put(published::STREAM, &at.stream);
        options.put(published::EPOCH, &at.epoch);
        options.put(published::SEQ, &at.seq);
    }
    if frame.duplicate {
        options.put(published::DUPLICATE, &true);
    }
}

fn put_history(id: u64, page: &HistoryPage<'_>, out: &mut Vec<u8>) {
    let body = |message| {
        let mut body = Vec::new();
        message_body(message, &mut body);
        body
    };
    let bodies: Vec<Vec<u8>> = page.messages.iter().map(body).collect();
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    history_of_bodies(id, &bodies, &page.gaps, &page.position, page.more, out);
}

fn put_presence(id: u64, page: &PresencePage<'_>, out: &mut Vec<u8>) {
    for_id(ServerOp::Presence, id, out);
    list(&page.members, out, put_member);
    let mut options = Options::begin(out);
    options.put_some(present::COUNT, page.count.as_ref());
    options.put_some(present::NEXT, page.next.as_ref());
}

fn put_member(frame: &Member<'_>, out: &mut Vec<u8>) {
    array(MEMBER_LEN, out);
    frame.session.pack(out);
    let mut options = Options::begin(out);
    options.put_some(member::SUBJECT, frame.subject.as_deref());
    options.put_some(member::INFO, frame.info.as_ref());
}

fn put_error(frame: &ErrorFrame<'_>, out: &mut Vec<u8>) {
    begin(ServerOp::Error, out);
    frame.code.pack(out);
    frame.message.pack(out);
    let mut options = Options::begin(out);
    options.put_some(error::ID, frame.id.as_ref());
    options.put_some(error::SUB, frame.sub.as_ref());
    options.put_some(error::RETRY_AFTER_MS, frame.retry_after_ms.as_ref());
    options.put_some(error::SEQ, frame.seq.as_ref());
}

fn put_ping(position: Option<&Position>, except: &[u32], out: &mut Vec<u8>) {
    begin(ServerOp::Ping, out);
    let mut options = Options::begin(out);
    options.put_some(ping::POSITION, position);
    if !except.is_empty() {
        list(except, options.field(ping::EXCEPT), Pack::pack);
    }
}
