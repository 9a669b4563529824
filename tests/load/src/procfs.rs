//! What the kernel has counted for a process: CPU time and resident memory.

use std::fs;
use std::time::Duration;

use crate::error::{Doing, LoadError};

/// What the scheduler has counted for a process, all its threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// User and system time.
    pub used: Duration,
    /// Time for which it was ready and something else had its CPU.
    pub waited: Duration,
}

/// The CPU time of the process `pid`, in nanoseconds; up to a scheduler tick old for a thread that runs just now.
/// Threads that have ended are not in it.
///
/// # Errors
/// There is no such process.
pub fn cpu_time(pid: u32) -> Result<CpuTime, LoadError> {
    let mut time = CpuTime::default();
    for task in fs::read_dir(format!("/proc/{pid}/task")).doing("list the threads of a process")? {
        let path = task.doing("list the threads of a process")?.path().join("schedstat");
        let text = fs::read_to_string(path).doing("read a thread's CPU time")?;
        let mut nanos = text.split_whitespace().map(|word| Duration::from_nanos(number(word)));
        time.used += nanos.next().unwrap_or_default();
        time.waited += nanos.next().unwrap_or_default();
    }
    Ok(time)
}

impl CpuTime {
    /// What has been counted since.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            used: self.used.saturating_sub(earlier.used),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

/// Bytes of memory that the process `pid` has resident, counted page by page.
///
/// # Errors
/// There is no such process.
pub fn resident_bytes(pid: u32) -> Result<u64, LoadError> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).doing("read a process's memory")?;
    let rss = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    Ok(1024 * rss.and_then(|rss| rss.split_whitespace().next()).map_or(0, number))
}

/// The kernel writes nothing but digits here.
fn number(word: &str) -> u64 {
    word.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_cpu_time() {
        let pid = std::process::id();
        let before = cpu_time(pid).expect("we are running");
        while cpu_time(pid).expect("we are running").since(before).used < Duration::from_millis(2) {}
    }

    #[test]
    fn memory_that_is_touched_is_resident() {
        let pid = std::process::id();
        let before = resident_bytes(pid).expect("we are running");
        let block = std::hint::black_box(vec![1_u8; 8 << 20]);
        let growth = resident_bytes(pid).expect("we are running") - before;
        assert!(growth >= 7 << 20, "grew by {growth} B after {} B", block.len());
    }
}
