//! What a session does with each frame of the broker.

use std::time::Instant;

use fanfare_protocol::frame::{ErrorFrame, ServerFrame, Subscribed, Welcome};
use fanfare_protocol::{ClientFrame, ErrorCode};

use super::call::Answer;
use super::machine::{Output, Session};
use super::own;
use super::phase::Phase;
use crate::error::RequestError;
use crate::event::Event;

impl<T> Session<T> {
    /// Takes a frame from the broker.
    pub(crate) fn receive(&mut self, now: Instant, frame: ServerFrame<'_>) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(now, welcome),
            ServerFrame::Message { sub, message } if self.hears(sub) => {
                self.deliver(sub, Event::Message(message.into()));
            }
            ServerFrame::Gap { sub, gap } => self.deliver(sub, Event::Gap(gap)),
            ServerFrame::Behind { sub } => self.deliver(sub, Event::Behind),
            ServerFrame::Live { sub, position } => self.deliver(sub, Event::Live(position)),
            ServerFrame::Subscribed(subscribed) => self.subscribed(subscribed),
            ServerFrame::Unsubscribed { sub, code } => self.unsubscribed(sub, code),
            ServerFrame::Published(published) => self.answer(published.id, Answer::Published(published)),
            ServerFrame::History { id, page } => self.answer(id, Answer::History(own::page(page))),
            ServerFrame::Presence { id, members } => {
                self.answer(id, Answer::Presence(members.into_iter().map(own::member).collect()));
            }
            ServerFrame::Error(error) => self.refused(error),
            ServerFrame::Ping { .. } => self.send(ClientFrame::Pong),
            ServerFrame::Pong => {
                let ping = self.requests.take_ping();
                self.settle(ping, Ok(Answer::Pong));
            }
            // `ok` answers nothing that this client asks; after `goaway` comes the broker's close.
            ServerFrame::Message { .. } | ServerFrame::Ok { .. } | ServerFrame::Goaway { .. } => {}
        }
        self.heard(now);
        self.say_goodbye_when_answered();
    }

    fn welcome(&mut self, now: Instant, welcome: Welcome<'_>) {
        if matches!(self.phase, Phase::Greeting { .. }) {
            self.phase = Phase::Open;
            self.liveness.begin(now, welcome.heartbeat_ms);
            self.outputs.push_back(Output::Welcomed(own::welcome(welcome)));
        }
    }

    fn hears(&self, sub: u32) -> bool {
        self.is_active() && self.subscriptions.contains_key(&sub)
    }

    fn deliver(&mut self, sub: u32, event: Event) {
        if self.hears(sub) {
            self.outputs.push_back(Output::Deliver(sub, event));
        }
    }

    fn subscribed(&mut self, subscribed: Subscribed) {
        if let Some(number) = self.subscriptions.get_mut(&subscribed.sub).and_then(Option::take) {
            self.answer(number, Answer::Subscribed(subscribed));
        }
    }

    fn unsubscribed(&mut self, sub: u32, code: Option<ErrorCode>) {
        if self.subscriptions.remove(&sub).is_some() {
            self.outputs.push_back(Output::Unsubscribed(sub, code));
        }
    }

    fn refused(&mut self, error: ErrorFrame<'_>) {
        let (id, sub) = (error.id, error.sub);
        let error = RequestError::from(error);
        match (id, sub) {
            (Some(id), _) => {
                let request = self.requests.take(id);
                self.settle(request, Err(error.into()));
            }
            (None, Some(sub)) => {
                // Only a subscription that is not open yet can be refused: the answer to an `unsubscribe` that
                // crossed the broker's own has nobody to interest any more.
                if let Some(Some(number)) = self.subscriptions.get(&sub).copied() {
                    self.subscriptions.remove(&sub);
                    let request = self.requests.take(number);
                    self.settle(request, Err(error.into()));
                }
            }
            (None, None) => self.outputs.push_back(Output::Complaint(error)),
        }
    }

    fn answer(&mut self, number: u64, answer: Answer) {
        let request = self.requests.take(number);
        self.settle(request, Ok(answer));
    }
}
