//! Queues and mailboxes that overflow while publishers run.

use fanfare_protocol::frame::ReplayFrom;

use super::super::tally::Tally;
use super::super::violation::Checked;
use super::broker::{Broker, KEPT, PASSING, plain};
use super::schedules::holds;
use super::socket::Socket;
use super::subscribing::SMALL_QUEUE_BYTES;
use crate::limits::Limits;

/// Of a mailbox with room for a single message.
const ONE_MESSAGE: usize = 1;
/// Of a queue that holds two messages.
const TWO_MESSAGES_BYTES: usize = 500;
/// A socket that stands still at times, and then takes whatever waits.
const TAKES_NOTHING_OR_ALL: &[usize] = &[0, usize::MAX, usize::MAX];

fn run(limits: Limits, pattern: &'static str, publishers: &[&[usize]], tally: &mut Tally) -> Checked {
    let broker = Broker::new(1, limits);
    let mut worker = broker.worker(0);
    worker.subscribe(pattern, ReplayFrom::Now);
    let publishers = publishers.iter().map(|topics| plain(topics)).collect();
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

/// A queue that is full again and again.
pub(super) fn queue(tally: &mut Tally) -> Checked {
    let broker = Broker::new(1, Limits { queue_bytes: TWO_MESSAGES_BYTES, ..Limits::default() });
    let mut worker = broker.worker(0);
    worker.socket = Socket::new(TAKES_NOTHING_OR_ALL);
    worker.subscribe("a.>", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT; 8]), plain(&[KEPT + 1; 8])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)?;
    if tally.get("behind") > 1 {
        tally.note("behind again");
    }
    Ok(())
}

/// A queue that is full of what can't be read again, in part.
pub(super) fn queue_of_ephemeral(tally: &mut Tally) -> Checked {
    let limits = Limits { queue_bytes: SMALL_QUEUE_BYTES, ..Limits::default() };
    run(limits, ">", &[&[PASSING; 7], &[KEPT, KEPT, KEPT]], tally)
}

/// A mailbox that is full again and again; the shard reads what found no room in more than one go.
pub(super) fn mailbox(tally: &mut Tally) -> Checked {
    let limits = Limits { mailbox_bytes: ONE_MESSAGE, ..Limits::default() };
    run(limits, "a.>", &[&[KEPT; 14], &[KEPT + 1; 8]], tally)
}

/// A mailbox that is full again and again of what can't be read again, in part.
pub(super) fn mailbox_of_ephemeral(tally: &mut Tally) -> Checked {
    let limits = Limits { mailbox_bytes: ONE_MESSAGE, ..Limits::default() };
    run(limits, ">", &[&[PASSING; 6], &[KEPT, KEPT]], tally)
}

#[test]
fn a_full_queue_falls_behind_and_comes_back_with_every_message_once_and_in_order() {
    holds(queue, &["message", "behind", "live", "behind again"]);
}

#[test]
fn ephemeral_messages_that_a_full_queue_drops_are_counted_exactly() {
    holds(queue_of_ephemeral, &["ephemeral message", "message", "dropped", "dropped by a queue"]);
}

#[test]
fn a_full_mailbox_is_read_on_from_and_left_with_every_message_once_and_in_order() {
    holds(mailbox, &["message", "mailbox overflow"]);
}

#[test]
fn ephemeral_messages_that_a_full_mailbox_drops_are_counted_exactly() {
    holds(mailbox_of_ephemeral, &["ephemeral message", "message", "dropped", "mailbox overflow"]);
}
