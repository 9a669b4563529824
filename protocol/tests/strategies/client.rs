//! Random frames of clients.

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::{Deliver, Hello, History, MaxRate, Presence, Publish, ReplayFrom, Subscribe};
use fanfare_protocol::limits::{MAX_CLIENT_SUB, MAX_HISTORY_MESSAGES, MAX_PRESENCE_MEMBERS};
use proptest::prelude::*;

use super::parts::{headers, id, maybe, millis, pattern, payload, position, seq, short_text, topic};

fn sub() -> impl Strategy<Value = u32> {
    prop_oneof![1..=MAX_CLIENT_SUB, 1_u32..300, Just(MAX_CLIENT_SUB)]
}

fn subscribe_from() -> impl Strategy<Value = ReplayFrom> {
    prop_oneof![
        Just(ReplayFrom::Now),
        Just(ReplayFrom::Last),
        Just(ReplayFrom::Start),
        position().prop_map(ReplayFrom::Position),
        millis().prop_map(ReplayFrom::Time),
    ]
}

fn history_from() -> impl Strategy<Value = ReplayFrom> {
    prop_oneof![5 => subscribe_from(), 1 => position().prop_map(ReplayFrom::LastAfter)]
}

fn deliver() -> impl Strategy<Value = Deliver> {
    let float = prop::num::f64::POSITIVE | prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL;
    let rate = prop_oneof![float, (1_u32..100).prop_map(f64::from)];
    let rate = rate.prop_filter_map("a rate is over 0", MaxRate::new);
    prop_oneof![Just(Deliver::Every), maybe(rate).prop_map(|max_rate| Deliver::Latest { max_rate })]
}

fn hello() -> impl Strategy<Value = ClientFrame<'static>> {
    (maybe(short_text()), maybe(short_text()), maybe(short_text()))
        .prop_map(|(token, name, resume)| ClientFrame::Hello(Hello { token, name, resume }))
}

fn subscribe() -> impl Strategy<Value = ClientFrame<'static>> {
    (sub(), pattern(), subscribe_from(), deliver()).prop_map(|(sub, pattern, from, deliver)| {
        ClientFrame::Subscribe(Subscribe { sub, pattern, from, deliver })
    })
}

fn publish() -> impl Strategy<Value = ClientFrame<'static>> {
    let headers = headers().prop_filter("reserved", |headers| headers.check_publishable().is_ok());
    (maybe(id()), topic(), payload(), maybe(short_text()), maybe(seq()), any::<bool>(), maybe(headers))
        .prop_map(|(id, topic, payload, key, expect, echo, headers)| {
            ClientFrame::Publish(Publish { id, topic, payload, key, expect, echo, headers })
        })
}

fn history() -> impl Strategy<Value = ClientFrame<'static>> {
    (id(), pattern(), history_from(), 1..=MAX_HISTORY_MESSAGES)
        .prop_map(|(id, pattern, from, limit)| ClientFrame::History(History { id, pattern, from, limit }))
}

fn presence() -> impl Strategy<Value = ClientFrame<'static>> {
    (id(), topic(), maybe(seq()), 1..=MAX_PRESENCE_MEMBERS)
        .prop_map(|(id, topic, after, limit)| ClientFrame::Presence(Presence { id, topic, after, limit }))
}

/// Any frame of a client.
pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame<'static>> {
    prop_oneof![
        2 => hello(),
        6 => subscribe(),
        1 => (1..=u32::MAX).prop_map(|sub| ClientFrame::Unsubscribe { sub }),
        8 => publish(),
        4 => history(),
        1 => presence(),
        1 => (id(), short_text()).prop_map(|(id, token)| ClientFrame::Refresh { id, token }),
        1 => Just(ClientFrame::Ping),
        1 => Just(ClientFrame::Pong),
    ]
}
