//! The binary under test: `FANFARE_BIN`, or else built once for each test process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the binary `fanfare` is.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("FANFARE_BIN").map_or_else(build, PathBuf::from))
}

/// The root of the repository.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository")
}

/// Builds in the profile of the running tests, into the target directory that they were built into.
fn build() -> PathBuf {
    let tests = std::env::current_exe().expect("a running program has a path");
    let profile = tests.ancestors().nth(2).expect("tests are in target/<profile>/deps");
    let target = profile.parent().expect("the profile is in the target directory");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // All of the workspace has a say in the features, so that no dependency is built twice.
    cargo
        .args(["build", "--locked", "--quiet", "--workspace", "--bin", "fanfare", "--target-dir"])
        .arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(workspace()).status().expect("cargo can be run");
    assert!(built.success(), "the broker does not build");
    profile.join("fanfare")
}
