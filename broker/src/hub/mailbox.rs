//! A shard's mailbox: messages that publishers on any thread leave for it, in stream order and bounded in bytes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Poll, Waker};

use fanfare_protocol::Topic;

use super::pushed::Pushed;
use super::question::Question;
use crate::engine::{Cursor, Message, SessionId, StreamIndex};
use crate::fault::{Fault, planted};
use crate::sync::{Mutex, MutexGuard};

/// Most topics whose dropped ephemeral messages are counted one by one.
const DROPPED_TOPICS_MAX: usize = 1_024;
/// Most parts in which they are counted, one for each time that a subscription begins meanwhile; the last one is then
/// told to subscriptions that began within it, too.
const DROPPED_PARTS_MAX: usize = 64;
/// Most questions that wait for a shard.
const QUESTIONS_MAX: usize = 64;
/// A batch vector larger than this is not kept for the next round, in messages.
const KEPT_CAPACITY: usize = 16 * 1024;

/// What waits for one shard.
#[derive(Debug)]
pub(crate) struct Mailbox {
    max_bytes: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Arc<Message>>,
    bytes: usize,
    /// The number of the first message that waits.
    first: u64,
    /// Messages ever put in, and ephemeral ones that found no room.
    pushed: u64,
    /// Streams that the shard must read itself, each from where the cursor stands.
    overflowed: Vec<(StreamIndex, Cursor)>,
    dropped: Vec<Dropped>,
    flushes: Vec<u32>,
    questions: Vec<Question>,
    waker: Option<Waker>,
}

/// Ephemeral messages that found no room. While any are, no other is taken in: so their place is behind all that were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Of each topic, and of each session that is not to hear it, how many.
    pub(crate) by_topic: BTreeMap<(Topic, Option<SessionId>), u64>,
    /// Whether there were more topics than can be counted: then anything may be missing.
    pub(crate) uncounted: bool,
    /// The number of the last one: subscriptions that began later miss nothing.
    pub(crate) last: u64,
}

/// What a shard takes out at once.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    pub(crate) messages: Vec<Arc<Message>>,
    /// The number of the first message among all that were ever put in.
    pub(crate) first: u64,
    pub(crate) overflowed: Vec<(StreamIndex, Cursor)>,
    pub(crate) dropped: Vec<Dropped>,
    /// The slots of sessions that something was sent to directly.
    pub(crate) flushes: Vec<u32>,
    /// What others want to know of the shard.
    pub(crate) questions: Vec<Question>,
    /// The part of the messages that was fanned out last.
    part: Range<usize>,
}

impl Mailbox {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, inner: Mutex::default() }
    }

    /// Leaves a message. For a stream's message the stream's lock is held, so that order is kept.
    ///
    /// If it has no room, it is not lost: the shard reads the stream from there, or counts a gap. False if that begins
    /// with this message: everything that follows, of its stream or of none, is in the same overflow until the shard
    /// has dealt with it.
    pub(crate) fn push(&self, message: &Arc<Message>) -> bool {
        let mut inner = self.inner.lock();
        let within = inner.push(message, self.max_bytes);
        wake(inner);
        within
    }

    /// Leaves a readiness probe. Probes are few and small, so there is always room: a shard that does not take its mail
    /// fails the probe by not answering it.
    pub(crate) fn push_probe(&self, probe: &Arc<Message>) {
        let mut inner = self.inner.lock();
        inner.keep(probe);
        wake(inner);
    }

    /// Asks the shard to write out what was sent directly to the session in this slot.
    pub(crate) fn request_flush(&self, slot: u32) {
        let mut inner = self.inner.lock();
        inner.flushes.push(slot);
        wake(inner);
    }

    /// Leaves a question to the shard; false if as many wait as may.
    pub(crate) fn ask(&self, question: Question) -> bool {
        let mut inner = self.inner.lock();
        let has_room = inner.questions.len() < QUESTIONS_MAX;
        if has_room {
            inner.questions.push(question);
        }
        wake(inner);
        has_room
    }

    /// For a subscription that begins now: messages from this number on are for it.
    pub(crate) fn begin(&self) -> u64 {
        let mut inner = self.inner.lock();
        // What is dropped from now on is counted apart: it is told to this subscription, too.
        let counted_apart = inner.dropped.len() < DROPPED_PARTS_MAX;
        if counted_apart && inner.dropped.last().is_some_and(|dropped| !dropped.is_empty()) {
            inner.dropped.push(Dropped::default());
        }
        inner.pushed
    }

    /// Bytes of messages that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.inner.lock().bytes
    }

    /// Takes everything, or leaves the waker to be called when there is something. What `mail` held must be done with.
    pub(crate) fn poll_take(&self, mail: &mut Mail, waker: &Waker) -> Poll<()> {
        let mut inner = self.inner.lock();
        if inner.take(mail) {
            return Poll::Ready(());
        }
        if planted(Fault::WakerLate) {
            drop(inner);
            inner = self.inner.lock();
        }
        if !inner.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            inner.waker = Some(waker.clone());
        }
        Poll::Pending
    }

    /// Takes everything there is; false if there is nothing.
    pub(crate) fn take(&self, mail: &mut Mail) -> bool {
        self.inner.lock().take(mail)
    }

    /// The shard has read an overflowed stream up to here, and goes on in its next round.
    pub(crate) fn read_through(&self, stream: StreamIndex, cursor: Cursor) {
        let mut inner = self.inner.lock();
        if let Some((_, reached)) = inner.overflowed.iter_mut().find(|(overflowed, _)| *overflowed == stream)
        {
            *reached = cursor;
        }
    }

    /// The shard has read an overflowed stream to its end, with the stream's lock held: it is pushed again.
    pub(crate) fn caught_up(&self, stream: StreamIndex) {
        self.inner.lock().overflowed.retain(|(overflowed, _)| *overflowed != stream);
    }
}

