//! A connection: a session's socket with what is read from and written to it, driven by one small task.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use fanfare_protocol::CloseCode;
use tokio::io::ReadBuf;
use tokio::time::{Sleep, sleep};

use super::deeds::{self, Effort};
use super::flush::{Flushed, flush};
use super::greeting;
use super::io::Io;
use super::transport::Transport;
use super::websocket::{Broken, Control, Incoming, Read, Reader};
use crate::auth::Caller;
use crate::clock::{self, Moment};
use crate::metrics::{CLOSED_BY_PEER, CLOSED_LOST, PAUSED_FOR_ANSWERS, PAUSED_FOR_RATE};
use crate::outbound::{Outbound, Wire};
use crate::session::{Fault, Session};

/// Reads or catch-up batches that a connection does in one turn before it lets others go on.
const TURNS_MAX: usize = 4;

/// A session's end of the network.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) outbound: Arc<Outbound>,
    inner: RefCell<Inner>,
}

#[derive(Debug)]
struct Inner {
    transport: Transport,
    session: Session,
    reader: Reader,
    /// Bytes that were read from the socket and not worked off: after the handshake, or while answers pile up.
    unread: Vec<u8>,
    /// Whether reading waits for answers to be written.
    paused: bool,
    /// Reading waits for the end of a second in which the peer has sent all that it may.
    rest: Option<Pin<Box<Sleep>>>,
    stage: Stage,
    waker: Option<Waker>,
    /// Since when something waits and the socket takes nothing.
    blocked_since: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Frames are worked off.
    Open,
    /// The broker's close frame is on its way out.
    Closing,
    /// The close frame is out: input is read and thrown away, so that no reset overtakes it.
    Draining,
    /// The client's close frame has come; only the answer is left to write.
    Answering,
    Done,
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
        let inner = Inner {
            transport,
            session,
            reader: Reader::default(),
            unread,
            paused: false,
            rest: None,
            stage: Stage::Open,
            waker: None,
            blocked_since: None,
        };
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

