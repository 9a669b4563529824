//! How a session ends, and what the passing of time does to it.

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
    /// Ends the session in good order: what is under way gets its answer first, if it comes in time.
    pub(crate) fn close(&mut self, now: Instant) {
        self.begin_closing(now, Closed::ByClient);
        self.say_goodbye_when_answered();
    }

    /// The broker sent a frame that can't be read. What was lost with it is unknown, so the session ends.
    pub(crate) fn unreadable(&mut self, now: Instant, detail: String) {
        self.begin_closing(now, Closed::Unreadable { detail });
        while let Some(waiting) = self.requests.take_first() {
            self.settle_closed(waiting);
        }
        self.say_goodbye_when_answered();
    }

    /// The connection has ended, for this reason unless there was an earlier one.
    pub(crate) fn disconnected(&mut self, why: Closed) {
        let why = match &self.phase {
            Phase::Ended(_) => return,
            Phase::Closing { why, .. } => why.clone(),
            Phase::Greeting { .. } | Phase::Open => why,
        };
        self.phase = Phase::Ended(why.clone());
        self.frames.clear();
        self.subscriptions.clear();
        while let Some(waiting) = self.requests.take_first() {
            self.settle_closed(waiting);
        }
        self.outputs.push_back(Output::Ended(why));
    }

    /// Does what the time asks for.
    pub(crate) fn tick(&mut self, now: Instant) {
        while let Some(overdue) = self.requests.take_overdue(now) {
            let timeout = Error::Timeout { what: overdue.what, after: self.requests.timeout() };
            self.settle(Some(overdue), Err(timeout));
        }
        match self.phase {
            Phase::Greeting { until, timeout } if until <= now => {
                self.disconnected(Closed::NoWelcome { after: timeout });
            }
            Phase::Closing { until, .. } if until <= now => self.disconnected(Closed::ByClient),
            Phase::Open => match self.liveness.judge(now) {
                Verdict::Fine => {}
                Verdict::Speak => self.send(ClientFrame::Pong),
                Verdict::Dead(after) => self.disconnected(Closed::Silent { after }),
            },
            _ => {}
        }
        self.say_goodbye_when_answered();
    }

    /// When to call [`Session::tick`] next, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Greeting { until, .. } | Phase::Closing { until, .. } => Some(*until),
            Phase::Open => self.liveness.due(),
            Phase::Ended(_) => return None,
        };
        [phase, self.requests.due()].into_iter().flatten().min()
    }

    fn settle_closed(&mut self, waiting: Waiting<T>) {
        if let Phase::Closing { why, .. } | Phase::Ended(why) = &self.phase {
            let why = why.clone();
            self.settle(Some(waiting), Err(why.into()));
        }
    }

    fn begin_closing(&mut self, now: Instant, why: Closed) {
        if self.is_active() {
            self.phase = Phase::Closing { why, until: now + CLOSE_TIMEOUT, said_goodbye: false };
        }
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
