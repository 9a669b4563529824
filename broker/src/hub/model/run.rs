//! Runs of the model: by seed, replayed from a list of steps, and cut down to the few steps that matter.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::random::Random;
use super::setup::Setup;
use super::steps::Step;
use super::tally::Tally;
use super::violation::{Check, Violation};
use super::world::World;

/// Steps of one run.
pub(super) const STEPS_A_RUN: usize = 2_000;
/// Lines of the story that a failure shows.
const STORY_LINES: usize = 60;
/// Time for cutting a failing run down.
const SHRINK_TIME: Duration = Duration::from_secs(8);

/// A run that broke a promise.
pub(super) struct Failure {
    seed: u64,
    step: usize,
    pub(super) violation: Violation,
}

/// A step at which a promise was broken.
struct Broken {
    step: usize,
    violation: Violation,
    story: Vec<String>,
}

/// The broker and the steps that a seed means.
fn drawn(seed: u64) -> (Setup, Vec<Step>) {
    let mut random = Random::new(seed);
    let setup = Setup::drawn(&mut random);
    let mut steps: Vec<Step> = (1..STEPS_A_RUN).map(|_| Step::drawn(&mut random)).collect();
    steps.push(Step::Rest);
    (setup, steps)
}

/// The seeds of many runs, from one.
pub(super) fn seeds(base: u64) -> impl Iterator<Item = u64> {
    let mut random = Random::new(base);
    std::iter::repeat_with(move || random.next())
}

/// Runs what a seed means.
pub(super) fn run(seed: u64) -> Result<Tally, Failure> {
    let (setup, steps) = drawn(seed);
    let failed = |broken: Broken| Failure { seed, step: broken.step, violation: broken.violation };
    replay(&setup, &steps, false).map_err(failed)
}

fn replay(setup: &Setup, steps: &[Step], told: bool) -> Result<Tally, Broken> {
    let mut world = World::new(setup.clone(), told);
    let at = Cell::new(0);
    let all = || {
        steps.iter().enumerate().try_for_each(|(number, step)| {
            at.set(number);
            world.perform(*step)
        })
    };
    let result = catch_unwind(AssertUnwindSafe(all)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Violation::new(Check::Panic, text.unwrap_or_default()))
    });
    match result {
        Ok(()) => Ok(world.tally()),
        Err(violation) => Err(Broken { step: at.get(), violation, story: world.story.unwrap_or_default() }),
    }
}

/// A shorter list of steps that still breaks the same promise: the shortest that is found in a while.
fn shrunk(setup: &Setup, mut steps: Vec<Step>, check: Check) -> Vec<Step> {
    let end = Instant::now() + SHRINK_TIME;
    let still_breaks =
        |steps: &[Step]| replay(setup, steps, false).err().filter(|b| b.violation.check == check);
    let mut size = steps.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < steps.len() && Instant::now() < end {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            match still_breaks(&fewer) {
                Some(broken) => {
                    fewer.truncate(broken.step + 1);
                    steps = fewer;
                }
                None => at += size,
            }
        }
        if size == 1 {
            return with_smaller_bursts(steps, still_breaks);
        }
        size = size.div_ceil(2);
    }
}

/// Bursts of no more messages than it takes, about.
fn with_smaller_bursts(mut steps: Vec<Step>, still_breaks: impl Fn(&[Step]) -> Option<Broken>) -> Vec<Step> {
    for at in 0..steps.len() {
        while let Step::Burst { count, topics, size } = steps[at] {
            let smaller = Step::Burst { count: count * 3 / 4, topics, size };
            let mut fewer = steps.clone();
            fewer[at] = smaller;
            if count < 2 || still_breaks(&fewer).is_none() {
                break;
            }
            steps = fewer;
        }
    }
    steps
}

impl fmt::Display for Failure {
    /// Says all that is needed to see it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, violation } = self;
        let (setup, mut steps) = drawn(*seed);
        steps.truncate(step + 1);
        let last = steps.len().saturating_sub(30);
        writeln!(
            f,
            "{violation}\nat step {step} of seed {seed}; run it again with FANFARE_MODEL_SEED={seed}"
        )?;
        writeln!(f, "{setup:?}\nthe last steps:")?;
        steps[last..].iter().try_for_each(|step| writeln!(f, "{step:?}"))?;
        let steps = shrunk(&setup, steps, violation.check);
        let Err(broken) = replay(&setup, &steps, true) else {
            return writeln!(f, "cut down to {} steps, it went well once more", steps.len());
        };
        writeln!(f, "cut down to {} steps: {}", steps.len(), broken.violation)?;
        let skip = broken.story.len().saturating_sub(STORY_LINES);
        broken.story.iter().skip(skip).try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "{}", broken.violation)
    }
}
