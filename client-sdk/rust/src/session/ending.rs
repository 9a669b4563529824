//! How a connection and a session end, and what the passing of time does to them.

use std::time::Instant;

use fanfare_protocol::{ClientFrame, CloseCode};

use super::liveness::Verdict;
use super::machine::{Output, Session};
use super::phase::Phase;
use super::requests::Waiting;
use crate::closed::Closed;
use crate::error::Error;
use crate::limits::CLOSE_TIMEOUT;

impl<T> Session<T> {
    /// Ends the session in good order: what is under way gets its answer first, if it comes in time. While there is no
    /// connection, the session ends at once.
    pub(crate) fn close(&mut self, now: Instant) {
        match self.phase {
            Phase::Offline | Phase::Greeting { .. } => self.end(Closed::ByClient),
            Phase::Open => self.begin_closing(now, Closed::ByClient),
            Phase::Closing { .. } | Phase::Ended(_) => {}
        }
    }

    /// The broker sent a frame that can't be read. What was lost with it is unknown, so the session ends.
    pub(crate) fn unreadable(&mut self, now: Instant, detail: String) {
        let why = Closed::Unreadable { detail };
        if self.is_active() {
            self.settle_all(&why);
            self.begin_closing(now, why);
        }
    }

    /// The connection has ended. A session that was to end has ended with it, for its own reason; any other waits for
    /// the next connection, and keeps all that can go on there.
    pub(crate) fn disconnected(&mut self, why: Closed) {
        match &self.phase {
            Phase::Offline | Phase::Ended(_) => {}
            Phase::Closing { why, .. } => self.end(why.clone()),
            Phase::Greeting { .. } | Phase::Open => {
                self.phase = Phase::Offline;
                self.subscriptions.disconnected();
                self.outbox.disconnected();
                self.refresh.disconnected();
                for lost in self.requests.disconnected(&why) {
                    let error = lost.interrupted(why.clone());
                    self.settle(Some(lost), Err(error));
                }
                self.forget_unasked();
                self.outputs.push_back(Output::Disconnected { why, return_at: self.return_at.take() });
            }
        }
    }

    /// The session is over.
    pub(crate) fn end(&mut self, why: Closed) {
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        self.outbox.clear();
        self.subscriptions.clear();
        self.settle_all(&why);
        self.phase = Phase::Ended(why.clone());
        self.outputs.push_back(Output::Ended(why));
    }

    /// Does what the time asks for.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.give_up_overdue(now);
        self.outbox.tick(now);
        match self.phase {
            Phase::Greeting { until, timeout } if until <= now => {
                self.disconnected(Closed::NoWelcome { after: timeout });
            }
            Phase::Closing { until, .. } if until <= now => self.end_closing(),
            Phase::Open => {
                if self.refresh.take_due(now) {
                    self.outputs.push_back(Output::TokenWanted);
                }
                match self.liveness.judge(now) {
                    Verdict::Fine => {}
                    Verdict::Speak => self.send(ClientFrame::Pong),
                    Verdict::Ask => self.check(now),
                    Verdict::Dead(after) => self.disconnected(Closed::Silent { after }),
                }
            }
            _ => {}
        }
        self.say_goodbye_when_answered();
    }

    /// When to call [`Session::tick`] next, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Greeting { until, .. } | Phase::Closing { until, .. } => Some(*until),
            Phase::Open => [self.liveness.due(), self.refresh.due()].into_iter().flatten().min(),
            Phase::Offline => None,
            Phase::Ended(_) => return None,
        };
        [phase, self.requests.due(), self.outbox.due()].into_iter().flatten().min()
    }

    fn give_up_overdue(&mut self, now: Instant) {
        let mut gave_up = false;
        while let Some((overdue, error)) = self.requests.take_overdue(now) {
            self.failed(now, overdue, error);
            gave_up = true;
        }
        if gave_up {
            self.forget_unasked();
        }
    }

    /// A request has failed: whoever asked is told, and a refresh is tried again.
    pub(super) fn failed(&mut self, now: Instant, request: Waiting<T>, error: Error) {
        if request.is_refresh() {
            self.renew_failed(now, error);
        } else {
            self.settle(Some(request), Err(error));
        }
    }

    /// Requests that nobody waits for any more are not sent.
    fn forget_unasked(&mut self) {
        let requests = &self.requests;
        self.outbox.keep_requests(|number| requests.contains(number));
    }

    fn settle_all(&mut self, why: &Closed) {
        while let Some(waiting) = self.requests.take_first() {
            let error: Error = waiting.interrupted(why.clone());
            self.settle(Some(waiting), Err(error));
        }
    }

    fn begin_closing(&mut self, now: Instant, why: Closed) {
        self.phase = Phase::Closing { why, until: now + CLOSE_TIMEOUT, said_goodbye: false };
        self.say_goodbye_when_answered();
    }

    /// Ends the session, which the program closes or which is closing, without waiting any longer.
    pub(crate) fn end_closing(&mut self) {
        let why = match &self.phase {
            Phase::Closing { why, .. } => why.clone(),
            _ => Closed::ByClient,
        };
        self.end(why);
    }

    /// A closing session says goodbye once nothing is under way any more.
    pub(super) fn say_goodbye_when_answered(&mut self) {
        let Phase::Closing { said_goodbye, why, .. } = &mut self.phase else { return };
        if !*said_goodbye && self.requests.len() == 0 {
            *said_goodbye = true;
            let protocol = matches!(why, Closed::Unreadable { .. });
            let code = if protocol { CloseCode::Protocol } else { CloseCode::Normal };
            self.outputs.push_back(Output::SayGoodbye(code));
        }
    }
}
