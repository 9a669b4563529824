//! What a connection's task does in a turn: writes what waits, reads on, and moves on where the session ends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::time::Sleep;

use super::super::flush::{Flushed, flush};
use super::super::io::Io;
use super::super::transport::Transport;
use super::super::websocket::Reader;
use super::Connection;
use crate::clock::{self, Moment};
use crate::outbound::Wire;
use crate::session::Session;

/// Reads or catch-up batches that a connection does in one turn before it lets others go on.
const TURNS_MAX: usize = 4;

/// What only the connection's own thread works with. What a write looks at stands first and together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Inner {
    pub(super) transport: Transport,
    pub(super) waker: Option<Waker>,
    /// Since when something waits and the socket takes nothing.
    pub(super) blocked_since: Option<Moment>,
    pub(super) stage: Stage,
    /// Whether reading waits for answers to be written.
    pub(super) paused: bool,
    /// Reading waits for the end of a second in which the peer has sent all that it may.
    pub(super) rest: Option<Pin<Box<Sleep>>>,
    /// Bytes that were read from the socket and not worked off: after the handshake, or while answers pile up.
    pub(super) unread: Vec<u8>,
    pub(super) session: Session,
    pub(super) reader: Reader,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
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

impl Inner {
    pub(super) fn new(transport: Transport, session: Session, unread: Vec<u8>) -> Self {
        Self {
            transport,
            session,
            reader: Reader::default(),
            unread,
            paused: false,
            rest: None,
            stage: Stage::Open,
            waker: None,
            blocked_since: None,
        }
    }

    pub(super) fn poll(
        &mut self,
        connection: &Connection,
        io: &Io,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
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
                    let more = self.catch_up(connection, io, cx)?;
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
    pub(super) fn send_batches(&self, connection: &Connection, io: &Io) {
        let slot = connection.outbound.slot();
        let mut shard = io.shard.borrow_mut();
        if self.blocked_since.is_none() && shard.has_batches(slot) {
            shard.send_batches(slot, clock::now());
        }
    }

    /// Reads on for subscriptions that are behind, if the socket takes more; true if there is more to do.
    fn catch_up(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> io::Result<bool> {
        let slot = connection.outbound.slot();
        let mut shard = io.shard.borrow_mut();
        if self.blocked_since.is_some() || !shard.wants_turn(slot) {
            return Ok(false);
        }
        let began = clock::now();
        let more = shard.catch_up(slot, began);
        let traced = shard.take_traced();
        drop(shard);
        if let Some(tracer) = io.hub.tracer().filter(|_| !traced.is_empty()) {
            self.flush(connection, io, cx)?;
            for context in traced {
                tracer.caught_up(&context, began, io.number);
            }
        }
        Ok(more)
    }

    /// Writes out what waits; moves on to closing where the queue says so.
    pub(super) fn flush(&mut self, connection: &Connection, io: &Io, cx: &mut Context<'_>) -> io::Result<()> {
        if matches!(self.stage, Stage::Draining | Stage::Done) {
            return Ok(());
        }
        let flushed =
            flush(&connection.outbound, &mut self.transport, &mut io.burst.borrow_mut(), io.counters(), cx)?;
        match flushed {
            Flushed::Empty | Flushed::Closed => {
                if self.blocked_since.take().is_some() {
                    // A ping was stuck, too: only from now on can the peer answer.
                    self.session.heard(0, clock::now());
                }
            }
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
}
