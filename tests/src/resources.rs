//! What a process holds, as Linux tells it.

use std::fs;

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
