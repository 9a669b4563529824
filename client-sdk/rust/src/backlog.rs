//! What waits for the reader of one subscription, and what had to be dropped from it.

use std::collections::VecDeque;
use std::sync::Arc;

use fanfare_protocol::frame::Gap;
use fanfare_protocol::{GapReason, Position};

use crate::event::Event;
use crate::message::Message;
use crate::place::Place;

/// The events that wait for one subscription's reader, oldest first.
///
/// Dropping takes the oldest messages and leaves gaps in their place. What comes before the oldest message that
/// is left is *condensed*: one gap a stream, and the newest notice, so it stays small whatever is dropped.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    condensed: VecDeque<Event>,
    events: VecDeque<Item>,
    bytes: usize,
}

/// What the reader takes out.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) event: Event,
    /// Heads that a ping brought after it.
    pub(crate) heads: Option<Arc<Position>>,
}

impl Backlog {
    pub(crate) fn push(&mut self, event: Event) {
        self.bytes += event.size_bytes();
        self.events.push_back(Item { event, heads: None });
    }

    /// Adds the heads that a ping brought. They may be forgotten with the events before them: a position that is too
    /// old is a sound one.
    pub(crate) fn advance(&mut self, heads: Arc<Position>) {
        if let Some(last) = self.events.back_mut() {
            last.heads = Some(heads);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Item> {
        let condensed = self.condensed.pop_front().map(|event| Item { event, heads: None });
        let item = condensed.or_else(|| self.events.pop_front())?;
        self.bytes = self.bytes.saturating_sub(item.event.size_bytes());
        Some(item)
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.condensed.len() + self.events.len()
    }

    /// What waits, in bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What could be cut off, in bytes.
    pub(crate) fn spare_bytes(&self) -> usize {
        let kept = self.condensed.iter().chain(self.events.iter().take(self.kept()).map(|item| &item.event));
        self.bytes.saturating_sub(kept.map(Event::size_bytes).sum())
    }

    /// How many of the oldest events are never cut off: up to the first message. So its reader always has one to take,
    /// however large it is.
    fn kept(&self) -> usize {
        let first = self.events.iter().position(|item| matches!(item.event, Event::Message(_)));
        first.map_or(self.events.len(), |before| before + 1)
    }

    /// Takes newest events out until only so many bytes are left, or the oldest message. They must be asked for again:
    /// nothing tells of them.
    pub(crate) fn cut(&mut self, max_bytes: usize) {
        let kept = self.kept();
        while self.bytes > max_bytes && self.events.len() > kept {
            let Some(Item { event, .. }) = self.events.pop_back() else { return };
            self.bytes = self.bytes.saturating_sub(event.size_bytes());
        }
    }

    /// Where a reader at this place will stand when it has taken all that waits.
    pub(crate) fn replay(&self, place: &mut Place) {
        self.condensed.iter().for_each(|event| place.pass(event));
        for item in &self.events {
            item.pass(place);
        }
    }

    /// Drops oldest messages until this many bytes are free, or no message is left.
    pub(crate) fn shed(&mut self, wanted_bytes: usize) {
        let goal = self.bytes.saturating_sub(wanted_bytes);
        while self.bytes > goal {
            let Some(Item { event, .. }) = self.events.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(event.size_bytes());
            match event {
                Event::Message(message) => self.condense_gap(loss_of(&message)),
                Event::Gap(gap) => self.condense_gap(gap),
                notice => self.condense_notice(notice),
            }
        }
    }

    fn condense_gap(&mut self, gap: Gap) {
        let same_stream = |event: &&mut Event| matches!(event, Event::Gap(g) if g.stream == gap.stream);
        match self.condensed.iter_mut().rev().find(same_stream) {
            Some(Event::Gap(earlier)) if joinable(earlier, &gap) => join(earlier, gap),
            _ => self.keep(Event::Gap(gap)),
        }
    }

    fn condense_notice(&mut self, notice: Event) {
        let older = self.condensed.iter().position(is_notice);
        if let Some(event) = older.and_then(|at| self.condensed.remove(at)) {
            self.bytes = self.bytes.saturating_sub(event.size_bytes());
        }
        self.keep(notice);
    }

    fn keep(&mut self, event: Event) {
        self.bytes += event.size_bytes();
        self.condensed.push_back(event);
    }
}

impl Item {
    /// Goes on past it.
    pub(crate) fn pass(&self, place: &mut Place) {
        place.pass(&self.event);
        if let Some(heads) = &self.heads {
            place.advance(heads);
        }
    }
}

/// The gap that a dropped message leaves.
fn loss_of(message: &Message) -> Gap {
    let place = message.as_frame().sequenced.as_ref();
    Gap {
        reason: GapReason::Dropped,
        stream: place.map(|place| place.stream.clone()),
        from: place.map(|place| place.seq),
        to: place.map(|place| place.seq),
        count: Some(1),
        position: None,
    }
}

/// A reset begins another numbering (and a reason that is not known might), so ranges on its two sides have nothing to
/// do with each other.
fn joinable(earlier: &Gap, later: &Gap) -> bool {
    [earlier, later].iter().all(|gap| matches!(gap.reason, GapReason::Expired | GapReason::Dropped))
}

fn is_notice(event: &Event) -> bool {
    matches!(event, Event::Behind | Event::Live(_) | Event::Resumed(_))
}

/// Makes one gap of two neighbours in one stream.
fn join(earlier: &mut Gap, later: Gap) {
    if earlier.reason != later.reason {
        earlier.reason = GapReason::Dropped;
    }
    earlier.to = later.to;
    earlier.count = earlier.count.zip(later.count).map(|(a, b)| a + b);
    earlier.position = later.position.or(earlier.position.take());
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::frame::{self, Sequenced};
    use fanfare_protocol::{Payload, Position, StreamName, Topic};

    use super::*;

    fn message(stream: Option<&str>, seq: u64) -> Event {
        Event::Message(Message::from(frame::Message {
            topic: Topic::new("a").unwrap(),
            payload: Payload::text("x"),
            time_ms: 0,
            sequenced: stream.map(|s| Sequenced { stream: StreamName::new(s).unwrap(), seq, prev: None }),
            by: None,
            headers: None,
        }))
    }

    fn gap(reason: GapReason, stream: &str, from: u64, to: u64, count: Option<u64>) -> Event {
        let stream = Some(StreamName::new(stream).unwrap());
        Event::Gap(Gap { reason, stream, from: Some(from), to: Some(to), count, position: None })
    }

    fn backlog(events: impl IntoIterator<Item = Event>) -> Backlog {
        let mut backlog = Backlog::default();
        events.into_iter().for_each(|event| backlog.push(event));
        backlog
    }

    fn drain(mut backlog: Backlog) -> Vec<Event> {
        let events = std::iter::from_fn(|| backlog.pop()).map(|item| item.event).collect();
        assert_eq!((backlog.bytes(), backlog.len()), (0, 0), "an empty backlog weighs nothing");
        events
    }

    #[test]
    fn dropping_takes_the_oldest_and_leaves_a_gap_in_their_place() {
        let mut backlog = backlog((1..=3).map(|seq| message(Some("s"), seq)));
        let one = backlog.bytes() / 3;
        backlog.shed(one);
        let kept = drain(backlog);
        assert_eq!(kept, [gap(GapReason::Dropped, "s", 1, 2, Some(2)), message(Some("s"), 3)]);
    }

    #[test]
    fn each_stream_has_its_own_gap() {
        let mut backlog =
            backlog([message(Some("s"), 1), message(None, 0), message(Some("t"), 7), message(Some("s"), 2)]);
        backlog.shed(usize::MAX);
        let dropped = drain(backlog);
        let ephemeral = Event::Gap(Gap {
            reason: GapReason::Dropped,
            stream: None,
            from: None,
            to: None,
            count: Some(1),
            position: None,
        });
        assert_eq!(
            dropped,
            [
                gap(GapReason::Dropped, "s", 1, 2, Some(2)),
                ephemeral,
                gap(GapReason::Dropped, "t", 7, 7, Some(1))
            ]
        );
    }

    #[test]
    fn a_gap_of_the_broker_joins_what_is_dropped_around_it() {
        let expired = gap(GapReason::Expired, "s", 2, 9, None);
        let mut backlog = backlog([message(Some("s"), 1), expired, message(Some("s"), 10)]);
        backlog.shed(usize::MAX);
        assert_eq!(drain(backlog), [gap(GapReason::Dropped, "s", 1, 10, None)]);
    }

    #[test]
    fn a_reset_stays_by_itself() {
        let reset = gap(GapReason::Reset, "s", 1, 9, None);
        let mut backlog = backlog([message(Some("s"), 8), reset.clone(), message(Some("s"), 1)]);
        backlog.shed(usize::MAX);
        let one = |seq| gap(GapReason::Dropped, "s", seq, seq, Some(1));
        assert_eq!(drain(backlog), [one(8), reset, one(1)]);
    }

    #[test]
    fn of_the_notices_before_the_oldest_message_only_the_newest_is_kept() {
        let live = Event::Live(Position::default());
        let mut backlog = backlog([Event::Behind, live.clone(), Event::Behind, live.clone()]);
        backlog.shed(usize::MAX);
        assert_eq!(drain(backlog), [live]);
    }
}
