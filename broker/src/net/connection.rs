//! A connection: a session's socket with what is read from and written to it, driven by one small task.

mod drive;
mod intake;

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Context;

use fanfare_protocol::CloseCode;

use self::drive::{Inner, Stage};
use super::greeting;
use super::io::Io;
use super::transport::Transport;
use crate::auth::Caller;
use crate::clock::Moment;
use crate::metrics::{CLOSED_BY_PEER, CLOSED_LOST};
use crate::outbound::{Outbound, Wire};
use crate::session::{Fault, Session};

/// A session's end of the network.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) outbound: Arc<Outbound>,
    inner: RefCell<Inner>,
}

impl Connection {
    /// A connection that has just shaken hands; `bearer` is the token that came with that, and `unread` what came behind
    /// it.
    pub(super) fn new(
        outbound: Arc<Outbound>,
        transport: Transport,
        bearer: Option<String>,
        unread: Vec<u8>,
        now: Moment,
    ) -> Self {
        Self::with(outbound, transport, Session::with_bearer(bearer, now), unread)
    }

    /// The connection of an event stream, whose request said all that its client ever says.
    pub(super) fn opened(outbound: Arc<Outbound>, transport: Transport, caller: Caller, now: Moment) -> Self {
        Self::with(outbound, transport, Session::opened(caller, now), Vec::new())
    }

    fn with(outbound: Arc<Outbound>, transport: Transport, session: Session, unread: Vec<u8>) -> Self {
        let inner = Inner::new(transport, session, unread);
        Self { outbound, inner: RefCell::new(inner) }
    }

    /// Drives the connection to its end; returns why it ended, as a word for metrics.
    pub(super) async fn run(&self, io: &Io) -> &'static str {
        let broken = poll_fn(|cx| self.inner.borrow_mut().poll(self, io, cx)).await.is_err();
        let closing = self.outbound.lanes().closing();
        match closing {
            Some(code) => code.as_str(),
            None if broken => CLOSED_LOST,
            None => CLOSED_BY_PEER,
        }
    }

    /// Writes out what waits, on behalf of the connection's task.
    pub(super) fn flush(&self, io: &Io) {
        let mut inner = self.inner.borrow_mut();
        if inner.blocked_since.is_some() && self.outbound.lanes().closing().is_none() {
            // The runtime wakes the task when the socket takes more; until then it would only be asked in vain.
            return;
        }
        // Borrowed, not cloned: a clone would touch the task's own memory, which is cold.
        let Some(waker) = inner.waker.take() else { return };
        inner.send_batches(self, io);
        let flushed = inner.flush(self, io, &mut Context::from_waker(&waker));
        // The task itself goes on where the flush changed its course, or made room for it to read on.
        if inner.paused
            || flushed.is_err()
            || inner.stage != Stage::Open
            || (inner.blocked_since.is_none() && io.shard.borrow().wants_turn(self.outbound.slot()))
        {
            waker.wake_by_ref();
        }
        inner.waker = Some(waker);
    }

    /// Reads a little of every cache line that a flush works with; see [`super::sessions::Sessions`].
    pub(super) fn touch(&self) -> usize {
        let known = self.inner.try_borrow().map_or(0, |inner| {
            usize::from(inner.waker.is_some())
                + usize::from(inner.blocked_since.is_some())
                + inner.unread.len()
        });
        known.wrapping_add(self.outbound.slot() as usize).wrapping_add(usize::from(self.outbound.is_busy()))
    }

    /// Closes the session if its peer takes nothing, or was silent up to `read`, when its socket had been read; a ping that
    /// was written at `pinged` could have been answered by then.
    pub(super) fn check(&self, io: &Io, now: Moment, read: Moment, pinged: Option<Moment>) {
        let inner = self.inner.borrow();
        if inner.stage != Stage::Open || !inner.session.is_open() {
            return;
        }
        let stalled = inner.blocked_since.is_some_and(|since| now.since(since) > io.limits.stall_timeout());
        // A peer that is not read from can't be heard, and one that has nothing to say is not waited for.
        let waiting = inner.blocked_since.is_some() || inner.rest.is_some() || self.is_events();
        let silent = inner.session.silent(read, pinged.filter(|_| !waiting), io.session_limits());
        drop(inner);
        if stalled {
            self.close(io, CloseCode::TooSlow, "the socket took nothing for stall_timeout");
        } else if let Err(Fault::Close(code, reason)) = silent {
            self.close(io, code, &reason);
        } else {
            self.outbound.lanes().shrink();
        }
    }

    /// Closes the session if its token has expired; else has it looked at again when it does.
    pub(super) fn check_expiry(&self, io: &Io, now: Moment) {
        let checked = self.inner.borrow().session.caller().map(|caller| greeting::check_expiry(caller, now));
        match checked {
            Some(Err(Fault::Close(code, reason))) => self.close(io, code, &reason),
            Some(Ok(Some(later))) => {
                io.expiring.borrow_mut().add(self.outbound.slot(), self.outbound.session(), later);
            }
            _ => {}
        }
    }

    /// Whether the session is under way: `hello` has come, and no close.
    pub(super) fn is_open(&self) -> bool {
        let inner = self.inner.borrow();
        inner.stage == Stage::Open && inner.session.is_open()
    }

    /// Whether it is an event stream's, whose client says nothing.
    fn is_events(&self) -> bool {
        self.outbound.wire() == Wire::Events
    }

    /// Ends the session with a close frame.
    pub(super) fn close(&self, io: &Io, code: CloseCode, reason: &str) {
        self.outbound.close(code, reason);
        self.flush(io);
    }

    /// What waits as an answer, in bytes, and whether it is so little that the next request may be worked off.
    fn answers(&self, io: &Io) -> (usize, bool) {
        let bytes = self.outbound.lanes().answer_bytes();
        (bytes, bytes <= io.limits.reply_bytes())
    }

    /// Whether `hello` is still to come.
    pub(super) fn is_greeting(&self) -> bool {
        let inner = self.inner.borrow();
        inner.stage == Stage::Open && !inner.session.is_open()
    }

    /// Ends the connection without waiting any longer for its peer.
    pub(super) fn abandon(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.stage = Stage::Done;
        if let Some(waker) = inner.waker.take() {
            waker.wake();
        }
    }
}
