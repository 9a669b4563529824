//! Frames that wait to be sent, and in which order they go out on a new connection.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::Hello;

/// Something that is asked of the broker, maybe more than once. Its frame is made when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// To open a subscription, or to resume it.
    Subscribe(u32),
    /// To answer the request of this number.
    Request(u64),
}

/// A frame that waits to be sent.
#[derive(Debug)]
pub(super) enum Entry {
    Hello(Hello<'static>),
    Ask(Ask),
    /// A frame that awaits no answer.
    Plain(ClientFrame<'static>),
}

/// Frames that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// What goes out before the broker's welcome.
    greeting: VecDeque<Entry>,
    entries: VecDeque<Entry>,
    /// What is to be asked again, and when.
    later: BTreeSet<(Instant, Ask)>,
}

impl Outbox {
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    /// Asks again at this time.
    pub(super) fn push_later(&mut self, at: Instant, ask: Ask) {
        self.later.insert((at, ask));
    }

    /// The next frame, as far as frames may go out.
    pub(super) fn pop(&mut self, welcome: bool) -> Option<Entry> {
        self.greeting.pop_front().or_else(|| if welcome { self.entries.pop_front() } else { None })
    }

    /// Whether a frame may go out now.
    pub(super) fn has_some(&self, welcome: bool) -> bool {
        !self.greeting.is_empty() || (welcome && !self.entries.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.greeting.is_empty() && self.entries.is_empty()
    }

    /// When something is to be asked again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.later.first().map(|(at, _)| *at)
    }

    /// Queues what is to be asked again by now.
    pub(super) fn tick(&mut self, now: Instant) {
        while let Some((at, ask)) = self.later.pop_first() {
            if at > now {
                self.later.insert((at, ask));
                return;
            }
            self.push(Entry::Ask(ask));
        }
    }

    /// Forgets what is not to be asked any more; says whether it still waited.
    pub(super) fn remove(&mut self, ask: Ask) -> bool {
        let before = self.entries.len() + self.greeting.len() + self.later.len();
        self.greeting.retain(|entry| entry.ask() != Some(ask));
        self.entries.retain(|entry| entry.ask() != Some(ask));
        self.later.retain(|(_, later)| *later != ask);
        self.entries.len() + self.greeting.len() + self.later.len() < before
    }

    /// Forgets the requests that nobody waits for any more.
    pub(super) fn keep_requests(&mut self, waits: impl Fn(u64) -> bool) {
        self.entries.retain(|entry| !matches!(entry, Entry::Ask(Ask::Request(number)) if !waits(*number)));
    }

    /// Forgets what belonged to the connection that has ended, and keeps what is still to be sent.
    pub(super) fn disconnected(&mut self) {
        self.greeting.clear();
        self.later.clear();
        let lasting = |frame: &ClientFrame<'_>| matches!(frame, ClientFrame::Publish(_));
        self.entries.retain(|entry| !matches!(entry, Entry::Plain(frame) if !lasting(frame)));
    }

    /// Begins a connection: `hello`, then what was asked before and is asked again, then what waited.
    pub(super) fn connected(
        &mut self,
        hello: Hello<'static>,
        subscriptions: impl IntoIterator<Item = u32>,
        requests: impl IntoIterator<Item = u64>,
    ) {
        let waiting: BTreeSet<Ask> = self.entries.iter().filter_map(Entry::ask).collect();
        let fresh = |ask: &Ask| !waiting.contains(ask);
        let subscriptions = subscriptions.into_iter().map(Ask::Subscribe).filter(fresh).map(Entry::Ask);
        self.greeting = [Entry::Hello(hello)].into_iter().chain(subscriptions).collect();
        let requests = requests.into_iter().map(Ask::Request).filter(fresh).map(Entry::Ask);
        let again: VecDeque<Entry> = requests.collect();
        let waited = std::mem::replace(&mut self.entries, again);
        self.entries.extend(waited);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Entry {
    fn ask(&self) -> Option<Ask> {
        match self {
            Self::Ask(ask) => Some(*ask),
            _ => None,
        }
    }
}
