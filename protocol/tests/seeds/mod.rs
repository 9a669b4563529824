//! How the random tests run: a failure prints its seed, and keeps it beside the test so that it is tried first.

use proptest::test_runner::{Config, FileFailurePersistence};

/// Tries so many random cases.
pub(crate) fn cases(cases: u32) -> Config {
    let seeds = FileFailurePersistence::WithSource("seeds");
    Config { cases, failure_persistence: Some(Box::new(seeds)), ..Config::default() }
}
