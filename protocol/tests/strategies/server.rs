//! Random frames of brokers.

use fanfare_protocol::frame::{
    ErrorFrame, Gap, HistoryPage, Member, PresencePage, Published, PublishedAt, ServerFrame, Subscribed,
    Welcome,
};
use fanfare_protocol::payload::JsonText;
use fanfare_protocol::{ErrorCode, GapReason};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::parts::{
    epoch, id, json, maybe, message, message_seq, millis, pattern, position, seq, short_text, stream, text,
};

type Frame = ServerFrame<'static>;

fn sub() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 1_u32..300]
}

fn code() -> impl Strategy<Value = ErrorCode> {
    select(ErrorCode::ALL)
}

fn welcome() -> impl Strategy<Value = Frame> {
    (text(), millis(), seq(), maybe(millis()), maybe(millis()), maybe(short_text())).prop_map(
        |(session, heartbeat_ms, max_payload_bytes, expires_in_ms, key_window_ms, resume)| {
            ServerFrame::Welcome(Welcome {
                session,
                heartbeat_ms,
                max_payload_bytes,
                expires_in_ms,
                key_window_ms,
                resume,
            })
        },
    )
}

fn subscribed() -> impl Strategy<Value = Frame> {
    (sub(), maybe(pattern()), position(), maybe(any::<bool>()), any::<bool>(), any::<bool>()).prop_map(
        |(sub, pattern, position, recovered, live, ephemeral)| {
            ServerFrame::Subscribed(Subscribed { sub, pattern, position, recovered, live, ephemeral })
        },
    )
}

fn gap() -> impl Strategy<Value = Gap> {
    (select(GapReason::ALL), maybe(stream()), maybe(seq()), maybe(seq()), maybe(seq()), maybe(position()))
        .prop_map(|(reason, stream, from, to, count, position)| Gap {
            reason,
            stream,
            from,
            to,
            count,
            position,
        })
}

fn published() -> impl Strategy<Value = Frame> {
    let at = (stream(), epoch(), message_seq()).prop_map(|(stream, epoch, seq)| PublishedAt {
        stream,
        epoch,
        seq,
    });
    (id(), maybe(at), any::<bool>())
        .prop_map(|(id, at, duplicate)| ServerFrame::Published(Published { id, at, duplicate }))
}

fn history() -> impl Strategy<Value = Frame> {
    (id(), vec(message(), 0..20), vec(gap(), 0..3), position(), any::<bool>()).prop_map(
        |(id, messages, gaps, position, more)| ServerFrame::History {
            id,
            page: HistoryPage { messages, gaps, position, more },
        },
    )
}

fn member() -> impl Strategy<Value = Member<'static>> {
    let info = json().prop_map(|json| JsonText::new(&json).unwrap().into_owned());
    (text(), maybe(text()), maybe(info)).prop_map(|(session, subject, info)| Member {
        session,
        subject,
        info,
    })
}

fn presence() -> impl Strategy<Value = Frame> {
    (id(), vec(member(), 0..20), maybe(seq()), maybe(seq())).prop_map(|(id, members, count, next)| {
        ServerFrame::Presence { id, page: PresencePage { members, count, next } }
    })
}

fn error() -> impl Strategy<Value = Frame> {
    (maybe(id()), maybe(sub()), code(), text(), maybe(millis()), maybe(seq())).prop_map(
        |(id, sub, code, message, retry_after_ms, seq)| {
            ServerFrame::Error(ErrorFrame { id, sub, code, message, retry_after_ms, seq })
        },
    )
}

/// Any frame of a broker.
pub(crate) fn server_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        2 => welcome(),
        3 => subscribed(),
        8 => (sub(), message()).prop_map(|(sub, message)| ServerFrame::Message { sub, message }),
        4 => (sub(), gap()).prop_map(|(sub, gap)| ServerFrame::Gap { sub, gap }),
        1 => sub().prop_map(|sub| ServerFrame::Behind { sub }),
        1 => (sub(), position()).prop_map(|(sub, position)| ServerFrame::Live { sub, position }),
        1 => (sub(), maybe(code())).prop_map(|(sub, code)| ServerFrame::Unsubscribed { sub, code }),
        3 => published(),
        1 => (id(), maybe(millis())).prop_map(|(id, expires_in_ms)| ServerFrame::Ok { id, expires_in_ms }),
        2 => history(),
        2 => presence(),
        3 => error(),
        2 => (maybe(position()), vec(sub(), 0..20))
            .prop_map(|(position, except)| ServerFrame::Ping { position, except }),
        1 => Just(ServerFrame::Pong),
        1 => (text(), millis())
            .prop_map(|(reason, reconnect_after_ms)| ServerFrame::Goaway { reason, reconnect_after_ms }),
    ]
}
