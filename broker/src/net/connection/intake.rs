//! What comes in on a connection: read no faster than the peer may send, and worked off in order.

use std::future::Future;
use std::io;
use std::task::{Context, Poll, ready};

use fanfare_protocol::CloseCode;
use tokio::io::ReadBuf;
use tokio::time::sleep;

use super::super::deeds::{self, Effort};
use super::super::io::Io;
use super::super::websocket::{Broken, Control, Incoming, Read};
use super::Connection;
use super::drive::{Inner, Stage};
use crate::clock;
use crate::metrics::{PAUSED_FOR_ANSWERS, PAUSED_FOR_RATE};
use crate::session::Fault;

impl Inner {
    /// Reads once and works off what came. Pending if nothing comes, or answers have to be written first.
    pub(super) fn poll_work(
        &mut self,
        connection: &Connection,
        io: &Io,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
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
    pub(super) fn poll_end(
        &mut self,
        connection: &Connection,
        io: &Io,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
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
    pub(super) fn poll_discard(&mut self, io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = io.scratch.borrow_mut();
        let mut buf = ReadBuf::new(&mut scratch);
        ready!(self.transport.poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            self.stage = Stage::Done;
        }
        Poll::Ready(Ok(()))
    }
}

fn fault_of(broken: Broken) -> Fault {
    match broken {
        Broken::TooLarge => Fault::Close(CloseCode::TooLarge, "the message is over max_frame_bytes".into()),
        Broken::Protocol => Fault::Close(CloseCode::Protocol, "the WebSocket framing is broken".into()),
    }
}
