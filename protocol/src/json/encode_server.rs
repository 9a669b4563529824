//! Writes a broker's frame as JSON.

use crate::codes::ErrorCode;
use crate::frame::{
    ErrorFrame, Gap, HistoryPage, Member, Message, Published, ServerFrame, Subscribed, Welcome,
};
use crate::json::write::{Json, Object, list};
use crate::op::ServerOp;
use crate::position::Position;

/// Appends a broker's frame.
pub(crate) fn encode_server(frame: &ServerFrame<'_>, out: &mut Vec<u8>) {
    match frame {
        ServerFrame::Welcome(welcome) => put_welcome(welcome, frame_of(ServerOp::Welcome, out)),
        ServerFrame::Subscribed(subscribed) => {
            put_subscribed(subscribed, for_sub(ServerOp::Subscribed, subscribed.sub, out));
        }
        ServerFrame::Message { sub, message } => {
            message_prefix(*sub, out);
            message_body(message, out);
        }
        ServerFrame::Gap { sub, gap } => put_gap(gap, for_sub(ServerOp::Gap, *sub, out)),
        ServerFrame::Behind { sub } => for_sub(ServerOp::Behind, *sub, out).end(),
        ServerFrame::Live { sub, position } => put_live(position, for_sub(ServerOp::Live, *sub, out)),
        ServerFrame::Unsubscribed { sub, code } => {
            put_unsubscribed(*code, for_sub(ServerOp::Unsubscribed, *sub, out));
        }
        ServerFrame::Published(published) => put_published(published, out),
        ServerFrame::Ok { id, expires_in_ms } => {
            let mut object = for_id(ServerOp::Ok, *id, out);
            object.put_some("expires_in_ms", expires_in_ms.as_ref());
            object.end();
        }
        ServerFrame::History { id, page } => put_history(*id, page, out),
        ServerFrame::Presence { id, page } => {
            let mut object = for_id(ServerOp::Presence, *id, out);
            list(&page.members, object.field("members"), put_member);
            object.put_some("count", page.count.as_ref());
            object.put_some("next", page.next.as_ref());
            object.end();
        }
        ServerFrame::Error(error) => put_error(error, frame_of(ServerOp::Error, out)),
        ServerFrame::Ping { position, except } => put_ping(position.as_ref(), except, out),
        ServerFrame::Pong => frame_of(ServerOp::Pong, out).end(),
        ServerFrame::Goaway { reason, reconnect_after_ms } => {
            put_goaway(reason, *reconnect_after_ms, frame_of(ServerOp::Goaway, out));
        }
    }
}

/// Appends what a frame says beside its op and its subscription, as an object; returns the op. Answers to requests say
/// nothing here: who hears events asks nothing.
pub(crate) fn encode_event(frame: &ServerFrame<'_>, out: &mut Vec<u8>) -> &'static str {
    let object = Object::begin(out);
    let op = match frame {
        ServerFrame::Welcome(welcome) => {
            put_welcome(welcome, object);
            ServerOp::Welcome
        }
        ServerFrame::Subscribed(subscribed) => {
            put_subscribed(subscribed, object);
            ServerOp::Subscribed
        }
        ServerFrame::Message { message, .. } => {
            put_message(message, object);
            ServerOp::Message
        }
        ServerFrame::Gap { gap, .. } => {
            put_gap(gap, object);
            ServerOp::Gap
        }
        ServerFrame::Live { position, .. } => {
            put_live(position, object);
            ServerOp::Live
        }
        ServerFrame::Error(error) => {
            put_error(error, object);
            ServerOp::Error
        }
        ServerFrame::Goaway { reason, reconnect_after_ms } => {
            put_goaway(reason, *reconnect_after_ms, object);
            ServerOp::Goaway
        }
        ServerFrame::Behind { .. } => {
            object.end();
            ServerOp::Behind
        }
        ServerFrame::Unsubscribed { code, .. } => {
            put_unsubscribed(*code, object);
            ServerOp::Unsubscribed
        }
        ServerFrame::Published(_)
        | ServerFrame::Ok { .. }
        | ServerFrame::History { .. }
        | ServerFrame::Presence { .. }
        | ServerFrame::Ping { .. }
        | ServerFrame::Pong => {
            object.end();
            ServerOp::Pong
        }
    };
    op.name()
}

/// Appends the part of a `message` frame that differs per subscription.
pub(crate) fn message_prefix(sub: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"op":"message","sub":"#);
    sub.write(out);
    out.push(b',');
}

/// Appends the part of a `message` frame that all subscriptions share.
pub(crate) fn message_body(message: &Message<'_>, out: &mut Vec<u8>) {
    put_message(message, Object::rest(out));
}

fn put_message(message: &Message<'_>, mut object: Object<'_>) {
    object.put("topic", &message.topic);
    object.payload(&message.payload);
    object.put("time", &message.time_ms);
    if let Some(place) = &message.sequenced {
        object.put("stream", &place.stream);
        object.put("seq", &place.seq);
        object.put_some("prev", place.prev.as_ref());
    }
    object.put_some("by", message.by.as_deref());
    object.put_some("headers", message.headers.as_ref());
    object.end();
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
    let mut object = for_id(ServerOp::History, id, out);
    list(bodies, object.field("messages"), |body, out| {
        out.push(b'{');
        out.extend_from_slice(body);
    });
    if !gaps.is_empty() {
        list(gaps, object.field("gaps"), |gap, out| put_gap(gap, Object::begin(out)));
    }
    object.put("position", position);
    object.put("more", &more);
    object.end();
}

fn frame_of(op: ServerOp, out: &mut Vec<u8>) -> Object<'_> {
    Object::frame(op.name(), out)
}

