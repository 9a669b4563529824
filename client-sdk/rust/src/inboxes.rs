//! The buffers of all subscriptions of a client, and the bound that they share.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use fanfare_protocol::Position;

use crate::closed::End;
use crate::event::Event;
use crate::inbox::Inbox;
use crate::place::Place;
use crate::signals::Signals;

/// Part of the hard bound that is freed at a time, so that looking for the fullest buffer is rare.
const SHED_FRACTION: usize = 16;

/// The buffers of all subscriptions, as the driver sees them.
#[derive(Debug)]
pub(crate) struct Inboxes {
    by_sub: HashMap<u32, Arc<Inbox>>,
    /// Subscriptions over their soft bounds when they were last looked at, but for those that are paused.
    full: BTreeSet<u32>,
    /// Subscriptions that get nothing until their readers have made room, and the bytes that they kept: a reader must
    /// have taken half of them, or a bound that is too small would make the client ask again and again.
    paused: BTreeMap<u32, usize>,
    signals: Arc<Signals>,
    max_bytes: usize,
}

impl Inboxes {
    pub(crate) fn new(signals: Arc<Signals>, max_bytes: usize) -> Self {
        Self { by_sub: HashMap::new(), full: BTreeSet::new(), paused: BTreeMap::new(), signals, max_bytes }
    }

    pub(crate) fn open(&mut self, sub: u32, inbox: Arc<Inbox>) {
        self.by_sub.insert(sub, inbox);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_sub.is_empty()
    }

    /// A subscription's reader begins at this place.
    pub(crate) fn begin(&self, sub: u32, place: Place) {
        if let Some(inbox) = self.by_sub.get(&sub) {
            inbox.begin(place);
        }
    }

    /// After all its events so far, a subscription stands at these heads.
    pub(crate) fn advance(&self, sub: u32, heads: Arc<Position>) {
        if let Some(inbox) = self.by_sub.get(&sub) {
            inbox.advance(heads);
        }
    }

    /// Adds an event; says whether all together are over the hard bound now.
    pub(crate) fn push(&mut self, sub: u32, event: Event) -> bool {
        let Some(inbox) = self.by_sub.get(&sub) else { return false };
        if inbox.push(event) && !self.paused.contains_key(&sub) {
            self.full.insert(sub);
        }
        self.signals.buffered_bytes() > self.max_bytes
    }

    /// The subscription that holds most beyond its oldest message, if any does.
    pub(crate) fn fullest(&self) -> Option<u32> {
        let spare = self.by_sub.iter().map(|(sub, inbox)| (inbox.spare_bytes(), *sub));
        spare.max().filter(|(bytes, _)| *bytes > 0).map(|(_, sub)| sub)
    }

    /// Drops the oldest messages of a subscription, which is told so, until all together are within the hard bound.
    pub(crate) fn shed(&self, sub: u32) {
        let wanted = self.signals.buffered_bytes().saturating_sub(self.max_bytes);
        if let Some(inbox) = self.by_sub.get(&sub) {
            inbox.shed(wanted + self.max_bytes / SHED_FRACTION);
        }
    }

    /// Takes the newest half of what a subscription holds out again. It is to be asked for when there is room, from the
    /// place that this gives.
    pub(crate) fn pause(&mut self, sub: u32) -> Option<Place> {
        let inbox = self.by_sub.get(&sub)?;
        let place = inbox.halve();
        self.paused.insert(sub, inbox.bytes());
        self.full.remove(&sub);
        Some(place)
    }

    /// The subscriptions that were paused and have room again.
    pub(crate) fn take_unpaused(&mut self) -> Vec<u32> {
        if self.paused.is_empty() {
            return Vec::new();
        }
        self.signals.held.store(true, Ordering::SeqCst);
        let by_sub = &self.by_sub;
        let roomy = |sub: &u32, kept: &mut usize| {
            by_sub.get(sub).is_none_or(|inbox| inbox.has_room() && inbox.bytes() <= *kept / 2)
        };
        self.paused.extract_if(.., roomy).map(|(sub, _)| sub).collect()
    }

