//! What the driver does with the connection: gets one, reads, writes.

use std::mem::replace;
use std::task::{Context, Poll};
use std::time::Instant;

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::Publish;

use super::{BATCH, Driver};
use crate::closed::Closed;
use crate::connector::Connection;
use crate::link::Link;
use crate::transport::Incoming;

impl Driver {
    /// Goes on with a try at a connection; says whether it is over.
    pub(super) fn connect(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        match self.link.poll(cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(connection)) => self.connected(now, connection),
            Poll::Ready(Err(cause)) => self.reconnect(now, cause, None),
        }
        true
    }

    pub(super) fn connected(&mut self, now: Instant, connection: Connection) {
        self.link = Link::Up(connection.transport);
        self.session.connected(now, connection.hello, connection.until);
    }

    /// Takes frames from the broker; says whether there were any.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        for taken in 0..BATCH {
            if self.ended || !self.may_read(now) {
                return taken > 0;
            }
            let Some(transport) = self.link.transport() else { return taken > 0 };
            match transport.poll_receive(cx) {
                Poll::Pending => return taken > 0,
                Poll::Ready(Incoming::Frame(frame)) => match transport.decode(&frame) {
                    Ok(Some(frame)) => self.session.receive(now, frame),
                    Ok(None) => self.session.heard(now),
                    Err(error) => self.session.unreadable(now, error.to_string()),
                },
                Poll::Ready(Incoming::Control) => self.session.heard(now),
                Poll::Ready(Incoming::End(why)) => {
                    // Sends the answer to a close frame, where that is possible at once.
                    let _ = transport.poll_flush(cx);
                    self.session.disconnected(why);
                }
            }
            self.hand_out(now);
        }
        true
    }

    /// A slow reader stops the reading, and so the broker. Not before the broker's welcome, nor while anything of this
    /// client is under way: the reader may be slow because it awaits just that.
    fn may_read(&mut self, now: Instant) -> bool {
        let session = &self.session;
        let idle = session.is_open() && session.in_flight() == 0 && !session.has_frames() && !self.unflushed;
        let held = self.inboxes.hold(idle);
        self.session.hold(now, held);
        !held
    }

    /// Writes what waits, with one flush for all; says whether there was anything.
    pub(super) fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        self.try_write(cx, now).unwrap_or_else(|why| {
            self.session.disconnected(why);
            self.hand_out(now);
            true
        })
    }

    fn try_write(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Closed> {
        let Some(transport) = self.link.transport() else { return Ok(false) };
        let mut wrote = false;
        let unacknowledged =
            |frame: &ClientFrame<'_>| matches!(frame, ClientFrame::Publish(Publish { id: None, .. }));
        while self.session.can_send() || self.goodbye.is_some() {
            if transport.poll_ready(cx)?.is_pending() {
                return Ok(wrote);
            }
            if let Some(frame) = self.session.next_frame(now) {
                // It waits no more, whatever becomes of it.
                self.signals.unsent.add_permits(usize::from(unacknowledged(&frame)));
                transport.send(&frame)?;
            } else if let Some(code) = self.goodbye.take() {
                transport.send_close(code)?;
            }
            wrote = true;
            self.unflushed = true;
        }
        if replace(&mut self.unflushed, false) {
            self.unflushed = transport.poll_flush(cx)?.is_pending();
        }
        Ok(wrote)
    }
}
