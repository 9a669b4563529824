//! One subscription, from the first connection to the last: what was asked, and where it stands.

use std::mem::take;

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe, Subscribed};
use fanfare_protocol::{ClientFrame, ErrorCode, GapReason, Pattern, Position};

use crate::event::Event;
use crate::place::Place;

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    asked: Subscribe,
    pub(super) stage: Stage,
    /// Whether some of its topics may be in no stream.
    ephemeral: bool,
    /// Whether a token brought it along.
    granted: bool,
    /// The times that it was ended at the broker and the answer to that has not come.
    pub(super) leaving: u32,
}

/// How far a subscription has come. `broken` says whether the connection has ended since it was open.
#[derive(Debug)]
pub(super) enum Stage {
    /// It is asked for by the request of this number.
    Opening { request: u64 },
    /// It is open, and pushed or (if not live) read from the stream.
    Open { place: Place, live: bool },
    /// Its reader has enough. It was ended at the broker, to be resumed at this place.
    Paused { place: Place, broken: bool },
    /// It is to go on from this place; the broker put it off this many times.
    Resuming { place: Place, broken: bool, failures: u32 },
}

/// What a `subscribed` answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// The request of this number.
    First { request: u64 },
    /// A resumption.
    Again {
        /// Whether the connection has ended since it was open.
        broken: bool,
        /// Whether ephemeral messages may be missing, which the broker can't know.
        incomplete: bool,
    },
}

/// What it means that a subscription is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request of this number has failed.
    Opening { request: u64 },
    /// It is to be asked again; so it was this many times before.
    Postponed { failures: u32 },
    /// It can't be resumed.
    Final,
}

impl Subscription {
    /// One that is asked for by the request of this number.
    pub(super) fn new(asked: Subscribe, request: u64) -> Self {
        Self { asked, stage: Stage::Opening { request }, ephemeral: false, granted: false, leaving: 0 }
    }

    /// One that a token brought along and that is open; and the place where it begins.
    pub(super) fn granted(sub: u32, subscribed: &Subscribed, pattern: &Pattern) -> (Self, Place) {
        let (from, deliver) = (ReplayFrom::Now, Deliver::Every);
        let asked = Subscribe { sub, pattern: pattern.clone(), from, deliver };
        let place = Place::at(subscribed.position.clone());
        let stage = Stage::Open { place: place.clone(), live: subscribed.live };
        (Self { asked, stage, ephemeral: may_be_ephemeral(subscribed), granted: true, leaving: 0 }, place)
    }

    /// Whether it is for this pattern, and a token brought it along.
    pub(super) fn is_granted(&self, pattern: &Pattern) -> bool {
        self.granted && self.asked.pattern == *pattern
    }

    /// Whether the broker is to be asked for it.
    pub(super) fn is_wanted(&self) -> bool {
        matches!(self.stage, Stage::Opening { .. } | Stage::Resuming { .. })
    }

    /// Whether the broker may have it.
    pub(super) fn is_at_broker(&self) -> bool {
        !matches!(self.stage, Stage::Paused { .. })
    }

    /// The request that is to open it.
    pub(super) fn request(&self) -> Option<u64> {
        match self.stage {
            Stage::Opening { request } => Some(request),
            _ => None,
        }
    }

    /// The frame that opens or resumes it.
    pub(super) fn ask(&self) -> Option<ClientFrame<'static>> {
        let from = match &self.stage {
            Stage::Open { .. } | Stage::Paused { .. } => return None,
            Stage::Opening { .. } => self.asked.from.clone(),
            Stage::Resuming { place, .. } => ReplayFrom::Position(place.position().clone()),
        };
        Some(ClientFrame::Subscribe(Subscribe { from, ..self.asked.clone() }))
    }

    /// The broker has opened it, at the place that this gives.
    pub(super) fn opened(&mut self, subscribed: &Subscribed) -> Option<(Opened, Place)> {
        self.ephemeral |= may_be_ephemeral(subscribed);
        let (opened, mut place) = match &mut self.stage {
            Stage::Opening { request } => (Opened::First { request: *request }, place_of(&self.asked.from)),
            Stage::Resuming { place, broken, .. } => {
                (Opened::Again { broken: *broken, incomplete: self.ephemeral }, take(place))
            }
            Stage::Open { .. } | Stage::Paused { .. } => return None,
        };
        place.open(subscribed);
        self.stage = Stage::Open { place: place.clone(), live: subscribed.live };
        Some((opened, place))
    }

    /// Goes on past an event; says whether it is open and so gets it.
    pub(super) fn pass(&mut self, event: &Event) -> bool {
        let Stage::Open { place, live } = &mut self.stage else { return false };
        place.pass(event);
        match event {
            Event::Message(message) => self.ephemeral |= message.stream().is_none(),
            Event::Gap(gap) => self.ephemeral |= gap.reason == GapReason::Dropped && gap.stream.is_none(),
            Event::Behind => *live = false,
            Event::Live(_) => *live = true,
            Event::Resumed(_) => {}
        }
        true
    }

    /// Goes on to the heads that a ping brought; says whether they are for it.
    pub(super) fn advance(&mut self, heads: &Position) -> bool {
        match &mut self.stage {
            Stage::Open { place, live: true } => {
                place.advance(heads);
                true
            }
            _ => false,
        }
    }

    /// The broker refuses to open or to resume it.
    pub(super) fn refused(&mut self, code: ErrorCode) -> Option<Refusal> {
        match &mut self.stage {
            Stage::Open { .. } | Stage::Paused { .. } => None,
            Stage::Opening { request } => Some(Refusal::Opening { request: *request }),
            Stage::Resuming { failures, .. } if passes(code) => {
                let before = *failures;
                *failures = failures.saturating_add(1);
                Some(Refusal::Postponed { failures: before })
            }
            Stage::Resuming { .. } => Some(Refusal::Final),
        }
    }

    /// The connection has ended.
    pub(super) fn disconnected(&mut self) {
        self.leaving = 0;
        match &mut self.stage {
            Stage::Opening { .. } => {}
            Stage::Open { place, .. } => {
                self.stage = Stage::Resuming { place: take(place), broken: true, failures: 0 };
            }
            Stage::Paused { broken, .. } => *broken = true,
            Stage::Resuming { broken, failures, .. } => {
                *broken = true;
                *failures = 0;
            }
        }
    }
}

/// The broker says so; and where no stream is met, it is so.
fn may_be_ephemeral(subscribed: &Subscribed) -> bool {
    subscribed.ephemeral || subscribed.position.0.is_empty()
}

/// The place that is asked for, as far as it is one.
fn place_of(from: &ReplayFrom) -> Place {
    match from {
        ReplayFrom::Position(position) => Place::at(position.clone()),
        _ => Place::default(),
    }
}

/// Whether the reason may go away by itself. The broker may also count a session that it has not missed yet.
fn passes(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Unavailable | ErrorCode::RateLimited | ErrorCode::LimitExceeded)
}
