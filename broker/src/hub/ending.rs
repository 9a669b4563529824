//! The end of the broker, step by step, and sessions that are sent away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use fanfare_protocol::{CloseCode, ServerFrame};

use super::shared::Hub;
use crate::fault::{Fault, planted};
use crate::outbound::Outbound;

/// How far the end has come. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Not ready any more, so that nobody new is sent here; else as before.
    Leaving = 1,
    /// Nobody new gets in; who is there is served.
    Draining = 2,
    /// Nothing is published any more, and every session is closed.
    Stopping = 3,
}

/// The phase, seen by all threads. Begins before the first.
#[derive(Debug, Default)]
pub(super) struct Ending(AtomicU8);

impl Hub {
    /// Goes on to a phase, unless it was reached already.
    pub(crate) fn enter(&self, phase: Phase) {
        self.ending.0.fetch_max(phase as u8, Ordering::SeqCst);
    }

    /// Whether the end has come this far.
    pub(crate) fn has_reached(&self, phase: Phase) -> bool {
        self.ending.0.load(Ordering::SeqCst) >= phase as u8
    }

    /// Lets nobody new in, and gives the sessions that are there. One that is just coming in is among them, or finds that
    /// the broker is draining.
    pub(crate) fn begin_draining(&self) -> Vec<Arc<Outbound>> {
        self.enter(Phase::Draining);
        self.all_outbounds()
    }

    /// Sends a frame to a session before what waits for it, from any thread.
    pub(crate) fn tell(&self, session: &Outbound, frame: &ServerFrame<'_>) {
        session.push_reply(frame);
        self.mailbox(session.shard()).request_flush(session.slot());
    }

    /// Closes a session when its answers are written, from any thread.
    pub(crate) fn send_away(&self, session: &Outbound, code: CloseCode, reason: &str) {
        let flush = || self.mailbox(session.shard()).request_flush(session.slot());
        if planted(Fault::FlushEarly) {
            flush();
        }
        session.close_after_replies(code, reason);
        if !planted(Fault::FlushEarly) {
            flush();
        }
    }

    /// Ends every session, and every one that comes later; the frame, if there is one, comes before the close. For the
    /// end of the process.
    pub(crate) fn close_all(&self, frame: Option<&ServerFrame<'_>>, code: CloseCode, reason: &str) {
        self.enter(Phase::Stopping);
        for session in self.all_outbounds() {
            if let Some(frame) = frame {
                session.push_reply(frame);
            }
            self.send_away(&session, code, reason);
        }
    }
}
