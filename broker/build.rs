//! Tells the build its revision, as `FANFARE_REVISION` of the compiler's environment.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is how a build script speaks")]

#[path = "build/revision.rs"]
mod revision;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use revision::{Sources, check_version};

const SAID: &str = "FANFARE_REVISION";
const SAID_VERSION: &str = "FANFARE_VERSION";
/// What cargo writes into a package that it makes.
const PACKAGE: &str = ".cargo_vcs_info.json";
/// What `git archive` writes the revision into.
const ARCHIVE: &str = "build/revision.txt";
/// What changes when a clone stands at another commit.
const GIT_WATCHED: [&str; 2] = ["../.git/HEAD", "../.git/logs/HEAD"];

fn main() -> ExitCode {
    for variable in [SAID, SAID_VERSION] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    for file in ["build.rs", "build/revision.rs", ARCHIVE] {
        println!("cargo:rerun-if-changed={file}");
    }
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let sources = Sources {
        said: env::var(SAID).ok(),
        package: fs::read_to_string(PACKAGE).ok(),
        archive: fs::read_to_string(ARCHIVE).ok(),
        git: git(),
    };
    let told =
        check_version(env::var(SAID_VERSION).ok().as_deref(), &version).and_then(|()| sources.revision());
    match told {
        Ok(revision) => {
            println!("cargo:rustc-env={SAID}={revision}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// The commit of the clone that this is, in release builds alone: others would be compiled anew at each commit.
fn git() -> Option<String> {
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A source tree inside somebody else's repository has nothing to do with that one's commits.
    if !is_release || !Path::new("../.git").exists() {
        return None;
    }
    for file in GIT_WATCHED.iter().filter(|file| Path::new(file).exists()) {
        println!("cargo:rerun-if-changed={file}");
    }
    let output = Command::new("git").args(["-C", "..", "rev-parse", "HEAD"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
