//! Subscribing and catching up while publishers run.

use fanfare_protocol::Position;
use fanfare_protocol::frame::ReplayFrom;

use super::super::tally::Tally;
use super::super::violation::Checked;
use super::broker::{Broker, KEPT, PASSING, plain};
use super::schedules::holds;
use crate::limits::Limits;

/// Of a queue that holds about three messages, and so of one that is read into in several goes.
pub(super) const SMALL_QUEUE_BYTES: usize = 700;

/// Two subscriptions begin while publishers run: for the later one, mail may be on its way already.
pub(super) fn from_now(tally: &mut Tally) -> Checked {
    let broker = Broker::roomy();
    let mut worker = broker.worker(0);
    worker.will_subscribe("a.1", ReplayFrom::Now);
    worker.will_subscribe(">", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT, PASSING, KEPT, PASSING]), plain(&[KEPT, KEPT + 1, KEPT])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

/// A subscription begins in the past, and has caught up while publishers run.
fn behind(from: impl FnOnce(&Broker) -> ReplayFrom, tally: &mut Tally) -> Checked {
    let limits = Limits { queue_bytes: 2 * SMALL_QUEUE_BYTES, ..Limits::default() };
    let broker = Broker::new(1, limits);
    let first = broker.say_first(plain(&[KEPT; 4]));
    let from = from(&broker);
    let mut worker = broker.worker(0);
    worker.will_subscribe("a.>", from);
    let publishers = vec![plain(&[KEPT, KEPT, KEPT]), plain(&[KEPT + 1, KEPT, KEPT])];
    broker.run(vec![worker], publishers, first).is_right(tally)
}

pub(super) fn from_start(tally: &mut Tally) -> Checked {
    behind(|_| ReplayFrom::Start, tally)
}

pub(super) fn from_position(tally: &mut Tally) -> Checked {
    let second = |broker: &Broker| {
        let stream = &broker.hub.engine.streams()[0];
        ReplayFrom::Position(Position::from_iter([(stream.name().clone(), stream.position(2))]))
    };
    behind(second, tally)
}

#[test]
fn a_subscription_hears_all_that_comes_after_its_position_once_and_nothing_before() {
    holds(from_now, &["subscribed live", "message", "ephemeral message"]);
}

#[test]
fn a_reader_flips_to_live_with_no_message_missing_or_twice() {
    holds(from_start, &["subscribed behind", "live", "message after live"]);
}

#[test]
fn a_resumed_reader_flips_to_live_with_no_message_missing_or_twice() {
    holds(from_position, &["recovered", "live", "message after live"]);
}
