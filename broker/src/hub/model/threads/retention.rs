//! Readers that retention and conflation leave messages out for, while publishers run.

use fanfare_protocol::frame::ReplayFrom;

use super::super::tally::Tally;
use super::super::violation::Checked;
use super::broker::{Broker, KEPT, PASSING, plain};
use super::schedules::holds;
use super::subscribing::SMALL_QUEUE_BYTES;
use crate::limits::Limits;

/// A mailbox with room for one message, and a queue with room for three.
fn narrow() -> Limits {
    Limits { mailbox_bytes: 1, queue_bytes: SMALL_QUEUE_BYTES, ..Limits::default() }
}

/// A stream that forgets faster than its readers read.
pub(super) fn forgetting(tally: &mut Tally) -> Checked {
    let broker = Broker::forgetful(2, narrow());
    let mut worker = broker.worker(0);
    worker.subscribe("a.>", ReplayFrom::Now);
    worker.subscribe("a.1", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT; 6]), plain(&[KEPT + 1; 6])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

/// Only the newest message of each topic is asked for.
pub(super) fn conflating(tally: &mut Tally) -> Checked {
    let broker = Broker::new(1, narrow());
    let mut worker = broker.worker(0);
    worker.subscribe_to_latest(">", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT, PASSING, KEPT, PASSING, KEPT]), plain(&[KEPT + 1; 4])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

#[test]
fn what_retention_takes_from_a_reader_is_told_and_nothing_else_is_missing() {
    holds(forgetting, &["message", "taken", "expired", "behind", "mailbox overflow"]);
}

#[test]
fn the_newest_message_of_each_topic_always_arrives() {
    holds(conflating, &["message", "ephemeral message", "mailbox overflow"]);
}