/// Wakes the shard, if it waits, once the lock is free again: waking another thread is a system call.
fn wake(mut inner: MutexGuard<'_, Inner>) {
    let waker = inner.waker.take();
    drop(inner);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Inner {
    /// False if an overflow begins with this message.
    fn push(&mut self, message: &Arc<Message>, max_bytes: usize) -> bool {
        let place = message.place();
        let stream = place.map(|place| place.index);
        if stream.is_some_and(|stream| self.overflowed.iter().any(|(overflowed, _)| *overflowed == stream)) {
            return true;
        }
        let full = self.bytes + message.footprint() > max_bytes && !self.messages.is_empty();
        if full || (stream.is_none() && !self.dropped.is_empty()) {
            let Some(place) = place else {
                let more = !self.dropped.is_empty();
                self.drop(message);
                return more;
            };
            let before = place.seq - u64::from(!planted(Fault::OverflowLate));
            self.overflowed.push((place.index, Cursor::after(before)));
            return false;
        }
        self.keep(message);
        true
    }

    fn keep(&mut self, message: &Arc<Message>) {
        self.bytes += message.footprint();
        self.pushed += 1;
        self.messages.push(Arc::clone(message));
    }

    fn drop(&mut self, message: &Message) {
        if self.dropped.is_empty() {
            self.dropped.push(Dropped::default());
        }
        if let Some(dropped) = self.dropped.last_mut() {
            dropped.count(message, self.pushed);
        }
        self.pushed += 1;
    }

    fn take(&mut self, mail: &mut Mail) -> bool {
        debug_assert!(mail.messages.is_empty(), "mail is worked off before more is taken");
        mail.flushes.clear();
        if self.messages.is_empty()
            && self.flushes.is_empty()
            && self.overflowed.is_empty()
            && self.dropped.is_empty()
            && self.questions.is_empty()
        {
            return false;
        }
        mail.first = std::mem::replace(&mut self.first, self.pushed);
        std::mem::swap(&mut self.messages, &mut mail.messages);
        std::mem::swap(&mut self.flushes, &mut mail.flushes);
        mail.overflowed.clone_from(&self.overflowed);
        mail.dropped.append(&mut self.dropped);
        mail.questions.append(&mut self.questions);
        self.bytes = 0;
        true
    }
}

impl Mail {
    /// The next messages, about `max_bytes` of them.
    pub(super) fn next_part(&mut self, max_bytes: usize) -> impl Iterator<Item = Pushed<'_>> {
        let from = self.part.end;
        let mut left = max_bytes;
        let fits = |message: &&Arc<Message>| {
            let fits = left > 0;
            left = left.saturating_sub(message.footprint());
            fits
        };
        let count = self.messages.iter().skip(from).take_while(fits).count();
        self.part = from..from + count;
        Pushed::parts(self.fanned_out(), Some(self.first + from as u64))
    }

    /// Whether there is another part.
    pub(crate) fn has_more(&self) -> bool {
        self.part.end < self.messages.len()
    }

    /// The part that was taken last.
    pub(crate) fn fanned_out(&self) -> &[Arc<Message>] {
        self.messages.get(self.part.clone()).unwrap_or_default()
    }

    /// Lets go of the messages, so that they are freed when retention and queues let go of them.
    pub(crate) fn done(&mut self) {
        self.messages.clear();
        if self.messages.capacity() > KEPT_CAPACITY {
            self.messages = Vec::new();
        }
        self.part = 0..0;
    }
}

impl Dropped {
    fn count(&mut self, message: &Message, number: u64) {
        self.last = number;
        let of = (message.topic().clone(), message.hidden_from());
        if let Some(count) = self.by_topic.get_mut(&of) {
            *count += u64::from(!planted(Fault::DroppedUncounted));
        } else if self.by_topic.len() < DROPPED_TOPICS_MAX {
            self.by_topic.insert(of, 1);
        } else {
            self.uncounted = true;
        }
    }

    fn is_empty(&self) -> bool {
        self.by_topic.is_empty() && !self.uncounted
    }
}
