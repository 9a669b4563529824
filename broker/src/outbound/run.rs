//! A run: messages that follow each other for the same subscriptions, shared by all queues that they wait in.

use std::sync::Arc;

use fanfare_protocol::Encoding;

use super::body::Body;
use crate::engine::Message;

/// A part that is no more than one in so many of its run's messages is kept by itself. So what a queue keeps in memory is
/// at most so many times what it counts.
const COMPACT_PART: usize = 2;

/// A message of a run.
#[derive(Debug)]
struct Item {
    body: Body,
    /// The footprint of all bodies up to and with this one, in bytes.
    end: usize,
}

/// What a run shares.
#[derive(Debug, Clone)]
enum Items {
    /// A single message, which is shared already, and its footprint in bytes.
    One(Body, usize),
    Many(Arc<[Item]>),
}

/// A part of a run: at least one message. What waits is shared, and only the place in it is each queue's own.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    items: Items,
    from: u32,
    to: u32,
}

impl Run {
    /// A run of these bodies; none if there are none.
    pub(crate) fn new(bodies: impl IntoIterator<Item = Body>) -> Option<Self> {
        let mut bodies = bodies.into_iter();
        let first = bodies.next()?;
        let Some(second) = bodies.next() else {
            let bytes = first.footprint();
            return Some(Self { items: Items::One(first, bytes), from: 0, to: 1 });
        };
        let mut end = 0;
        let items = [first, second].into_iter().chain(bodies).map(|body| {
            end += body.footprint();
            Item { body, end }
        });
        let items: Arc<[Item]> = items.collect();
        let to = u32::try_from(items.len()).ok()?;
        Some(Self { items: Items::Many(items), from: 0, to })
    }

    /// How many messages it has.
    pub(crate) fn len(&self) -> usize {
        (self.to - self.from) as usize
    }

    /// The memory that its messages keep, in bytes.
    pub(crate) fn footprint(&self) -> usize {
        match &self.items {
            Items::One(_, bytes) => *bytes,
            Items::Many(_) => self.end_of(self.to) - self.end_of(self.from),
        }
    }

    /// The bodies in order.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &Body> {
        let (one, many) = match &self.items {
            Items::One(body, _) => (Some(body), &[][..]),
            Items::Many(items) => (None, items.get(self.from as usize..self.to as usize).unwrap_or_default()),
        };
        one.into_iter().chain(many.iter().map(|item| &item.body))
    }

    /// The first message.
    pub(crate) fn first(&self) -> &Message {
        match &self.items {
            Items::One(body, _) => body.message(),
            Items::Many(items) => items[self.from as usize].body.message(),
        }
    }

    /// The memory that the first message keeps, in bytes.
    pub(crate) fn first_footprint(&self) -> usize {
        self.end_of(self.from + 1) - self.end_of(self.from)
    }

    /// How many of its messages, from the first on, keep no more bytes than this.
    pub(super) fn fitting(&self, bytes: usize) -> usize {
        let Items::Many(items) = &self.items else { return usize::from(self.footprint() <= bytes) };
        let start = self.end_of(self.from);
        let items = items.get(self.from as usize..self.to as usize).unwrap_or_default();
        items.partition_point(|item| item.end - start <= bytes)
    }

    /// The first `len` messages, and those behind them.
    pub(crate) fn split(self, len: usize) -> (Option<Self>, Option<Self>) {
        let front = self.front(len);
        let from = front.as_ref().map_or(self.from, |front| front.to);
        let back = (from < self.to).then_some(Self { from, ..self });
        (front, back)
    }

    /// The first `len` messages.
    pub(super) fn front(&self, len: usize) -> Option<Self> {
        let to = u32::try_from(len).map_or(self.to, |len| self.from.saturating_add(len).min(self.to));
        (self.from < to).then(|| Self { to, ..self.clone() })
    }

    /// The same messages, in a run of their own if most of the shared one has gone from here: else the few that are left
    /// would keep all of it in memory.
    pub(super) fn compact(self) -> Self {
        let Items::Many(items) = &self.items else { return self };
        if self.len() * COMPACT_PART > items.len() {
            return self;
        }
        let left = items.get(self.from as usize..self.to as usize).unwrap_or_default();
        Self::new(left.iter().map(|item| item.body.clone())).unwrap_or(self)
    }

    /// Whether it begins as another one does: with the same message in the same place of the same run.
    pub(super) fn begins_as(&self, other: &Self) -> bool {
        match (&self.items, &other.items) {
            (Items::One(body, _), Items::One(other, _)) => body.is(other),
            (Items::Many(items), Items::Many(others)) => {
                Arc::ptr_eq(items, others) && self.from == other.from
            }
            _ => false,
        }
    }

    /// The footprint of all bodies before a place, in bytes.
    fn end_of(&self, place: u32) -> usize {
        let Some(last) = place.checked_sub(1) else { return 0 };
        match &self.items {
            Items::One(_, bytes) => *bytes,
            Items::Many(items) => items.get(last as usize).map_or(0, |item| item.end),
        }
    }
}

