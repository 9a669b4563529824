//! What the driver does for the session: tells readers and askers, and looks for another connection.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use fanfare_protocol::frame::{Subscribed, Welcome};

use super::Driver;
use crate::closed::{Closed, End};
use crate::error::Error;
use crate::inbox::Inbox;
use crate::link::Link;
use crate::place::Place;
use crate::reconnect::Next;
use crate::session::{Output, Relief};
use crate::state::State;
use crate::subscription::{Reader, Subscription};

impl Driver {
    /// Does what the session wants done.
    pub(super) fn hand_out(&mut self, now: Instant) {
        let mut overfull = None;
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Deliver(sub, event) => {
                    overfull = self.inboxes.push(sub, event).then_some(sub);
                }
                Output::Advance(sub, heads) => self.inboxes.advance(sub, heads),
                Output::Begin(sub, place) => self.inboxes.begin(sub, place),
                // Whoever asked may not wait any more.
                Output::Answer(ticket, answer) => drop(ticket.reply.send(answer)),
                Output::Unsubscribed(sub, code) => self.inboxes.finish(sub, End::Unsubscribed(code)),
                Output::NotResumed(sub, error) => self.inboxes.finish(sub, End::NotResumed(error)),
                Output::Complaint(error) => self.complain(error),
                Output::TokenWanted => self.renewal = Some(Box::pin(self.connector.clone().token())),
                Output::Granted(subscribed, place) => self.granted(subscribed, place),
                Output::Welcomed(welcome) => self.welcomed(now, welcome),
                Output::SayGoodbye(code) => self.goodbye = Some(code),
                Output::Disconnected { why, return_at } => self.reconnect(now, why.into(), return_at),
                Output::Ended(why) => self.end(why),
            }
        }
        if let Some(sub) = overfull {
            self.relieve(sub);
        }
    }

    /// Readers have left too much waiting: the fullest subscription is paused, or loses its oldest messages if no stream
    /// keeps them.
    fn relieve(&mut self, pushed: u32) {
        let Some(fullest) = self.inboxes.fullest() else { return };
        let full = if self.session.relief(fullest) == Relief::Quiet { pushed } else { fullest };
        if self.session.relief(full) != Relief::Pause {
            self.inboxes.shed(full);
        } else if let Some(place) = self.inboxes.pause(full) {
            self.session.pause(full, place);
        }
    }

    /// Goes on with subscriptions that were paused; says whether there were any.
    pub(super) fn unpause(&mut self) -> bool {
        let unpaused = self.inboxes.take_unpaused();
        for sub in &unpaused {
            self.session.unpause(*sub);
        }
        !unpaused.is_empty()
    }

    fn complain(&self, error: Error) {
        if let Some(handler) = &self.on_error {
            (handler.0)(error);
        }
    }

    /// The token brings a subscription along: hands it over, if somebody takes it.
    fn granted(&mut self, subscribed: Subscribed, place: Place) {
        let (sub, handler) = (subscribed.sub, self.on_auto.clone());
        let Some((handler, pattern)) = handler.zip(subscribed.pattern.clone()) else {
            self.session.ignore(sub);
            return;
        };
        let signals = Arc::clone(&self.signals);
        let inbox = Arc::new(Inbox::new(Arc::clone(&signals), &self.limits));
        inbox.begin(place);
        self.inboxes.open(sub, Arc::clone(&inbox));
        (handler.0)(Subscription::new(Reader { sub, inbox, signals }, pattern, subscribed));
    }

    /// Goes on with asking for a new token; says whether that is over.
    pub(super) fn renew(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some(renewal) = &mut self.renewal else { return false };
        let Poll::Ready(token) = renewal.as_mut().poll(cx) else { return false };
        self.renewal = None;
        match token {
            Ok(token) => self.session.renew(now, token.unwrap_or_default()),
            Err(error) => self.session.renew_failed(now, error),
        }
        true
    }

    fn welcomed(&mut self, now: Instant, welcome: Welcome<'static>) {
        self.reconnector.welcomed(now);
        self.status.send_modify(|status| {
            status.state = State::Connected { session: welcome.session.to_string() };
            status.welcome = Some(Arc::new(welcome));
        });
    }

    /// There is no connection for this reason: looks for another one, if there is to be one.
    pub(super) fn reconnect(&mut self, now: Instant, cause: Error, return_at: Option<Instant>) {
        self.goodbye = None;
        self.renewal = None;
        self.unflushed = false;
        match self.reconnector.failed(now, &cause, return_at) {
            Next::End(why) => {
                self.link = Link::Down(now);
                self.session.end(why);
            }
            Next::TryAt(at) => {
                self.link = Link::Down(at);
                let (attempt, pause) = (self.reconnector.failures(), at - now);
                let state = State::Reconnecting { attempt, cause, pause };
                self.status.send_modify(|status| status.state = state);
            }
        }
    }

    fn end(&mut self, why: Closed) {
        self.ended = true;
        self.signals.unsent.close();
        self.inboxes.finish_all(&End::Closed(why.clone()));
        self.status.send_modify(|status| status.state = State::Closed(why));
    }
}
