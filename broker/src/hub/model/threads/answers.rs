//! Publishers that race: with a key, with an expectation, and with the end of publishing.

use std::collections::BTreeSet;

use fanfare_protocol::frame::ReplayFrom;

use super::super::tally::Tally;
use super::super::violation::{Check, Checked, ensure};
use super::broker::{Broker, KEPT, Line, Outcome, Said, now, plain};
use super::schedules::holds;
use crate::hub::PublishError;

/// Two publishers say this, and a subscriber hears what came of it.
fn both(line: Line, tally: &mut Tally) -> Checked<[Said; 2]> {
    let broker = Broker::roomy();
    let mut worker = broker.worker(0);
    worker.subscribe("a.>", ReplayFrom::Now);
    let mut outcome = broker.run(vec![worker], vec![vec![line], vec![line]], Vec::new());
    outcome.is_right(tally)?;
    let Outcome { said, .. } = outcome;
    let said: Vec<Said> = said.into_iter().flatten().collect();
    Ok(said.try_into().expect("each of the two said one line"))
}

/// The sequence that was answered, and whether it is that of an earlier publish.
fn accepted(said: &Said) -> Option<(u64, bool)> {
    let accepted = said.answer.as_ref().ok()?;
    Some((accepted.at.as_ref()?.seq, accepted.duplicate))
}

pub(super) fn same_key(tally: &mut Tally) -> Checked {
    let said = both(Line { topic: KEPT, key: Some("key"), expect: None }, tally)?;
    let answers: BTreeSet<_> = said.iter().map(accepted).collect();
    let right = answers == BTreeSet::from([Some((1, false)), Some((1, true))]);
    ensure(right, Check::Answer, || format!("{answers:?} for one key"))
}

pub(super) fn same_expectation(tally: &mut Tally) -> Checked {
    let said = both(Line { topic: KEPT, key: None, expect: Some(0) }, tally)?;
    let won = said.iter().filter(|said| accepted(said) == Some((1, false))).count();
    let lost = said.iter().filter(|said| said.answer == Err(PublishError::Conflict { last: 1 })).count();
    ensure((won, lost) == (1, 1), Check::Answer, || format!("{won} won, {lost} lost, with one expectation"))
}

/// Publishing ends and the streams are saved while publishers run.
pub(super) fn stopping(tally: &mut Tally) -> Checked {
    let broker = Broker::roomy();
    let publishers = [0, 1].map(|number| broker.publisher(number, plain(&[KEPT, KEPT])));
    broker.hub.stop_publishing();
    let saved = broker.hub.save(now());
    let said = publishers.into_iter().flat_map(|publisher| publisher.join().unwrap());
    let (acknowledged, refused): (Vec<Said>, Vec<Said>) = said.partition(|said| said.answer.is_ok());
    tally.add("acknowledged", acknowledged.len() as u64);
    tally.add("refused", refused.len() as u64);
    let stopping = refused.iter().all(|said| said.answer == Err(PublishError::Stopping));
    ensure(stopping, Check::Answer, || format!("{refused:?} while it stops"))?;
    let kept: Vec<u64> = saved[0].messages.iter().map(|message| message.seq()).collect();
    let mut told: Vec<u64> = acknowledged.iter().filter_map(accepted).map(|(seq, _)| seq).collect();
    told.sort_unstable();
    ensure(kept == told, Check::Answer, || format!("{kept:?} are saved, {told:?} were acknowledged"))
}

#[test]
fn of_two_publishes_with_one_key_one_is_appended_and_both_are_told_where() {
    holds(same_key, &["message"]);
}

#[test]
fn of_two_publishes_that_expect_the_same_one_wins_and_the_other_is_told_what_is_last() {
    holds(same_expectation, &["message"]);
}

#[test]
fn what_is_acknowledged_while_the_broker_stops_is_saved_and_nothing_else() {
    holds(stopping, &["acknowledged", "refused"]);
}
