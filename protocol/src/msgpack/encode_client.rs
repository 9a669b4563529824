//! Writes a client's frame as MessagePack.

use crate::frame::{ClientFrame, Deliver, Hello, History, Presence, Publish, ReplayFrom, Subscribe};
use crate::limits::{DEFAULT_HISTORY_MESSAGES, DEFAULT_PRESENCE_MEMBERS};
use crate::msgpack::layout::{client_len, from, hello, history, presence, publish, subscribe};
use crate::msgpack::write::{Options, Pack, array, bin, nil};
use crate::op::ClientOp;

/// Appends a client's frame.
pub(crate) fn encode_client(frame: &ClientFrame<'_>, out: &mut Vec<u8>) {
    match frame {
        ClientFrame::Hello(hello) => put_hello(hello, out),
        ClientFrame::Subscribe(subscribe) => put_subscribe(subscribe, out),
        ClientFrame::Unsubscribe { sub } => {
            begin(ClientOp::Unsubscribe, out);
            sub.pack(out);
            Options::begin(out);
        }
        ClientFrame::Publish(publish) => put_publish(publish, out),
        ClientFrame::History(history) => put_history(history, out),
        ClientFrame::Presence(presence) => put_presence(presence, out),
        ClientFrame::Refresh { id, token } => {
            begin(ClientOp::Refresh, out);
            id.pack(out);
            token.pack(out);
            Options::begin(out);
        }
        ClientFrame::Ping => put_bare(ClientOp::Ping, out),
        ClientFrame::Pong => put_bare(ClientOp::Pong, out),
    }
}

fn begin(op: ClientOp, out: &mut Vec<u8>) {
    array(client_len(op), out);
    op.number().pack(out);
}

fn put_bare(op: ClientOp, out: &mut Vec<u8>) {
    begin(op, out);
    Options::begin(out);
}

fn put_hello(frame: &Hello<'_>, out: &mut Vec<u8>) {
    begin(ClientOp::Hello, out);
    let mut options = Options::begin(out);
    options.put_some(hello::TOKEN, frame.token.as_deref());
    options.put_some(hello::NAME, frame.name.as_deref());
    options.put_some(hello::RESUME, frame.resume.as_deref());
}

fn put_subscribe(frame: &Subscribe, out: &mut Vec<u8>) {
    begin(ClientOp::Subscribe, out);
    frame.sub.pack(out);
    frame.pattern.pack(out);
    let mut options = Options::begin(out);
    if frame.from != ReplayFrom::Now {
        options.put(subscribe::FROM, &frame.from);
    }
    if let Deliver::Latest { max_rate } = &frame.deliver {
        options.put(subscribe::DELIVER, "latest");
        options.put_some(subscribe::MAX_RATE, max_rate.as_ref());
    }
}

fn put_publish(frame: &Publish<'_>, out: &mut Vec<u8>) {
    begin(ClientOp::Publish, out);
    match &frame.id {
        Some(id) => id.pack(out),
        None => nil(out),
    }
    frame.topic.pack(out);
    (frame.payload.kind() as u8).pack(out);
    bin(frame.payload.as_bytes(), out);
    let mut options = Options::begin(out);
    options.put_some(publish::KEY, frame.key.as_deref());
    options.put_some(publish::EXPECT, frame.expect.as_ref());
    if !frame.echo {
        options.put(publish::ECHO, &false);
    }
    options.put_some(publish::HEADERS, frame.headers.as_ref());
}

fn put_history(frame: &History, out: &mut Vec<u8>) {
    begin(ClientOp::History, out);
    frame.id.pack(out);
    frame.pattern.pack(out);
    frame.from.pack(out);
    let mut options = Options::begin(out);
    if frame.limit != DEFAULT_HISTORY_MESSAGES {
        options.put(history::LIMIT, &frame.limit);
    }
}

fn put_presence(frame: &Presence, out: &mut Vec<u8>) {
    begin(ClientOp::Presence, out);
    frame.id.pack(out);
    frame.topic.pack(out);
    let mut options = Options::begin(out);
    if frame.limit != DEFAULT_PRESENCE_MEMBERS {
        options.put(presence::LIMIT, &frame.limit);
    }
    options.put_some(presence::AFTER, frame.after.as_ref());
}

impl Pack for ReplayFrom {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Self::Now => "now".pack(out),
            Self::Last => "last".pack(out),
            Self::Start => "start".pack(out),
            Self::Position(position) => Options::begin(out).put(from::POSITION, position),
            Self::Time(time_ms) => Options::begin(out).put(from::TIME, time_ms),
            Self::LastAfter(position) => Options::begin(out).put(from::LAST, position),
        }
    }
}
