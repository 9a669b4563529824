//! Says to callgrind what is measured: it counts within [`micro_section`], and writes down its count and begins anew
//! before [`micro_case_ends`]. `tests/micro/run` names both functions.

use std::fmt::Debug;
use std::hint::black_box;

use super::Outcome;

/// A case that was measured.
#[derive(Debug)]
pub struct Case {
    /// What was done, within its group.
    pub name: String,
    /// How often.
    pub pieces: u32,
    /// What it was done to: one of the pieces.
    pub piece: &'static str,
}

/// Measures cases, one after the other.
#[derive(Debug, Default)]
pub struct Meter {
    cases: Vec<Case>,
}

impl Meter {
    /// Does work that counts for the present case.
    #[allow(clippy::unused_self, reason = "what a case is made of belongs to the meter that ends it")]
    pub(super) fn measure<R>(&mut self, work: impl FnOnce() -> R) -> R {
        micro_section(work)
    }

    /// Ends the present case; what comes is the next one.
    pub(super) fn end(&mut self, name: impl Into<String>, pieces: u32, piece: &'static str) {
        micro_case_ends(self.cases.len());
        self.cases.push(Case { name: name.into(), pieces, piece });
    }

    pub(super) fn into_cases(self) -> Vec<Case> {
        self.cases
    }
}

#[inline(never)]
fn micro_section<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[inline(never)]
fn micro_case_ends(number: usize) {
    black_box(number);
}

/// Fails unless the work came out as it must: what was not done costs nothing.
pub(super) fn check<T: PartialEq + Debug + Copy>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {expected:?}; the case does not do what it says").into())
}
