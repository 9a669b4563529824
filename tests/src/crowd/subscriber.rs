//! A light subscriber: its subscriptions outlive its sessions, each resumed at its position as the wire has it.

use std::net::SocketAddr;

use fanfare_protocol::frame::{Deliver, Gap, ReplayFrom, Subscribe, Subscribed};
use fanfare_protocol::{ClientFrame, Encoding, Pattern, Position, ServerFrame};

use super::{Ledger, Session};

/// Subscriptions to one stream, and what they have heard together.
#[derive(Debug)]
pub struct Subscriber {
    encoding: Encoding,
    /// The subscription `sub` stands at `sub - 1`.
    subscriptions: Vec<Subscription>,
    /// What was heard.
    pub ledger: Ledger,
    /// Times that a resumed subscription was told that it begins with a gap.
    pub not_recovered: u64,
    /// Times that a subscription went behind for a full queue.
    pub fell_behind: u64,
    pong_due: bool,
}

#[derive(Debug)]
struct Subscription {
    pattern: Pattern,
    position: Option<Position>,
    /// The last sequence heard.
    last: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not subscribed in this session yet.
    Asked,
    Behind,
    Live,
    Ended,
}

impl Subscriber {
    /// A subscriber of these patterns, no two of which meet a topic; as many messages will be published.
    pub fn new(encoding: Encoding, patterns: &[&str], numbers: usize) -> Self {
        let subscriptions = patterns.iter().map(|pattern| Subscription {
            pattern: Pattern::new(pattern).expect("the test knows patterns"),
            position: None,
            last: 0,
            state: State::Asked,
        });
        Self {
            encoding,
            subscriptions: subscriptions.collect(),
            ledger: Ledger::new(numbers),
            not_recovered: 0,
            fell_behind: 0,
            pong_due: false,
        }
    }

    /// A new session, in which every subscription goes on where it stands; a new one begins now.
    pub async fn connect(&mut self, address: SocketAddr) -> Session {
        for subscription in &mut self.subscriptions {
            subscription.state = State::Asked;
        }
        let subscribes: Vec<_> = self.numbered().map(|(sub, known)| subscribe(sub, known)).collect();
        Session::open(address, self.encoding, &subscribes).await
    }

    /// Ends every subscription; nothing of it may come after [`Subscriber::has_ended`].
    pub async fn unsubscribe(&mut self, session: &mut Session) {
        let frames: Vec<_> = self.numbered().map(|(sub, _)| ClientFrame::Unsubscribe { sub }).collect();
        session.send(&frames).await;
    }

    /// Waits for bytes and takes in what they bring; returns how many messages. Giving up the wait loses nothing.
    pub async fn hear(&mut self, session: &mut Session) -> u64 {
        if self.pong_due {
            session.send(&[ClientFrame::Pong]).await;
            self.pong_due = false;
        }
        session.fill().await;
        let mut messages = 0;
        session.drain(|frame| messages += self.take(frame));
        messages
    }

    /// Whether every subscription is live.
    pub fn is_live(&self) -> bool {
        self.subscriptions.iter().all(|subscription| subscription.state == State::Live)
    }

    /// Whether every subscription has a beginning in this session.
    pub fn is_subscribed(&self) -> bool {
        self.subscriptions.iter().all(|subscription| subscription.state != State::Asked)
    }

    /// Whether every subscription has ended.
    pub fn has_ended(&self) -> bool {
        self.subscriptions.iter().all(|subscription| subscription.state == State::Ended)
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &Subscription)> {
        (1..).zip(&self.subscriptions)
    }

    fn of(&mut self, sub: u32) -> &mut Subscription {
        let at = usize::try_from(sub).expect("32 bits").wrapping_sub(1);
        let subscription = self.subscriptions.get_mut(at).expect("nothing comes for a number not in use");
        assert!(subscription.state != State::Ended, "nothing comes after unsubscribed");
        subscription
    }

    fn take(&mut self, frame: ServerFrame<'_>) -> u64 {
        match frame {
            ServerFrame::Message { sub, message } => {
                let place = message.sequenced.expect("the topics are in a stream");
                let ascends = self.of(sub).reached(place.stream.as_str(), place.seq);
                self.ledger.message(message.payload.as_bytes(), place.seq, ascends);
                return 1;
            }
            ServerFrame::Subscribed(subscribed) => self.subscribed(subscribed),
            ServerFrame::Gap { sub, gap } => self.gap(sub, gap),
            ServerFrame::Behind { sub } => {
                assert_eq!(self.of(sub).state, State::Live, "who is behind already is not told so again");
                self.of(sub).state = State::Behind;
                self.fell_behind += 1;
            }
            ServerFrame::Live { sub, position } => {
                assert_eq!(self.of(sub).state, State::Behind, "live ends being behind");
                self.of(sub).state = State::Live;
                self.of(sub).position = Some(position);
            }
            ServerFrame::Unsubscribed { sub, code: None } => self.of(sub).state = State::Ended,
            ServerFrame::Ping { position, except } => self.ping(position, &except),
            ServerFrame::Welcome(_) | ServerFrame::Pong => {}
            other => panic!("nothing of this kind was due: {other:?}"),
        }
        0
    }

    fn subscribed(&mut self, subscribed: Subscribed) {
        let subscription = self.of(subscribed.sub);
        assert_eq!(subscription.state, State::Asked, "subscribed once a session");
        subscription.state = if subscribed.live { State::Live } else { State::Behind };
        let resumed = subscription.position.replace(subscribed.position).is_some();
        assert_eq!(subscribed.recovered.is_some(), resumed, "recovered answers a position");
        self.not_recovered += u64::from(subscribed.recovered == Some(false));
    }

    fn gap(&mut self, sub: u32, gap: Gap) {
        let (Some(from), Some(to)) = (gap.from, gap.to) else { panic!("no range: {gap:?}") };
        self.ledger.told.push((from, to));
        if gap.position.is_some() {
            self.of(sub).position = gap.position;
        }
    }

    /// Moves what is live and not excepted, never backwards and never into another epoch.
    fn ping(&mut self, heads: Option<Position>, except: &[u32]) {
        self.pong_due = true;
        let heads = heads.unwrap_or_default();
        for (sub, subscription) in (1..).zip(&mut self.subscriptions) {
            if subscription.state != State::Live || except.contains(&sub) {
                continue;
            }
            for (stream, place) in subscription.position.iter_mut().flat_map(|position| &mut position.0) {
                if let Some(head) = heads.get(stream.as_str()).filter(|head| head.epoch == place.epoch) {
                    place.seq = place.seq.max(head.seq);
                }
            }
        }
    }
}

impl Subscription {
    /// Moves to this message of a stream; false if that is no step forward.
    fn reached(&mut self, stream: &str, seq: u64) -> bool {
        let position = self.position.as_mut().expect("messages come after subscribed");
        let place = position.0.get_mut(stream).expect("a position names every stream that the pattern meets");
        let ascends = seq > place.seq && seq > self.last;
        (place.seq, self.last) = (seq, seq);
        ascends
    }
}

fn subscribe<'a>(sub: u32, known: &Subscription) -> ClientFrame<'a> {
    let from = known.position.clone().map_or(ReplayFrom::Now, ReplayFrom::Position);
    ClientFrame::Subscribe(Subscribe { sub, pattern: known.pattern.clone(), from, deliver: Deliver::Every })
}