fn for_sub(op: ServerOp, sub: u32, out: &mut Vec<u8>) -> Object<'_> {
    let mut object = frame_of(op, out);
    object.put("sub", &sub);
    object
}

fn for_id(op: ServerOp, id: u64, out: &mut Vec<u8>) -> Object<'_> {
    let mut object = frame_of(op, out);
    object.put("id", &id);
    object
}

fn put_welcome(welcome: &Welcome<'_>, mut object: Object<'_>) {
    object.put("session", &*welcome.session);
    object.put("heartbeat_ms", &welcome.heartbeat_ms);
    object.put("max_payload_bytes", &welcome.max_payload_bytes);
    object.put_some("expires_in_ms", welcome.expires_in_ms.as_ref());
    object.put_some("key_window_ms", welcome.key_window_ms.as_ref());
    object.put_some("resume", welcome.resume.as_deref());
    object.end();
}

fn put_subscribed(subscribed: &Subscribed, mut object: Object<'_>) {
    object.put_some("pattern", subscribed.pattern.as_ref());
    object.put("position", &subscribed.position);
    object.put_some("recovered", subscribed.recovered.as_ref());
    object.put("live", &subscribed.live);
    if subscribed.ephemeral {
        object.put("ephemeral", &true);
    }
    object.end();
}

fn put_gap(gap: &Gap, mut object: Object<'_>) {
    object.put("reason", &gap.reason);
    object.put_some("stream", gap.stream.as_ref());
    object.put_some("from", gap.from.as_ref());
    object.put_some("to", gap.to.as_ref());
    object.put_some("count", gap.count.as_ref());
    object.put_some("position", gap.position.as_ref());
    object.end();
}

fn put_live(position: &Position, mut object: Object<'_>) {
    object.put("position", position);
    object.end();
}

fn put_unsubscribed(code: Option<ErrorCode>, mut object: Object<'_>) {
    object.put_some("code", code.as_ref());
    object.end();
}

fn put_goaway(reason: &str, reconnect_after_ms: u64, mut object: Object<'_>) {
    object.put("reason", reason);
    object.put("reconnect_after_ms", &reconnect_after_ms);
    object.end();
}

fn put_published(published: &Published, out: &mut Vec<u8>) {
    let mut object = for_id(ServerOp::Published, published.id, out);
    if let Some(at) = &published.at {
        object.put("stream", &at.stream);
        object.put("epoch", &at.epoch);
        object.put("seq", &at.seq);
    }
    if published.duplicate {
        object.put("duplicate", &true);
    }
    object.end();
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

fn put_member(member: &Member<'_>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.put("session", &*member.session);
    object.put_some("subject", member.subject.as_deref());
    object.put_some("info", member.info.as_ref());
    object.end();
}

fn put_error(error: &ErrorFrame<'_>, mut object: Object<'_>) {
    object.put_some("id", error.id.as_ref());
    object.put_some("sub", error.sub.as_ref());
    object.put("code", &error.code);
    object.put("message", &*error.message);
    object.put_some("retry_after_ms", error.retry_after_ms.as_ref());
    object.put_some("seq", error.seq.as_ref());
    object.end();
}

fn put_ping(position: Option<&Position>, except: &[u32], out: &mut Vec<u8>) {
    let mut object = frame_of(ServerOp::Ping, out);
    object.put_some("position", position);
    if !except.is_empty() {
        list(except, object.field("except"), Json::write);
    }
    object.end();
}
