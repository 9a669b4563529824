//! Races planted on purpose: each must break its promise within the schedules that are tried.

use super::schedules::is_caught;
use super::{answers, closing, overflow, pings, presence, retention, stream_order, subscribing};
use crate::fault::Fault;

#[test]
fn mail_that_leaves_the_streams_lock_is_caught() {
    let by = ["Order", "Silence", "Ping"];
    is_caught(Fault::MailUnlocked, stream_order::one_shard, &by);
    is_caught(Fault::MailUnlocked, stream_order::two_shards, &by);
}

#[test]
fn a_waker_that_is_left_too_late_is_caught() {
    is_caught(Fault::WakerLate, stream_order::waking, &["deadlock"]);
}

#[test]
fn interest_that_is_registered_after_the_heads_were_read_is_caught() {
    is_caught(Fault::InterestLate, subscribing::from_now, &["Silence", "Ping", "Rest", "Count"]);
}

#[test]
fn patterns_that_change_after_it_was_told_are_caught() {
    is_caught(Fault::VersionEarly, subscribing::from_now, &["Silence", "Ping", "Rest", "Count"]);
}

#[test]
fn ephemeral_messages_that_begin_after_the_position_are_caught() {
    is_caught(Fault::EphemeralLate, subscribing::from_now, &["Count"]);
}

#[test]
fn a_flip_to_live_outside_the_streams_lock_is_caught() {
    let by = ["Silence", "Position", "Ping", "Rest"];
    is_caught(Fault::FlipUnlocked, subscribing::from_start, &by);
    is_caught(Fault::FlipUnlocked, subscribing::from_position, &by);
}

#[test]
fn leaving_a_full_mailbox_outside_the_streams_lock_is_caught() {
    is_caught(Fault::CaughtUpUnlocked, overflow::mailbox, &["Silence", "Ping", "Rest"]);
}

#[test]
fn heads_that_are_read_after_the_mailbox_are_caught() {
    is_caught(Fault::HeadsLate, pings::roomy, &["Ping", "Silence", "Order"]);
}

#[test]
fn conditions_that_are_checked_before_the_append_are_caught() {
    is_caught(Fault::CheckedEarly, answers::same_key, &["Answer"]);
    is_caught(Fault::CheckedEarly, answers::same_expectation, &["Answer"]);
    is_caught(Fault::CheckedEarly, answers::stopping, &["Answer"]);
}

#[test]
fn ephemeral_messages_that_go_uncounted_are_caught() {
    is_caught(Fault::DroppedUncounted, overflow::mailbox_of_ephemeral, &["Count"]);
    is_caught(Fault::QueueDropUncounted, overflow::queue_of_ephemeral, &["Count"]);
}

#[test]
fn messages_that_retention_takes_from_a_full_mailbox_untold_are_caught() {
    is_caught(Fault::OverflowUntold, retention::forgetting, &["Silence", "Ping", "Rest", "Position"]);
}

#[test]
fn a_newest_message_that_is_never_sent_is_caught() {
    is_caught(Fault::BatchForgotten, retention::conflating, &["Rest", "Count"]);
}

#[test]
fn a_close_that_is_queued_after_its_shard_was_asked_to_write_is_caught() {
    is_caught(Fault::FlushEarly, closing::closing, &["Opened"]);
}

#[test]
fn a_roster_that_changes_while_others_are_told_of_and_is_forgotten_is_caught() {
    is_caught(Fault::DueForgotten, presence::following, &["Silence"]);
}
