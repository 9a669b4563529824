//! A model of a broker: one stream, keys, positions, and one connection that can be cut at any frame.

use std::collections::{BTreeMap, VecDeque};

use fanfare_protocol::frame::{
    Gap, Message, Publish, Published, PublishedAt, ReplayFrom, Sequenced, ServerFrame, Subscribe, Subscribed,
    Welcome,
};
use fanfare_protocol::{ClientFrame, Epoch, GapReason, Payload, Position, StreamName, StreamPosition, Topic};

/// A broker with one stream, and what is under way to and from its one client.
#[derive(Debug, Default)]
pub(super) struct Broker {
    /// What was appended since the start, in sequence: the first has sequence 1.
    pub(super) log: Vec<String>,
    /// How many of the oldest are not retained any more.
    expired: u64,
    restarts: u32,
    keys: BTreeMap<String, u64>,
    readers: BTreeMap<u32, Reader>,
    pub(super) up: VecDeque<ClientFrame<'static>>,
    pub(super) down: VecDeque<ServerFrame<'static>>,
}

/// A subscription of the client that is connected.
#[derive(Debug)]
struct Reader {
    sent: u64,
    live: bool,
}

impl Broker {
    /// Deals with the next frame from the client.
    pub(super) fn take(&mut self) {
        match self.up.pop_front() {
            Some(ClientFrame::Hello(_)) => self.down.push_back(ServerFrame::Welcome(Welcome {
                session: "s1".into(),
                heartbeat_ms: 0,
                max_payload_bytes: 65_536,
                expires_in_ms: None,
                key_window_ms: None,
                resume: None,
            })),
            Some(ClientFrame::Subscribe(subscribe)) => self.subscribe(&subscribe),
            Some(ClientFrame::Publish(publish)) => self.publish(publish),
            Some(ClientFrame::Unsubscribe { sub }) => {
                assert!(self.readers.remove(&sub).is_some(), "it is not subscribed");
                self.down.push_back(ServerFrame::Unsubscribed { sub, code: None });
            }
            Some(ClientFrame::Pong) | None => {}
            Some(other) => panic!("the model knows nothing of {other:?}"),
        }
    }

    /// Appends what somebody else publishes.
    pub(super) fn append(&mut self, text: String) {
        self.log.push(text);
    }

    /// Queues the next message, or the gap before it, for each subscription.
    pub(super) fn pump(&mut self) {
        let (head, expired) = (self.head(), self.expired);
        for (&sub, reader) in &mut self.readers {
            if reader.sent < expired {
                let gap = gap(GapReason::Expired, Some((reader.sent + 1, expired)), None);
                self.down.push_back(ServerFrame::Gap { sub, gap });
                reader.sent = expired;
            }
            if reader.sent < head {
                reader.sent += 1;
                let text = self.log[usize::try_from(reader.sent).unwrap() - 1].clone();
                self.down.push_back(message(sub, reader.sent, text));
            }
        }
    }

    /// Queues a ping: live subscriptions have been sent all before it.
    pub(super) fn ping(&mut self) {
        while self.readers.values().any(|reader| reader.live && reader.sent < self.head()) {
            self.pump();
        }
        let position = Some(self.position(self.head()));
        self.down.push_back(ServerFrame::Ping { position, except: vec![] });
    }

    /// Lets a live subscription fall behind, or one that is behind catch up if it can.
    pub(super) fn turn(&mut self, sub: u32) {
        let (head, epoch) = (self.head(), self.epoch());
        let Some(reader) = self.readers.get_mut(&sub) else { return };
        if reader.live {
            reader.live = false;
            self.down.push_back(ServerFrame::Behind { sub });
        } else if reader.sent == head {
            reader.live = true;
            self.down.push_back(ServerFrame::Live { sub, position: at(epoch, head) });
        }
    }

    /// Lets retention take half of what is retained.
    pub(super) fn expire(&mut self) {
        self.expired += (self.head() - self.expired).div_ceil(2);
    }

    /// Loses the connection with all that is under way.
    pub(super) fn cut(&mut self) {
        self.up.clear();
        self.down.clear();
        self.readers.clear();
    }

    /// Loses the log, too: numbering begins anew.
    pub(super) fn restart(&mut self) {
        *self = Self { restarts: self.restarts + 1, ..Self::default() };
    }

    pub(super) fn head(&self) -> u64 {
        self.log.len() as u64
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch::new(&format!("e{}", self.restarts)).unwrap()
    }

    pub(super) fn is_done(&self) -> bool {
        let head = self.head();
        self.up.is_empty() && self.down.is_empty() && self.readers.values().all(|reader| reader.sent == head)
    }

    fn subscribe(&mut self, subscribe: &Subscribe) {
        let sub = subscribe.sub;
        let (sent, recovered, reset) = match &subscribe.from {
            ReplayFrom::Start => (self.expired, None, false),
            ReplayFrom::Position(position) => {
                let known = position.get("s").filter(|place| place.epoch == self.epoch());
                let sent = known.map_or(0, |place| place.seq);
                (sent, Some(known.is_some() && sent >= self.expired), known.is_none())
            }
            _ => (self.head(), None, false),
        };
        let (live, position) = (sent == self.head(), self.position(sent));
        assert!(self.readers.insert(sub, Reader { sent, live }).is_none(), "it is subscribed already");
        let subscribed =
            Subscribed { sub, pattern: None, position: position.clone(), recovered, live, ephemeral: false };
        self.down.push_back(ServerFrame::Subscribed(subscribed));
        if reset {
            self.down.push_back(ServerFrame::Gap { sub, gap: gap(GapReason::Reset, None, Some(position)) });
        }
    }

    fn publish(&mut self, publish: Publish<'_>) {
        let key = publish.key.unwrap().into_owned();
        let known = self.keys.get(&key).copied();
        let seq = known.unwrap_or_else(|| {
            self.log.push(key.clone());
            self.keys.insert(key, self.head());
            self.head()
        });
        let (id, stream, epoch) = (publish.id.unwrap(), stream(), self.epoch());
        let at = Some(PublishedAt { stream, epoch, seq });
        self.down.push_back(ServerFrame::Published(Published { id, at, duplicate: known.is_some() }));
    }

    fn position(&self, seq: u64) -> Position {
        at(self.epoch(), seq)
    }
}

fn at(epoch: Epoch, seq: u64) -> Position {
    [(stream(), StreamPosition { epoch, seq })].into_iter().collect()
}

fn stream() -> StreamName {
    StreamName::new("s").unwrap()
}

fn message(sub: u32, seq: u64, text: String) -> ServerFrame<'static> {
    let message = Message {
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::text(text),
        time_ms: 0,
        sequenced: Some(Sequenced { stream: stream(), seq, prev: None }),
        by: None,
        headers: None,
    };
    ServerFrame::Message { sub, message }
}

fn gap(reason: GapReason, range: Option<(u64, u64)>, position: Option<Position>) -> Gap {
    let (from, to) = range.unzip();
    Gap { reason, stream: Some(stream()), from, to, count: None, position }
}
