//! A proof by model: the real engine, hub, mailboxes and queues against a reference that shares no code with them.
//!
//! A run draws a small broker and some thousand steps from a seed: publish, subscribe, resume, overlap, stall, drop the
//! connection, expire, crash. Every byte goes through cut frames to clients that follow the specification, in both
//! encodings, and each frame is checked against a plain list of what was published. A run that fails prints its seed and
//! a shorter list of steps that fails, too.
//!
//! All of that is one thread. In `threads` there are more, and a schedule decides who goes on.
//!
//! `FANFARE_MODEL_SEED` runs one seed; `FANFARE_MODEL_STEPS` says how many steps the runs take in all.

mod asking;
mod audit;
mod client;
mod desk;
mod ephemeral;
mod faults;
mod names;
mod pace;
mod paging;
mod publishing;
mod random;
mod reading;
mod restarting;
mod resting;
mod retention;
mod run;
mod setup;
mod steps;
mod subscriber;
mod tally;
mod threads;
mod truth;
mod violation;
mod world;

use tally::Tally;

use run::{STEPS_A_RUN, run, seeds};

/// Steps of all runs together, unless the environment says otherwise.
const STEPS: usize = 400_000;

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().ok().unwrap_or_else(|| panic!("{name} is {text}, not a number")))
}

/// Runs half of the steps from these seeds, or the one seed that the environment names.
fn runs(base: u64) -> Tally {
    let steps: usize = from_environment("FANFARE_MODEL_STEPS").unwrap_or(STEPS);
    let only = from_environment("FANFARE_MODEL_SEED");
    let count = only.map_or((steps / 2).div_ceil(STEPS_A_RUN), |_| 1);
    let mut tally = Tally::default();
    for seed in only.into_iter().chain(seeds(base)).take(count) {
        match run(seed) {
            Ok(run) => tally.merge(run),
            Err(failure) => {
                let failure = failure.to_string();
                panic!("{failure}");
            }
        }
    }
    println!("{count} runs of {STEPS_A_RUN} steps: {tally:?}");
    tally
}

/// Situations that the known runs come to, each many times.
const SITUATIONS: &[&str] = &[
    "message",
    "ephemeral message",
    "subscribed live",
    "subscribed behind",
    "recovered",
    "not recovered",
    "unsubscribed",
    "expired",
    "reset",
    "dropped",
    "behind",
    "live",
    "ping",
    "ping with exceptions",
    "mailbox overflow",
    "dropped by a queue",
];

#[test]
fn no_interleaving_of_known_seeds_breaks_a_promise() {
    let tally = runs(1);
    if from_environment::<u64>("FANFARE_MODEL_SEED").is_none() {
        let missed: Vec<_> = SITUATIONS.iter().filter(|situation| tally.get(situation) == 0).collect();
        assert!(missed.is_empty(), "the runs never come to {missed:?}");
    }
}

#[test]
fn no_interleaving_of_fresh_seeds_breaks_a_promise() {
    let base = getrandom::u64().unwrap();
    println!("fresh runs from base {base}");
    runs(base);
}

#[test]
fn a_seed_means_the_same_run_every_time() {
    for seed in seeds(7).take(20) {
        let [once, again] =
            [run(seed), run(seed)].map(|run| run.unwrap_or_else(|failure| panic!("{}", failure.violation)));
        assert_eq!(once, again, "seed {seed}");
    }
}
