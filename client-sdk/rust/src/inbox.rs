//! One subscription's buffer between the driver, which fills it, and its reader.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use fanfare_protocol::Position;

use crate::backlog::Backlog;
use crate::closed::End;
use crate::event::Event;
use crate::limits::Limits;
use crate::place::Place;
use crate::signals::{Signals, lock};

/// One subscription's buffer. Its soft bounds stop the driver's reading; they drop nothing.
#[derive(Debug)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    signals: Arc<Signals>,
    max_events: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    backlog: Backlog,
    /// Where the reader stands.
    place: Place,
    reader: Option<Waker>,
    end: Option<End>,
    abandoned: bool,
}

impl Inbox {
    pub(crate) fn new(signals: Arc<Signals>, limits: &Limits) -> Self {
        let (max_events, max_bytes) = (limits.buffer_messages, limits.buffer_bytes);
        Self { state: Mutex::default(), signals, max_events, max_bytes }
    }

    /// The reader's side: the next event, or none after the end.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = lock(&self.state);
        let before = state.backlog.bytes();
        let Some(item) = state.backlog.pop() else {
            if state.end.is_some() {
                return Poll::Ready(None);
            }
            if !state.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                state.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
        };
        item.pass(&mut state.place);
        self.signals.resized(before, state.backlog.bytes());
        let room = self.is_drained(&state);
        drop(state);
        if room {
            self.signals.room();
        }
        Poll::Ready(Some(item.event))
    }

    /// The reader's side: why there will be no more events.
    pub(crate) fn end(&self) -> Option<End> {
        lock(&self.state).end.clone()
    }

    /// The reader's side: where it stands after what it has taken.
    pub(crate) fn position(&self) -> Position {
        lock(&self.state).place.position().clone()
    }

    /// The reader's side: nobody reads any more.
    pub(crate) fn abandon(&self) {
        let mut state = lock(&self.state);
        state.abandoned = true;
        let backlog = take(&mut state.backlog);
        self.signals.resized(backlog.bytes(), 0);
    }

    /// The driver's side: the reader begins here.
    pub(crate) fn begin(&self, place: Place) {
        lock(&self.state).place = place;
    }

    /// The driver's side: after all events so far, the subscription stands at these heads.
    pub(crate) fn advance(&self, heads: Arc<Position>) {
        let mut state = lock(&self.state);
        if state.backlog.len() == 0 {
            state.place.advance(&heads);
        } else {
            state.backlog.advance(heads);
        }
    }

    /// The driver's side: adds an event and says whether the buffer is over its soft bounds now.
    pub(crate) fn push(&self, event: Event) -> bool {
        self.change(|state| {
            state.backlog.push(event);
            state.backlog.len() > self.max_events || state.backlog.bytes() > self.max_bytes
        })
    }

    /// The driver's side: drops oldest messages until this many bytes are free, and leaves gaps for them.
    pub(crate) fn shed(&self, wanted_bytes: usize) {
        self.change(|state| state.backlog.shed(wanted_bytes));
    }

    /// The driver's side: takes the newest half of what waits out again, but for the oldest message; it is to be asked for
    /// later from the place that this gives.
    pub(crate) fn halve(&self) -> Place {
        self.change(|state| {
            state.backlog.cut(state.backlog.bytes() / 2);
            let mut place = state.place.clone();
            state.backlog.replay(&mut place);
            place
        })
    }

    /// The driver's side: no more events will come.
    pub(crate) fn finish(&self, end: End) {
        self.change(|state| {
            state.end.get_or_insert(end);
        });
    }

    /// The driver's side: whether the reader has taken half of what the soft bounds allow, or has gone.
    pub(crate) fn has_room(&self) -> bool {
        let state = lock(&self.state);
        state.abandoned || self.is_drained(&state)
    }

    /// The driver's side: what waits, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        lock(&self.state).backlog.bytes()
    }

    /// The driver's side: what could be taken out again, in bytes.
    pub(crate) fn spare_bytes(&self) -> usize {
        lock(&self.state).backlog.spare_bytes()
    }

    /// The driver's side: whether nobody reads any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        lock(&self.state).abandoned
    }

    // Half, so that a full buffer makes the driver read in long strides and not message by message.
    fn is_drained(&self, state: &MutexGuard<'_, State>) -> bool {
        state.backlog.len() <= self.max_events / 2 && state.backlog.bytes() <= self.max_bytes / 2
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = lock(&self.state);
        let before = state.backlog.bytes();
        let result = change(&mut state);
        if state.abandoned {
            state.backlog = Backlog::default();
        }
        self.signals.resized(before, state.backlog.bytes());
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        result
    }
}
