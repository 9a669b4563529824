//! Append and mailbox: what any number of publishers append reaches every shard in stream order, and wakes it.

use fanfare_protocol::frame::ReplayFrom;
use shuttle::thread;

use super::super::tally::Tally;
use super::super::violation::{Check, Checked, ensure};
use super::broker::{Broker, KEPT, PASSING, plain};
use super::overflow;
use super::parking::waker;
use super::schedules::{holds, is_determined};
use crate::hub::Mail;
use crate::limits::Limits;

/// Two publishers append to one stream while a shard works off its mail.
pub(super) fn one_shard(tally: &mut Tally) -> Checked {
    let broker = Broker::roomy();
    let mut worker = broker.worker(0);
    worker.subscribe("a.>", ReplayFrom::Now);
    let publishers = vec![plain(&[KEPT, KEPT + 1, KEPT]), plain(&[KEPT, KEPT, KEPT + 1])];
    broker.run(vec![worker], publishers, Vec::new()).is_right(tally)
}

/// The same with two shards; what one of them hears is what the other does.
pub(super) fn two_shards(tally: &mut Tally) -> Checked {
    let broker = Broker::new(2, Limits::default());
    let mut workers = vec![broker.worker(0), broker.worker(1)];
    for worker in &mut workers {
        worker.subscribe("a.>", ReplayFrom::Now);
    }
    let publishers = vec![plain(&[KEPT, KEPT]), plain(&[KEPT + 1, KEPT])];
    broker.run(workers, publishers, Vec::new()).is_right(tally)
}

/// A shard that sleeps until mail comes gets all of it.
pub(super) fn waking(_: &mut Tally) -> Checked {
    let broker = Broker::roomy();
    let mut worker = broker.worker(0);
    worker.subscribe(">", ReplayFrom::Now);
    let lines = [plain(&[KEPT]), plain(&[PASSING])];
    let total = lines.iter().map(Vec::len).sum();
    let publishers: Vec<_> =
        lines.into_iter().enumerate().map(|(number, lines)| broker.publisher(number, lines)).collect();
    let (waker, mut mail, mut taken) = (waker(), Mail::default(), 0);
    while taken < total {
        if broker.hub.mailbox(0).poll_take(&mut mail, &waker).is_ready() {
            taken += mail.messages.len();
            mail.messages.clear();
        } else {
            // Nothing but the mailbox wakes it: if that forgets to, all threads wait for one another.
            thread::park();
        }
    }
    for publisher in publishers {
        publisher.join().unwrap();
    }
    ensure(taken == total, Check::Rest, || format!("{taken} came of {total}"))
}

#[test]
fn what_two_publishers_append_reaches_a_shard_once_and_in_stream_order() {
    holds(one_shard, &["message", "ping"]);
}

#[test]
fn two_shards_see_the_same_order() {
    holds(two_shards, &["message"]);
}

#[test]
fn a_shard_that_waits_for_mail_is_woken() {
    holds(waking, &[]);
}

#[test]
fn a_schedule_means_the_same_run_every_time() {
    is_determined(two_shards);
    is_determined(overflow::queue);
}