    /// Closes the session if its peer is silent or takes nothing.
    pub(super) fn check(&self, io: &Io, now: Moment) {
        let inner = self.inner.borrow();
        if inner.stage != Stage::Open || !inner.session.is_open() {
            return;
        }
        let stalled = inner.blocked_since.is_some_and(|since| now.since(since) > io.limits.stall_timeout());
        // A peer that is not read from can't be heard, and one that has nothing to say is not waited for.
        let waiting = inner.blocked_since.is_some() || inner.rest.is_some() || self.is_events();
        let silent = inner.session.silent(now, waiting, io.session_limits());
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

impl Inner {
    fn poll(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
        for _ in 0..TURNS_MAX {
            self.flush(connection, io, cx)?;
            match self.stage {
                Stage::Open => {
                    let read = match connection.outbound.wire() {
                        Wire::Json | Wire::MsgPack => self.poll_work(connection, io, cx)?,
                        Wire::Events => self.poll_end(connection, io, cx)?,
                    };
                    let more = self.blocked_since.is_none() && catch_up(connection, io);
                    if read.is_pending() && !more {
                        self.flush(connection, io, cx)?;
                        if self.stage == Stage::Open {
                            return Poll::Pending;
                        }
                    }
                }
                Stage::Closing => return Poll::Pending,
                Stage::Draining => {
                    let _ = self.transport.poll_shutdown(cx)?;
                    ready!(self.poll_discard(io, cx))?;
                }
                Stage::Answering if self.blocked_since.is_some() => return Poll::Pending,
                Stage::Answering | Stage::Done => return Poll::Ready(Ok(())),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Queues what conflated subscriptions have waiting, if the socket takes more.
    fn send_batches(&self, connection: &Connection, io: &Io) {
        let slot = connection.outbound.slot();
        let mut shard = io.shard.borrow_mut();
        if self.blocked_since.is_none() && shard.has_batches(slot) {
            shard.send_batches(slot, clock::now());
        }
    }

    /// Writes out what waits; moves on to closing where the queue says so.
    fn flush(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> io::Result<()> {
        if matches!(self.stage, Stage::Draining | Stage::Done) {
            return Ok(());
        }
        let flushed =
            flush(&connection.outbound, &mut self.transport, &mut io.burst.borrow_mut(), io.counters(), cx)?;
        match flushed {
            Flushed::Empty | Flushed::Closed => self.blocked_since = None,
            Flushed::Blocked { progress } if progress || self.blocked_since.is_none() => {
                self.blocked_since = Some(clock::now());
            }
            Flushed::Blocked { .. } => {}
        }
        let closing = connection.outbound.lanes().closing().is_some();
        if closing && matches!(self.stage, Stage::Open | Stage::Answering) {
            self.stage = Stage::Closing;
            io.expect_end(&connection.outbound);
            // Nothing is worked off any more, and the peer may take its time.
            (self.reader, self.unread) = (Reader::default(), Vec::new());
            io.hold(&connection.outbound, None);
        }
        if flushed == Flushed::Closed {
            self.stage = Stage::Draining;
        }
        Ok(())
    }

    /// Reads once and works off what came. Pending if nothing comes, or answers have to be written first.
    fn poll_work(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (answers, fit) = connection.answers(io);
        if !fit {
            if !std::mem::replace(&mut self.paused, true) {
                io.counters().reading_paused.count(PAUSED_FOR_ANSWERS);
            }
            return Poll::Pending;
        }
        self.paused = false;
        ready!(self.poll_rest(io, cx));
        if !self.unread.is_empty() {
            let mut unread = std::mem::take(&mut self.unread);
            self.work(connection, io, &mut unread, 0, answers);
            return Poll::Ready(Ok(()));
        }
        let mut scratch = io.scratch.borrow_mut();
        let mut buf = ReadBuf::new(&mut scratch);
        ready!(self.transport.poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        io.counters().received_bytes.add(buf.filled().len() as u64);
        let fresh = buf.filled().len();
        self.work(connection, io, buf.filled_mut(), fresh, answers);
        Poll::Ready(Ok(()))
    }

    /// Works off bytes in order, until they are used up, the session ends, or others should have their turn.
    /// So many of them, `fresh`, were not counted yet, and so many bytes of `answers` wait already.
    fn work(&mut self, connection: &Connection, io: &Io, bytes: &mut [u8], fresh: usize, answers: usize) {
        let mut waiting = answers;
        let now = clock::read();
        self.session.heard(fresh, now.moment);
        let control = Control(&connection.outbound);
        let mut spare = io.spare.borrow_mut();
        let mut reading = self.reader.read(bytes, &control, &mut spare);
        let result = loop {
            match reading.next() {
                Ok(Some(Incoming::Close { meant })) => {
                    connection.outbound.peer_closed(meant);
                    io.expect_end(&connection.outbound);
                    self.stage = Stage::Answering;
                    break Ok(());
                }
                Ok(Some(incoming)) => {
                    match deeds::take_in(&mut self.session, &connection.outbound, io, &incoming, now) {
                        Ok(effort) => {
                            let fit;
                            (waiting, fit) = connection.answers(io);
                            let rests = self.session.rest(io.session_limits()).is_some();
                            if effort == Effort::Heavy || !fit || rests {
                                break Ok(());
                            }
                        }
                        Err(fault) => break Err(fault),
                    }
                }
                Ok(None) => break Ok(()),
                Err(broken) => break Err(fault_of(broken)),
            }
        };
        if waiting > answers {
            io.shard.borrow_mut().spend_answers(waiting - answers);
        }
        if result.is_ok() && self.stage == Stage::Open {
            self.unread.extend_from_slice(reading.unread());
        }
        let Read { overhead, held, did_hold } = reading.finish();
        if did_hold || held.is_some() {
            io.hold(&connection.outbound, held);
        }
        let result = result.and_then(|()| self.session.overhead(overhead, now.moment, io.session_limits()));
        if let Err(Fault::Close(code, reason)) = result {
            connection.outbound.close_after_replies(code, &reason);
        }
    }

    /// Waits for the end of an event stream's client. What else it sends is thrown away, no faster than it may send.
    fn poll_end(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(io, cx));
        let mut scratch = io.scratch.borrow_mut();
        let mut buf = ReadBuf::new(&mut scratch);
        ready!(self.transport.poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            // Nobody can tell a page that was left from a connection that was lost.
            connection.outbound.peer_closed(false);
            io.expect_end(&connection.outbound);
            self.stage = Stage::Answering;
        }
        io.counters().received_bytes.add(buf.filled().len() as u64);
        self.session.heard(buf.filled().len(), clock::now());
        Poll::Ready(Ok(()))
    }

    /// Ready once the session may send on.
    fn poll_rest(&mut self, io: &Io, cx: &mut Context<'_>) -> Poll<()> {
        if self.rest.is_none()
            && let Some(until) = self.session.rest(io.session_limits())
        {
            let left = until.since(clock::now());
            if !left.is_zero() {
                io.counters().reading_paused.count(PAUSED_FOR_RATE);
                self.rest = Some(Box::pin(sleep(left)));
            }
        }
        if let Some(rest) = &mut self.rest {
            ready!(rest.as_mut().poll(cx));
            self.rest = None;
        }
        Poll::Ready(())
    }

    /// Reads and throws away what comes, until the peer ends its side.
    fn poll_discard(&mut self, io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = io.scratch.borrow_mut();
        let mut buf = ReadBuf::new(&mut scratch);
        ready!(self.transport.poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            self.stage = Stage::Done;
        }
        Poll::Ready(Ok(()))
    }
}

/// Reads on for subscriptions that are behind; true if there is more to do.
fn catch_up(connection: &Connection, io: &Io) -> bool {
    let slot = connection.outbound.slot();
    let mut shard = io.shard.borrow_mut();
    shard.wants_turn(slot) && shard.catch_up(slot, clock::now())
}

fn fault_of(broken: Broken) -> Fault {
    match broken {
        Broken::TooLarge => Fault::Close(CloseCode::TooLarge, "the message is over max_frame_bytes".into()),
        Broken::Protocol => Fault::Close(CloseCode::Protocol, "the WebSocket framing is broken".into()),
    }
}
