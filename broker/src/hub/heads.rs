//! Heads: the positions that a `ping` carries, so that quiet subscriptions do not fall out of retention unnoticed.

use std::sync::Arc;

use fanfare_protocol::{Encoding, Position, ServerFrame};
use slab::Slab;

use super::mailbox::Mail;
use super::shard::{Attached, Shard};
use super::shared::Hub;
use super::subscription::{Progress, Subscription};
use crate::fault::{Fault, planted};
use crate::outbound::Wire;

/// The heads of all streams at a moment, encoded once for every session of a sweep.
///
/// The order matters: heads are read first, then the mailbox is drained, then the ping is queued. So everything up to
/// the heads stands before the ping in every queue.
#[derive(Debug)]
pub(crate) struct Heads {
    position: Position,
    json: Arc<[u8]>,
    msgpack: Arc<[u8]>,
}

impl Hub {
    /// The heads now. The mailbox is to be drained after this, and before [`Shard::ping`].
    pub(super) fn position_of_heads(&self) -> Position {
        self.engine.streams().iter().map(|stream| (stream.name().clone(), stream.head())).collect()
    }
}

impl Heads {
    /// Takes what waits for a shard, and the heads that this brings it up to. [`Shard::ping`] comes when it is fanned out.
    pub(crate) fn with_mail(hub: &Hub, shard: usize, mail: &mut Mail) -> Self {
        let mut heads = hub.position_of_heads();
        hub.mailbox(shard).take(mail);
        if planted(Fault::HeadsLate) {
            heads = hub.position_of_heads();
        }
        Self::served(hub, heads, mail)
    }

    /// Takes the heads that `mail`, drained after they were read, has brought the shard up to.
    pub(super) fn served(hub: &Hub, mut position: Position, mail: &Mail) -> Self {
        for (overflowed, _) in &mail.overflowed {
            if let Some(stream) = hub.engine.stream(*overflowed).filter(|_| !planted(Fault::PingOverflowed)) {
                position.0.remove(stream.name());
            }
        }
        Self::at(position)
    }

    fn at(position: Position) -> Self {
        let json = encode(Encoding::Json, &position, Vec::new());
        let msgpack = encode(Encoding::MsgPack, &position, Vec::new());
        Self { position, json, msgpack }
    }
}

impl Default for Heads {
    /// Of a shard that was brought up to nothing yet.
    fn default() -> Self {
        Self::at(Position::default())
    }
}

impl Shard {
    /// Queues a `ping` for a session, with heads that its queue has been brought up to.
    pub(crate) fn ping(&mut self, session: u32, heads: &Heads) {
        let Self { hub, sessions, subs, .. } = self;
        let Some(attached) = sessions.get(session as usize) else { return };
        let mut except = Vec::new();
        for (number, slot) in &attached.subs {
            match subs.get_mut(*slot as usize) {
                Some(sub) if sub.is_ahead_of_its_client() => except.push(*number),
                Some(sub) => sub.advance(hub, &heads.position),
                None => {}
            }
        }
        match (attached.outbound.wire(), except.is_empty()) {
            (Wire::Json, true) => attached.outbound.push_ping(&heads.json),
            (Wire::MsgPack, true) => attached.outbound.push_ping(&heads.msgpack),
            (wire @ (Wire::Json | Wire::MsgPack), false) => {
                attached.outbound.push_ping(&encode(wire.encoding(), &heads.position, except));
            }
            (Wire::Events, all) => attached.tell_advance(subs, hub, all),
        }
        self.mark_dirty(session);
    }
}

impl Attached {
    /// Tells an event stream how far its subscription has come, unless it is ahead of its client.
    fn tell_advance(&self, subs: &Slab<Subscription>, hub: &Hub, is_level: bool) {
        let only = self.subs.first().filter(|_| is_level);
        match only.and_then(|(_, slot)| subs.get(*slot as usize)) {
            Some(sub) => self.outbound.push_advance(sub.sub, sub.position(hub)),
            None => self.outbound.push_comment(),
        }
    }
}

impl Subscription {
    /// Stands where a ping brings its client.
    fn advance(&mut self, hub: &Hub, heads: &Position) {
        for met in self.streams.iter_mut() {
            let head = hub.engine.stream(met.index).and_then(|stream| heads.get(stream.name().as_str()));
            if let (Progress::Live(seq), Some(head)) = (&mut met.progress, head) {
                *seq = head.seq.max(*seq);
            }
        }
    }
}

fn encode(encoding: Encoding, position: &Position, except: Vec<u32>) -> Arc<[u8]> {
    let mut payload = Vec::new();
    let position = (!position.0.is_empty()).then(|| position.clone());
    encoding.encode_server(&ServerFrame::Ping { position, except }, &mut payload);
    Arc::from(payload)
}
