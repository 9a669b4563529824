//! What a process holds, as Linux tells it.

use std::fs;
use std::process::Command;

/// Resident memory of a process, in bytes.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    memory(process, "VmRSS:")
}

/// The most memory that a process has had resident, in bytes.
pub(crate) fn peak_resident_bytes(process: u32) -> u64 {
    memory(process, "VmHWM:")
}

fn memory(process: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs, on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("Linux tells it");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("memory is in kB");
    kib << 10
}

/// Open file descriptors of a process.
pub(crate) fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).expect("the process runs, on Linux").count()
}

/// Sets a process's limit of open files.
pub(crate) fn allow_files(process: u32, files: usize) {
    let limit = format!("--nofile={files}:");
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status();
    assert!(set.expect("prlimit can be run").success(), "the limit of open files can't be set");
}
