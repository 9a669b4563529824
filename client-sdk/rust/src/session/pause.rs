//! Pausing a subscription whose reader is slow: it is ended at the broker, and resumed from its streams when there is room.

use std::mem::take;

use fanfare_protocol::{ClientFrame, ErrorCode};

use super::machine::{Output, Session};
use super::outbox::{Ask, Entry};
use super::subscription::{Stage, Subscription};
use crate::event::Event;
use crate::place::Place;

/// How memory can be had from a subscription whose reader is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relief {
    /// It can be paused: what waits for its reader can be asked for again.
    Pause,
    /// What waits is in no stream, and must be dropped.
    Drop,
    /// It gets nothing now.
    Quiet,
}

impl<T> Session<T> {
    /// How memory can be had from a subscription whose reader is slow.
    pub(crate) fn relief(&self, sub: u32) -> Relief {
        self.subscriptions.get(sub).map_or(Relief::Quiet, Subscription::relief)
    }

    /// The reader of a subscription has enough: what follows this place is to come later, from its streams.
    pub(crate) fn pause(&mut self, sub: u32, at: Place) {
        let of_broker = self.subscriptions.take_broker_number(sub);
        let subscription = self.subscriptions.get_mut(sub);
        let Some(live) = subscription.and_then(|subscription| subscription.pause(at, of_broker.is_some()))
        else {
            return;
        };
        if live {
            self.outputs.push_back(Output::Deliver(sub, Event::Behind));
        }
        self.send(ClientFrame::Unsubscribe { sub: of_broker.unwrap_or(sub) });
    }

    /// The reader of a subscription that was paused has room again.
    pub(crate) fn unpause(&mut self, sub: u32) {
        if self.subscriptions.get_mut(sub).is_some_and(Subscription::unpause) {
            self.outbox.push(Entry::Ask(Ask::Subscribe(sub)));
        }
    }
}

impl Subscription {
    /// How memory can be had from it.
    pub(super) fn relief(&self) -> Relief {
        match &self.stage {
            Stage::Open { place, .. } if place.position().0.is_empty() => Relief::Drop,
            Stage::Open { .. } | Stage::Paused { .. } => Relief::Pause,
            Stage::Opening { .. } | Stage::Resuming { .. } => Relief::Quiet,
        }
    }

    /// Its reader has enough, and is to get what follows this place later; says whether it was pushed so far. None if it
    /// is not open. With a number of the broker's, the answer to its end has that number, and not this one.
    pub(super) fn pause(&mut self, at: Place, of_broker: bool) -> Option<bool> {
        match &mut self.stage {
            Stage::Open { live, .. } => {
                let live = *live;
                self.leaving += u32::from(!of_broker);
                self.stage = Stage::Paused { place: at, broken: false };
                Some(live)
            }
            Stage::Paused { place, .. } => {
                *place = at;
                None
            }
            Stage::Opening { .. } | Stage::Resuming { .. } => None,
        }
    }

    /// Its reader has room again; says whether it is to be asked for.
    pub(super) fn unpause(&mut self) -> bool {
        let Stage::Paused { place, broken } = &mut self.stage else { return false };
        self.stage = Stage::Resuming { place: take(place), broken: *broken, failures: 0 };
        true
    }

    /// The broker has ended it; says whether that is what was asked for in order to pause it.
    pub(super) fn left(&mut self, code: Option<ErrorCode>) -> bool {
        let asked = code.is_none() && self.leaving > 0;
        self.leaving -= u32::from(asked);
        asked
    }
}
