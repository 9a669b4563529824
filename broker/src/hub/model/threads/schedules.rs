//! Schedules: by seed, at random and by priorities; replayed as they were printed; and with a fault planted.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use shuttle::scheduler::{
    PctScheduler, RandomScheduler, ReplayScheduler, Scheduler, UncontrolledNondeterminismCheckScheduler,
};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::super::from_environment;
use super::super::tally::Tally;
use super::super::violation::Checked;
use crate::fault::{Fault, plant};
use crate::sync::scheduled;

/// Schedules in which each promise is checked, unless the environment says otherwise.
const SCHEDULES: usize = 400;
/// Schedules in which it is looked whether each means the same run every time.
const DETERMINED_SCHEDULES: usize = 100;
/// Schedules in which a planted fault must show, of each kind and from each of the seeds.
const FAULTY_SCHEDULES: usize = 2_000;
const FAULTY_SEEDS: [u64; 3] = [1, 2, 3];
/// Places at which a schedule by priorities lets another thread go first.
const CHANGES: usize = 3;
/// Places where threads meet in one run: many more than any has, so that one that never ends is noticed.
const STEPS_MAX: usize = 50_000;
/// A thread's stack, in bytes: enough for unoptimized code.
const STACK_BYTES: usize = 512 * 1024;

/// One run, under whatever schedule; it notes what it came to.
pub(super) type Promise = fn(&mut Tally) -> Checked;

/// Checks a promise in many schedules, new ones each time. Together they come to each of the situations.
pub(super) fn holds(promise: Promise, situations: &[&str]) {
    if let Some(schedule) = from_environment::<String>("FANFARE_SCHEDULE") {
        println!("{:?}", run(ReplayScheduler::new_from_encoded(&schedule), promise, told()));
        return;
    }
    let count = from_environment("FANFARE_SCHEDULES").unwrap_or(SCHEDULES);
    let seed = getrandom::u64().unwrap();
    println!("{count} schedules; SHUTTLE_RANDOM_SEED={seed} runs the same ones again");
    let tally = run_both(seed, count / 2, promise, &told());
    println!("{tally:?}");
    let missed: Vec<_> = situations.iter().filter(|situation| tally.get(situation) == 0).collect();
    assert!(missed.is_empty(), "the schedules never come to {missed:?}");
}

/// Plants the fault and checks the promise until it is broken; what is said then begins with one of these words.
pub(super) fn is_caught(fault: Fault, promise: Promise, by: &[&str]) {
    for seed in FAULTY_SEEDS {
        let planted = plant(fault);
        let schedules = || run_both(seed, FAULTY_SCHEDULES, promise, &untold());
        let panic = catch_unwind(AssertUnwindSafe(schedules)).err();
        drop(planted);
        let panic = panic.unwrap_or_else(|| panic!("{fault:?} went unnoticed, from seed {seed}"));
        let said = text_of(&*panic);
        println!("{fault:?}, seed {seed}: {said}");
        assert!(by.iter().any(|by| said.starts_with(by)), "{fault:?} was taken for something else: {said}");
    }
}

/// Checks that a schedule means the same run every time.
pub(super) fn is_determined(promise: Promise) {
    let schedules = RandomScheduler::new_from_seed(1, DETERMINED_SCHEDULES);
    run(UncontrolledNondeterminismCheckScheduler::new(schedules), promise, told());
}

/// Runs as many schedules at random as by priorities. The former go to and fro, the latter let one thread run far ahead.
fn run_both(seed: u64, each: usize, promise: Promise, config: &Config) -> Tally {
    let mut tally = run(RandomScheduler::new_from_seed(seed, each), promise, config.clone());
    tally.merge(run(PctScheduler::new_from_seed(seed, CHANGES, each), promise, config.clone()));
    tally
}

fn run(scheduler: impl Scheduler + 'static, promise: Promise, config: Config) -> Tally {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let of_all = Arc::clone(&tally);
    let once = move || {
        let mut tally = Tally::default();
        promise(&mut tally).unwrap_or_else(|violation| panic!("{violation}"));
        of_all.lock().unwrap().merge(tally);
    };
    scheduled(|| Runner::new(scheduler, config).run(once));
    std::mem::take(&mut *tally.lock().unwrap())
}

/// A schedule that fails is printed.
fn told() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.max_steps = MaxSteps::FailAfter(STEPS_MAX);
    config
}

/// It is expected to fail.
fn untold() -> Config {
    let mut config = told();
    config.failure_persistence = FailurePersistence::None;
    config
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}