/// Messages on their way to any number of sessions of one shard.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    messages: &'a [Arc<Message>],
    msgpack: Option<Run>,
    json: Option<Run>,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(messages: &'a [Arc<Message>]) -> Self {
        Self { messages, msgpack: None, json: None }
    }

    /// The messages behind the first `skipped`, for a session that speaks this encoding. What they look like in it is
    /// made at the first call.
    pub(crate) fn run(&mut self, encoding: Encoding, skipped: usize) -> Option<Run> {
        let made = match encoding {
            Encoding::MsgPack => &mut self.msgpack,
            Encoding::Json => &mut self.json,
        };
        if made.is_none() {
            *made = Run::new(self.messages.iter().map(|message| Body::of(message, encoding)));
        }
        let run = made.clone()?;
        if skipped == 0 { Some(run) } else { run.split(skipped).1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::tests::message;

    fn run(sizes: &[usize]) -> Run {
        let bodies = sizes.iter().map(|size| Body::of(&message(*size), Encoding::MsgPack));
        Run::new(bodies).unwrap()
    }

    #[test]
    fn both_parts_of_a_run_weigh_as_much_as_the_whole() {
        let whole = run(&[10, 0, 300, 7]);
        let bytes = whole.footprint();
        for at in 0..=4 {
            let (front, back) = whole.clone().split(at);
            let sum = |run: &Option<Run>| run.as_ref().map_or((0, 0), |run| (run.len(), run.footprint()));
            let ((front_len, front_bytes), (back_len, back_bytes)) = (sum(&front), sum(&back));
            assert_eq!((front_len, back_len, front_bytes + back_bytes), (at, 4 - at, bytes));
        }
    }

    #[test]
    fn as_many_messages_fit_as_have_room_whole() {
        let (_, back) = run(&[500, 10, 10, 10]).split(1);
        let back = back.unwrap();
        let each = back.footprint() / 3;
        for (room, fitting) in [(0, 0), (each - 1, 0), (each, 1), (3 * each - 1, 2), (usize::MAX, 3)] {
            assert_eq!(back.fitting(room), fitting, "in {room} bytes");
        }
    }

    #[test]
    fn what_is_left_of_a_run_does_not_keep_the_rest_of_it() {
        let whole = run(&[100; 9]);
        let gone: Vec<_> = whole.bodies().cloned().collect();
        let (_, left) = whole.split(6);
        let left = left.unwrap().compact();
        let (Body::MsgPack(first), Body::MsgPack(last)) = (&gone[0], &gone[8]) else { panic!() };
        assert_eq!(left.len(), 3);
        assert_eq!(Arc::strong_count(first), 1, "nobody else has it");
        assert_eq!(Arc::strong_count(last), 2);
    }

    #[test]
    fn a_run_of_nothing_is_none() {
        assert!(Run::new([]).is_none());
        assert!(Delivery::new(&[]).run(Encoding::Json, 0).is_none());
    }
}
