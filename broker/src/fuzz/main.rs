//! The binary `fuzz`: libFuzzer around the target whose name is in `FANFARE_FUZZ_TARGET`. `tests/fuzz/run` builds and runs it.

#![no_main]
#![allow(clippy::print_stderr, reason = "this is a command line")]

use std::env::var;
use std::process::exit;
use std::sync::LazyLock;

use fanfare::fuzz::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    Target::named(&var("FANFARE_FUZZ_TARGET").unwrap_or_default()).unwrap_or_else(|| {
        eprintln!("FANFARE_FUZZ_TARGET names no target; there are:");
        for target in TARGETS {
            eprintln!("{}", target.name);
        }
        exit(2)
    })
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    TARGET.run(input);
});
