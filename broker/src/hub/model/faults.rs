//! Faults planted on purpose: for each, the model must fail soon, from any seed, and say which promise was broken.

use super::run::{run, seeds};
use super::violation::Check;
use crate::fault::{Fault, plant};

/// Runs in which a fault must show, from each of the seeds.
const RUNS: usize = 200;
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Plants the fault and runs the model until it fails, with one of these checks.
fn is_caught(fault: Fault, by: &[Check]) {
    for base in SEEDS {
        let planted = plant(fault);
        let failure = seeds(base).take(RUNS).enumerate().find_map(|(at, seed)| Some((at, run(seed).err()?)));
        let (at, failure) = failure.unwrap_or_else(|| panic!("{fault:?} went unnoticed, from seed {base}"));
        println!("{fault:?}, seed {base}: caught in run {at} by {}", failure.violation);
        let right = by.contains(&failure.violation.check);
        let seen = if right { String::new() } else { failure.to_string() };
        assert!(right, "{fault:?} was taken for something else: {seen}");
        drop(planted);
    }
}

#[test]
fn a_message_repeated_at_the_flip_to_live_is_caught() {
    is_caught(Fault::RepeatAtLive, &[Check::Order, Check::Position]);
}

#[test]
fn a_message_skipped_at_the_flip_to_live_is_caught() {
    is_caught(Fault::SkipAtLive, &[Check::Silence, Check::Ping, Check::Position, Check::Rest]);
}

#[test]
fn a_gap_one_short_of_what_expired_is_caught() {
    is_caught(Fault::GapOneShort, &[Check::Silence, Check::FalseGap, Check::Ping, Check::Position]);
}

#[test]
fn a_message_that_expires_a_moment_early_is_caught() {
    is_caught(Fault::ExpiresEarly, &[Check::Retention]);
}

#[test]
fn a_message_that_expires_a_moment_late_is_caught() {
    is_caught(Fault::ExpiresLate, &[Check::Retention]);
}

#[test]
fn a_stream_that_keeps_one_message_too_many_for_its_bytes_is_caught() {
    is_caught(Fault::BytesOneOver, &[Check::Retention, Check::Bound]);
}

#[test]
fn a_topic_that_keeps_one_message_too_many_is_caught() {
    is_caught(Fault::TopicOneOver, &[Check::Retention]);
}

#[test]
fn a_stream_that_counts_a_topic_for_nothing_is_caught() {
    is_caught(Fault::TopicUncounted, &[Check::Retention, Check::Bound]);
}

#[test]
fn an_epoch_that_survives_a_crash_is_caught() {
    is_caught(Fault::EpochKept, &[Check::Reset]);
}

#[test]
fn a_resume_that_starts_one_too_late_is_caught() {
    is_caught(
        Fault::ResumeLate,
        &[Check::Silence, Check::Position, Check::Recovered, Check::History, Check::Ping],
    );
}

#[test]
fn a_resume_that_starts_one_too_early_is_caught() {
    is_caught(
        Fault::ResumeEarly,
        &[Check::Order, Check::Position, Check::FalseGap, Check::Recovered, Check::History],
    );
}

#[test]
fn a_gap_not_told_after_a_mailbox_overflow_is_caught() {
    is_caught(Fault::OverflowUntold, &[Check::Silence, Check::Ping, Check::Rest]);
}

#[test]
fn a_mailbox_overflow_read_one_too_late_is_caught() {
    is_caught(Fault::OverflowLate, &[Check::Silence, Check::Ping, Check::Rest]);
}

#[test]
fn a_dropped_ephemeral_message_that_is_not_counted_is_caught() {
    is_caught(Fault::DroppedUncounted, &[Check::Count]);
}

#[test]
fn a_ping_that_promises_what_overflowed_is_caught() {
    let by = [Check::Ping, Check::Silence, Check::Rest, Check::Order, Check::Position];
    is_caught(Fault::PingOverflowed, &by);
}

#[test]
fn an_echo_while_behind_is_caught() {
    is_caught(Fault::EchoBehind, &[Check::Content]);
}

#[test]
fn a_removal_among_what_a_reader_asked_for_is_caught() {
    is_caught(Fault::LateRemovalUnseen, &[Check::Silence, Check::Ping, Check::Position]);
}

#[test]
fn falling_behind_and_coming_back_one_too_late_is_caught() {
    is_caught(Fault::RewindLate, &[Check::Silence, Check::Position, Check::Rest]);
}

#[test]
fn falling_behind_and_coming_back_one_too_early_is_caught() {
    is_caught(Fault::RewindEarly, &[Check::Order, Check::Position, Check::FalseGap]);
}

#[test]
fn falling_behind_untold_is_caught() {
    is_caught(Fault::BehindUntold, &[Check::Stage, Check::Ping]);
}

#[test]
fn falling_behind_for_an_ended_subscription_is_caught() {
    let by = [Check::Stage, Check::Rest, Check::Silence, Check::Position, Check::Ping, Check::FalseGap];
    is_caught(Fault::EndedFalls, &by);
}

#[test]
fn an_ephemeral_message_that_a_full_queue_drops_uncounted_is_caught() {
    is_caught(Fault::QueueDropUncounted, &[Check::Count]);
}

#[test]
fn a_key_that_is_not_scoped_to_its_topic_is_caught() {
    is_caught(Fault::KeyUnscoped, &[Check::Answer]);
}

#[test]
fn conflation_out_of_order_is_caught() {
    is_caught(Fault::BatchOutOfOrder, &[Check::Order, Check::Silence]);
}

#[test]
fn batches_faster_than_their_rate_are_caught() {
    is_caught(Fault::RateIgnored, &[Check::Rate]);
}

#[test]
fn conflation_that_keeps_the_older_is_caught() {
    is_caught(Fault::OlderKept, &[Check::Rest, Check::Count, Check::Ping, Check::Silence]);
}

#[test]
fn a_newest_value_that_is_never_sent_is_caught() {
    is_caught(Fault::BatchForgotten, &[Check::Rest, Check::Count]);
}

#[test]
fn a_ping_that_advances_over_what_waits_for_its_batch_is_caught() {
    is_caught(Fault::PingConflated, &[Check::Ping, Check::Order]);
}

#[test]
fn a_restart_that_loses_the_last_sequence_is_caught() {
    is_caught(Fault::RestartRegresses, &[Check::Answer, Check::Retention, Check::Position]);
}

#[test]
fn a_restart_that_forgets_keys_is_caught() {
    is_caught(Fault::RestartForgetsKeys, &[Check::Answer]);
}
