//! Pings: the heads that one carries never promise what is not queued before it.

use fanfare_protocol::frame::ReplayFrom;

use super::super::tally::Tally;
use super::super::violation::Checked;
use super::broker::{Broker, KEPT, plain};
use super::schedules::holds;
use super::subscribing::SMALL_QUEUE_BYTES;
use crate::limits::Limits;

/// As a place in the topics: one of the stream `news`.
const NEWS: usize = 5;

fn run(limits: Limits, tally: &mut Tally) -> Checked {
    let broker = Broker::new(1, limits);
    let mut worker = broker.worker(0);
    worker.subscribe(">", ReplayFrom::Now);
    worker.subscribe("a.1", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT, KEPT + 1, NEWS]), plain(&[NEWS, KEPT, KEPT])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

pub(super) fn roomy(tally: &mut Tally) -> Checked {
    run(Limits::default(), tally)
}

/// With a mailbox that overflows, and a queue that does.
fn crowded(tally: &mut Tally) -> Checked {
    run(Limits { mailbox_bytes: 1, queue_bytes: SMALL_QUEUE_BYTES, ..Limits::default() }, tally)
}

#[test]
fn a_ping_promises_nothing_that_is_not_queued_before_it() {
    holds(roomy, &["message", "ping"]);
}

#[test]
fn a_ping_promises_nothing_that_overflowed() {
    holds(crowded, &["message", "ping", "ping with exceptions", "mailbox overflow", "behind", "live"]);
}