    /// Whether some subscription holds so much that reading should wait for its reader.
    pub(crate) fn is_full(&mut self) -> bool {
        let by_sub = &self.by_sub;
        self.full.retain(|sub| by_sub.get(sub).is_some_and(|inbox| !inbox.has_room()));
        !self.full.is_empty()
    }

    /// Says whether reading must wait for a reader, if the driver would wait; readers then tell it of room.
    pub(crate) fn hold(&mut self, willing: bool) -> bool {
        if willing && self.is_full() {
            self.signals.held.store(true, Ordering::SeqCst);
            // A reader that made room before it could see the flag has told nobody, so look again.
            if self.is_full() {
                return true;
            }
        }
        if self.signals.held.load(Ordering::Relaxed) {
            self.signals.held.store(!self.paused.is_empty(), Ordering::SeqCst);
        }
        false
    }

    /// Ends one subscription for its reader.
    pub(crate) fn finish(&mut self, sub: u32, end: End) {
        if let Some(inbox) = self.by_sub.remove(&sub) {
            inbox.finish(end);
        }
    }

    /// Forgets a subscription whose reader has gone.
    pub(crate) fn forget(&mut self, sub: u32) {
        self.by_sub.remove(&sub);
    }

    /// Ends every subscription for its reader.
    pub(crate) fn finish_all(&mut self, end: &End) {
        self.full.clear();
        self.paused.clear();
        for (_, inbox) in self.by_sub.drain() {
            inbox.finish(end.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use fanfare_protocol::frame::{self, Sequenced};
    use fanfare_protocol::{GapReason, Payload, StreamName, Topic};

    use super::*;
    use crate::backoff::Backoff;
    use crate::limits::Limits;
    use crate::message::Message;

    const LIMITS: Limits = Limits {
        buffer_messages: 4,
        buffer_bytes: 1 << 20,
        max_buffered_bytes: 16 * 1024,
        max_in_flight: 1,
        max_incoming_bytes: 0,
        connect_timeout: std::time::Duration::ZERO,
        request_timeout: std::time::Duration::ZERO,
        key_window: std::time::Duration::ZERO,
        backoff: Backoff { first: std::time::Duration::ZERO, max: std::time::Duration::ZERO },
    };

    fn inboxes() -> (Inboxes, Arc<Signals>) {
        let signals = Arc::new(Signals::default());
        (Inboxes::new(Arc::clone(&signals), LIMITS.max_buffered_bytes), signals)
    }

    fn open(inboxes: &mut Inboxes, sub: u32) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(Arc::clone(&inboxes.signals), &LIMITS));
        inboxes.open(sub, Arc::clone(&inbox));
        inbox
    }

    fn message(seq: u64, bytes: usize) -> Event {
        let stream = StreamName::new("s").unwrap();
        Event::Message(Message::from(frame::Message {
            topic: Topic::new("a").unwrap(),
            payload: Payload::bytes(vec![0; bytes]),
            time_ms: 0,
            sequenced: Some(Sequenced { stream, seq, prev: None }),
            by: None,
            headers: None,
        }))
    }

    fn next(inbox: &Inbox) -> Option<Event> {
        match inbox.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(event) => event,
            Poll::Pending => None,
        }
    }

    #[test]
    fn over_the_soft_bound_reading_waits_until_half_is_taken() {
        let (mut inboxes, _) = inboxes();
        let inbox = open(&mut inboxes, 1);
        (1..=5).for_each(|seq| assert!(!inboxes.push(1, message(seq, 1))));
        assert!(inboxes.hold(true));
        (0..2).for_each(|_| assert!(next(&inbox).is_some()));
        assert!(inboxes.hold(true), "three of four are left");
        assert!(next(&inbox).is_some());
        assert!(!inboxes.hold(true), "two of four are left");
    }

