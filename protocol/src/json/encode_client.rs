//! Writes a client's frame as JSON.

use crate::frame::{ClientFrame, Deliver, Hello, History, Presence, Publish, ReplayFrom, Subscribe};
use crate::json::write::{Json, Object};
use crate::limits::{DEFAULT_HISTORY_MESSAGES, DEFAULT_PRESENCE_MEMBERS};
use crate::op::ClientOp;

/// Appends a client's frame.
pub(crate) fn encode_client(frame: &ClientFrame<'_>, out: &mut Vec<u8>) {
    let frame_of = |op: ClientOp, out| Object::frame(op.name(), out);
    match frame {
        ClientFrame::Hello(hello) => put_hello(hello, frame_of(ClientOp::Hello, out)),
        ClientFrame::Subscribe(subscribe) => put_subscribe(subscribe, frame_of(ClientOp::Subscribe, out)),
        ClientFrame::Unsubscribe { sub } => {
            let mut object = frame_of(ClientOp::Unsubscribe, out);
            object.put("sub", sub);
            object.end();
        }
        ClientFrame::Publish(publish) => put_publish(publish, frame_of(ClientOp::Publish, out)),
        ClientFrame::History(history) => put_history(history, frame_of(ClientOp::History, out)),
        ClientFrame::Presence(presence) => put_presence(presence, frame_of(ClientOp::Presence, out)),
        ClientFrame::Refresh { id, token } => {
            let mut object = frame_of(ClientOp::Refresh, out);
            object.put("id", id);
            object.put("token", &**token);
            object.end();
        }
        ClientFrame::Ping => frame_of(ClientOp::Ping, out).end(),
        ClientFrame::Pong => frame_of(ClientOp::Pong, out).end(),
    }
}

fn put_hello(hello: &Hello<'_>, mut object: Object<'_>) {
    object.put_some("token", hello.token.as_deref());
    object.put_some("name", hello.name.as_deref());
    object.put_some("resume", hello.resume.as_deref());
    object.end();
}

fn put_subscribe(subscribe: &Subscribe, mut object: Object<'_>) {
    object.put("sub", &subscribe.sub);
    object.put("pattern", &subscribe.pattern);
    if subscribe.from != ReplayFrom::Now {
        object.put("from", &subscribe.from);
    }
    if let Deliver::Latest { max_rate } = &subscribe.deliver {
        object.put("deliver", "latest");
        object.put_some("max_rate", max_rate.as_ref());
    }
    object.end();
}

fn put_publish(publish: &Publish<'_>, mut object: Object<'_>) {
    object.put_some("id", publish.id.as_ref());
    object.put("topic", &publish.topic);
    object.payload(&publish.payload);
    object.put_some("key", publish.key.as_deref());
    object.put_some("expect", publish.expect.as_ref());
    if !publish.echo {
        object.put("echo", &false);
    }
    object.put_some("headers", publish.headers.as_ref());
    object.end();
}

fn put_history(history: &History, mut object: Object<'_>) {
    object.put("id", &history.id);
    object.put("pattern", &history.pattern);
    object.put("from", &history.from);
    if history.limit != DEFAULT_HISTORY_MESSAGES {
        object.put("limit", &history.limit);
    }
    object.end();
}

fn put_presence(presence: &Presence, mut object: Object<'_>) {
    object.put("id", &presence.id);
    object.put("topic", &presence.topic);
    if presence.limit != DEFAULT_PRESENCE_MEMBERS {
        object.put("limit", &presence.limit);
    }
    object.put_some("after", presence.after.as_ref());
    object.end();
}

impl Json for ReplayFrom {
    fn write(&self, out: &mut Vec<u8>) {
        let one = |out, name: &str, value: &dyn Json| {
            let mut object = Object::begin(out);
            value.write(object.field(name));
            object.end();
        };
        match self {
            Self::Now => "now".write(out),
            Self::Last => "last".write(out),
            Self::Start => "start".write(out),
            Self::Position(position) => one(out, "position", position),
            Self::Time(time_ms) => one(out, "time", time_ms),
            Self::LastAfter(position) => one(out, "last", position),
        }
    }
}
