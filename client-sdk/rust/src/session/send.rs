//! What a session sends, and when.

use std::time::{Duration, Instant};

use fanfare_protocol::ClientFrame;

use super::machine::Session;
use super::outbox::{Ask, Entry};
use crate::limits::MAX_REQUESTED_PAUSE;
use crate::request_error::RequestError;

impl<T> Session<T> {
    /// The next frame to be sent on this connection.
    pub(crate) fn next_frame(&mut self, now: Instant) -> Option<ClientFrame<'static>> {
        while let Some(entry) = self.outbox.pop(self.is_welcome()) {
            let frame = match entry {
                Entry::Hello(hello) => Some(ClientFrame::Hello(hello)),
                Entry::Plain(frame) => Some(frame),
                Entry::Ask(Ask::Request(number)) => self.ask(now, number),
                Entry::Ask(Ask::Subscribe(sub)) => self.ask_subscription(now, sub),
            };
            if frame.is_some() {
                return frame;
            }
        }
        None
    }

    fn ask(&mut self, now: Instant, number: u64) -> Option<ClientFrame<'static>> {
        let Some((stale, error)) = self.requests.take_stale(now, number) else {
            return self.requests.send(now, number);
        };
        self.settle(Some(stale), Err(error));
        self.say_goodbye_when_answered();
        None
    }

    fn ask_subscription(&mut self, now: Instant, sub: u32) -> Option<ClientFrame<'static>> {
        let subscription = self.subscriptions.get(sub)?;
        let frame = subscription.ask()?;
        if let Some(number) = subscription.request() {
            self.requests.send(now, number);
        }
        Some(frame)
    }

    /// Whether frames can be sent on this connection.
    pub(crate) fn can_send(&self) -> bool {
        self.outbox.has_some(self.is_welcome())
    }

    /// Whether frames wait to be sent, on this connection or the next.
    pub(crate) fn has_frames(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Asks again after a pause.
    pub(super) fn ask_later(&mut self, now: Instant, ask: Ask, failures: u32, error: &RequestError) {
        let pause = self.pause_before(failures, error.retry_after);
        self.outbox.push_later(now + pause, ask);
    }

    /// The pause that the broker wants or one that grows with each failure, whichever is longer.
    pub(super) fn pause_before(&mut self, failures: u32, wanted: Option<Duration>) -> Duration {
        let wanted = wanted.unwrap_or_default().min(MAX_REQUESTED_PAUSE);
        self.backoff.pause(failures, self.random.next()).max(wanted)
    }
}