    #[test]
    fn over_the_hard_bound_only_the_fullest_loses_messages_and_is_told() {
        let (mut inboxes, signals) = inboxes();
        let (small, large) = (open(&mut inboxes, 1), open(&mut inboxes, 2));
        inboxes.push(1, message(1, 100));
        for seq in 1..=40 {
            if inboxes.push(2, message(seq, 1_000)) {
                assert_eq!(inboxes.fullest(), Some(2));
                inboxes.shed(2);
            }
        }
        assert!(signals.buffered_bytes() <= LIMITS.max_buffered_bytes);
        assert_eq!(next(&small), Some(message(1, 100)));
        let Some(Event::Gap(gap)) = next(&large) else { panic!("the loss comes first") };
        assert_eq!((gap.reason, gap.from, gap.count), (GapReason::Dropped, Some(1), gap.to));
        assert_eq!(next(&large), gap.to.map(|to| message(to + 1, 1_000)), "and what is left follows it");
    }

    #[test]
    fn what_is_paused_keeps_its_older_half_and_holds_nobody_up_until_there_is_room() {
        let (mut inboxes, _) = inboxes();
        let inbox = open(&mut inboxes, 1);
        inboxes.begin(1, Place::at(r#"{"s":{"epoch":"e","seq":0}}"#.parse().unwrap()));
        (1..=8).for_each(|seq| assert!(!inboxes.push(1, message(seq, 1))));
        assert!(inboxes.hold(true));
        assert_eq!(inboxes.pause(1).unwrap().position().get("s").unwrap().seq, 4);
        assert!(!inboxes.hold(true), "others go on");
        assert!(inboxes.take_unpaused().is_empty());
        for seq in 1..=2 {
            assert_eq!(next(&inbox), Some(message(seq, 1)));
        }
        assert_eq!(inboxes.take_unpaused(), [1]);
        assert!(inboxes.take_unpaused().is_empty());
    }

    #[test]
    fn a_message_larger_than_the_hard_bound_reaches_its_reader_and_what_follows_waits_for_that() {
        let (mut inboxes, _) = inboxes();
        let inbox = open(&mut inboxes, 1);
        inboxes.begin(1, Place::at(r#"{"s":{"epoch":"e","seq":0}}"#.parse().unwrap()));
        inboxes.push(1, Event::Behind);
        for seq in 1..=2 {
            assert!(inboxes.push(1, message(seq, 2 * LIMITS.max_buffered_bytes)));
        }
        assert_eq!(inboxes.fullest(), Some(1));
        assert_eq!(inboxes.pause(1).unwrap().position().get("s").unwrap().seq, 1);
        assert_eq!(inboxes.fullest(), None, "nothing more can be had of it");
        assert!(inboxes.take_unpaused().is_empty(), "its reader has taken nothing");
        assert_eq!(next(&inbox), Some(Event::Behind));
        assert!(inboxes.take_unpaused().is_empty());
        assert_eq!(next(&inbox), Some(message(1, 2 * LIMITS.max_buffered_bytes)));
        assert_eq!(inboxes.take_unpaused(), [1]);
    }

    #[test]
    fn a_reader_that_has_gone_holds_nothing() {
        let (mut inboxes, signals) = inboxes();
        let inbox = open(&mut inboxes, 1);
        (1..=5).for_each(|seq| assert!(!inboxes.push(1, message(seq, 1))));
        inbox.abandon();
        inboxes.push(1, message(6, 1));
        assert_eq!(signals.buffered_bytes(), 0);
        assert!(!inboxes.is_full());
    }

    #[test]
    fn after_the_end_a_reader_still_gets_what_waited() {
        let (mut inboxes, _) = inboxes();
        let inbox = open(&mut inboxes, 1);
        inboxes.push(1, message(1, 1));
        inboxes.finish(1, End::Unsubscribed(None));
        assert_eq!(next(&inbox), Some(message(1, 1)));
        assert!(matches!(inbox.poll_next(&mut Context::from_waker(Waker::noop())), Poll::Ready(None)));
        assert_eq!(inbox.end(), Some(End::Unsubscribed(None)));
    }
}
