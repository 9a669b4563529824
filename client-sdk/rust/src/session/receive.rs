//! What a session does with each frame of the broker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fanfare_protocol::frame::{ErrorFrame, Gap, ServerFrame, Subscribed, Welcome};
use fanfare_protocol::limits::MAX_CLIENT_SUB;
use fanfare_protocol::{ClientFrame, ErrorCode, GapReason, Position};

use super::call::Answer;
use super::machine::{Output, Session};
use super::outbox::Ask;
use super::own;
use super::phase::Phase;
use super::subscription::{Opened, Refusal};
use crate::event::Event;
use crate::limits::MAX_REQUESTED_PAUSE;
use crate::request_error::RequestError;

/// Says that ephemeral messages may be missing, and that nobody knows how many.
const EPHEMERAL_GAP: Gap =
    Gap { reason: GapReason::Dropped, stream: None, from: None, to: None, count: None, position: None };

impl<T> Session<T> {
    /// Takes a frame from the broker.
    pub(crate) fn receive(&mut self, now: Instant, frame: ServerFrame<'_>) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(now, welcome),
            ServerFrame::Message { sub, message } if self.subscriptions.is_open(sub) => {
                self.deliver(sub, Event::Message(message.into()));
            }
            ServerFrame::Gap { sub, gap } => self.deliver(sub, Event::Gap(gap)),
            ServerFrame::Behind { sub } => self.deliver(sub, Event::Behind),
            ServerFrame::Live { sub, position } => self.deliver(sub, Event::Live(position)),
            ServerFrame::Subscribed(subscribed) if subscribed.sub > MAX_CLIENT_SUB => {
                self.granted(subscribed);
            }
            ServerFrame::Subscribed(subscribed) => self.subscribed(subscribed),
            ServerFrame::Unsubscribed { sub, code } => self.unsubscribed(sub, code),
            ServerFrame::Published(published) => self.answer(published.id, Answer::Published(published)),
            ServerFrame::History { id, page } => self.answer(id, Answer::History(own::page(page))),
            ServerFrame::Presence { id, page } => self.answer(id, Answer::Presence(own::members(page))),
            ServerFrame::Error(error) => self.refused(now, error),
            ServerFrame::Ping { position, except } => self.pinged(position, &except),
            ServerFrame::Pong => {
                let ping = self.requests.take_ping();
                self.settle(ping, Ok(Answer::Pong));
            }
            ServerFrame::Goaway { reconnect_after_ms, .. } => {
                let pause = Duration::from_millis(reconnect_after_ms).min(MAX_REQUESTED_PAUSE);
                self.return_at = Some(now + pause);
            }
            ServerFrame::Ok { id, expires_in_ms } => self.refreshed(now, id, expires_in_ms),
            ServerFrame::Message { .. } => {}
        }
        self.heard(now);
        self.say_goodbye_when_answered();
    }

    fn welcome(&mut self, now: Instant, welcome: Welcome<'_>) {
        if matches!(self.phase, Phase::Greeting { .. }) {
            self.phase = Phase::Open;
            self.liveness.begin(now, welcome.heartbeat_ms);
            self.requests.keys_last(welcome.key_window_ms.map(Duration::from_millis));
            self.refresh.lasts(now, welcome.expires_in_ms.map(Duration::from_millis));
            self.resume = welcome.resume.as_deref().map(str::to_owned);
            self.outputs.push_back(Output::Welcomed(own::welcome(welcome)));
        }
    }

    fn refreshed(&mut self, now: Instant, id: u64, expires_in_ms: Option<u64>) {
        if self.requests.take(id).is_some_and(|request| request.is_refresh()) {
            self.refresh.lasts(now, expires_in_ms.map(Duration::from_millis));
        }
    }

    fn deliver(&mut self, sub: u32, event: Event) {
        let sub = self.subscriptions.named(sub);
        if self.is_active() && self.subscriptions.pass(sub, &event) {
            self.outputs.push_back(Output::Deliver(sub, event));
        }
    }

    fn pinged(&mut self, heads: Option<Position>, except: &[u32]) {
        self.send(ClientFrame::Pong);
        let Some(heads) = heads.map(Arc::new) else { return };
        for sub in self.subscriptions.ping(&heads, except) {
            self.outputs.push_back(Output::Advance(sub, Arc::clone(&heads)));
        }
    }

    /// The token brings a subscription along, with a number of the broker's. Where one for this pattern goes on from
    /// before, that number is one too many.
    fn granted(&mut self, subscribed: Subscribed) {
        let Some(pattern) = &subscribed.pattern else { return };
        if self.subscriptions.is_granted(pattern) {
            self.send(ClientFrame::Unsubscribe { sub: subscribed.sub });
        } else {
            let (sub, place) = self.subscriptions.grant(&subscribed, pattern);
            self.outputs.push_back(Output::Granted(Subscribed { sub, ..subscribed }, place));
        }
    }

    fn subscribed(&mut self, subscribed: Subscribed) {
        let sub = subscribed.sub;
        match self.subscriptions.get_mut(sub).and_then(|subscription| subscription.opened(&subscribed)) {
            Some((Opened::First { request }, place)) => {
                self.outputs.push_back(Output::Begin(sub, place));
                self.answer(request, Answer::Subscribed(subscribed));
            }
            Some((Opened::Again { broken, incomplete }, _)) => {
                let gap = incomplete.then_some(Event::Gap(EPHEMERAL_GAP));
                let notice = if broken || subscribed.recovered == Some(false) {
                    Some(Event::Resumed(subscribed))
                } else {
                    // It was behind while it was paused, and may be so still.
                    subscribed.live.then_some(Event::Live(subscribed.position))
                };
                let events = gap.into_iter().chain(notice);
                self.outputs.extend(events.map(|event| Output::Deliver(sub, event)));
            }
            None => {}
        }
    }

    fn unsubscribed(&mut self, sub: u32, code: Option<ErrorCode>) {
        let sub = self.subscriptions.named(sub);
        let paused = self.subscriptions.get_mut(sub).is_some_and(|subscription| subscription.left(code));
        if !paused && self.subscriptions.remove(sub).is_some() {
            self.subscriptions.take_broker_number(sub);
            self.outputs.push_back(Output::Unsubscribed(sub, code));
        }
    }

    fn refused(&mut self, now: Instant, error: ErrorFrame<'_>) {
        let (id, sub) = (error.id, error.sub);
        let error = RequestError::from(error);
        match (id, sub) {
            (Some(id), _) => self.request_refused(now, id, error),
            // What the token brings along could not be opened; that it is gone already is no news.
            (None, Some(sub)) if sub > MAX_CLIENT_SUB && error.code != ErrorCode::NotFound => {
                self.outputs.push_back(Output::Complaint(error.into()));
            }
            (None, Some(sub)) => self.subscription_refused(now, sub, error),
            (None, None) => self.outputs.push_back(Output::Complaint(error.into())),
        }
    }

    fn request_refused(&mut self, now: Instant, id: u64, error: RequestError) {
        if let Some(failures) = self.requests.postpone(id, &error) {
            self.ask_later(now, Ask::Request(id), failures, &error);
        } else if let Some(request) = self.requests.take(id) {
            self.failed(now, request, error.into());
        }
    }

    /// One that is open can't be refused: the answer to an `unsubscribe` that crossed the broker's own interests nobody
    /// any more.
    fn subscription_refused(&mut self, now: Instant, sub: u32, error: RequestError) {
        let subscription = self.subscriptions.get_mut(sub);
        match subscription.and_then(|subscription| subscription.refused(error.code)) {
            Some(Refusal::Opening { request }) => {
                self.subscriptions.remove(sub);
                let request = self.requests.take(request);
                self.settle(request, Err(error.into()));
            }
            Some(Refusal::Postponed { failures }) => {
                self.ask_later(now, Ask::Subscribe(sub), failures, &error);
                self.outputs.push_back(Output::Complaint(error.into()));
            }
            Some(Refusal::Final) => {
                self.subscriptions.remove(sub);
                self.outputs.push_back(Output::NotResumed(sub, error));
            }
            None => {}
        }
    }

    fn answer(&mut self, number: u64, answer: Answer) {
        let request = self.requests.take(number);
        self.settle(request, Ok(answer));
    }
}
