//! What the kernel tells: CPU time and resident memory of a process, and whether an address is listened on.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::error::{Doing, LoadError};

/// The state of a socket that listens, as the kernel lists it.
const LISTEN: &str = "0A";

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
        // A thread may end between the list and its turn.
        let Ok(text) = fs::read_to_string(path) else { continue };
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

/// Whether some process listens on an IPv4 address. Nobody is connected to for it: a connection to a free port may meet
/// itself, and a server would count it.
///
/// # Errors
/// The kernel doesn't tell.
pub fn is_listening(address: SocketAddr) -> Result<bool, LoadError> {
    let IpAddr::V4(ip) = address.ip() else { return Ok(false) };
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port());
    let text = fs::read_to_string("/proc/net/tcp").doing("list sockets")?;
    Ok(text.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        words.next() == Some(&local) && words.nth(1) == Some(LISTEN)
    }))
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
    fn a_listener_is_seen_as_long_as_it_is_there() {
        let listener =
            std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        assert!(is_listening(address).expect("the kernel tells"));
        drop(listener);
        assert!(!is_listening(address).expect("the kernel tells"));
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
