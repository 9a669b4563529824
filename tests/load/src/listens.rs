//! How it becomes known where a server listens, and the waiting until it does.

use std::io::Read;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::{Doing, LoadError};
use crate::procfs::is_listening;

/// Longest time that a server takes until it listens.
const START_MAX: Duration = Duration::from_secs(10);
/// Time between looks whether a server listens that doesn't say so.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Most of what a server prints at its start that is kept, in bytes.
const PRINTED_MAX_BYTES: usize = 64 * 1024;

/// How it becomes known where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listens {
    /// It prints its `ws://` URL on standard output.
    Says,
    /// It logs that URL and the `http://` URL of its API on standard error.
    Logs,
    /// It was told to use this address.
    At(SocketAddr),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// For clients.
    pub address: SocketAddr,
    /// The path of its WebSocket there.
    pub path: String,
    /// For requests over HTTP, if it has said so.
    pub api: Option<SocketAddr>,
}

impl Listens {
    /// Waits until a server listens, and gives where; `output` is what it prints, or what it logs.
    ///
    /// # Errors
    /// It ends, or doesn't listen in time.
    pub fn wait(self, output: &mut (impl Read + AsFd)) -> Result<Found, LoadError> {
        let deadline = Instant::now() + START_MAX;
        let mut printed = Vec::new();
        loop {
            let said = String::from_utf8_lossy(&printed);
            let (found, look_again) = match self {
                Self::Says => (find(&said), START_MAX),
                Self::Logs => (find(&said).filter(|found| found.api.is_some()), START_MAX),
                Self::At(address) => (is_listening(address)?.then(|| Found::at(address)), LOOK_EVERY),
            };
            if let Some(found) = found {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || printed.len() > PRINTED_MAX_BYTES {
                return Err(LoadError::Server(format!("does not listen; it printed: {said}")));
            }
            if !read_some(output, left.min(look_again), &mut printed)? {
                let said = String::from_utf8_lossy(&printed);
                return Err(LoadError::Server(format!(
                    "ended (servers.log may say why); it printed: {said}"
                )));
            }
        }
    }
}

/// Reads what a server prints, if it does so before the timeout; false at its end.
fn read_some(
    output: &mut (impl Read + AsFd),
    timeout: Duration,
    printed: &mut Vec<u8>,
) -> Result<bool, LoadError> {
    let timeout = Timespec::try_from(timeout).unwrap_or_default();
    let ready = poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&timeout)).doing("wait for a server")?;
    if ready == 0 {
        return Ok(true);
    }
    let mut some = [0; 1024];
    let bytes = output.read(&mut some).doing("read from a server")?;
    printed.extend_from_slice(&some[..bytes]);
    Ok(bytes > 0)
}

impl Found {
    fn at(address: SocketAddr) -> Self {
        Self { address, path: "/".to_owned(), api: None }
    }
}

/// What the whole lines among it say.
fn find(printed: &str) -> Option<Found> {
    let (address, path) = find_url(printed, "ws://")?;
    Some(Found { address, path, api: find_url(printed, "http://").map(|(address, _)| address) })
}

/// The address and path of the first whole line with such a URL in it.
fn find_url(printed: &str, scheme: &str) -> Option<(SocketAddr, String)> {
    printed.split_inclusive('\n').filter(|line| line.ends_with('\n')).find_map(|line| {
        let (_, url) = line.split_once(scheme)?;
        let url = url.split(|c: char| c.is_whitespace() || c == '"').next()?;
        let (address, path) = url.find('/').map_or((url, "/"), |slash| url.split_at(slash));
        Some((address.parse().ok()?, path.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(printed: &str, expected: Option<(&str, &str)>) {
        let found = find(printed).map(|found| (found.address.to_string(), found.path));
        assert_eq!(
            found,
            expected.map(|(address, path)| (address.to_owned(), path.to_owned())),
            "{printed:?}"
        );
    }

    #[test]
    fn the_address_is_found_among_other_lines() {
        check("hello\nlistening on ws://127.0.0.1:7440/ws\n", Some(("127.0.0.1:7440", "/ws")));
        check(
            "  try ws://127.0.0.1:1/ws now\ninternal on http://127.0.0.1:2/\n",
            Some(("127.0.0.1:1", "/ws")),
        );
        check("ws://[::1]:9\n", Some(("[::1]:9", "/")));
    }

    #[test]
    fn the_api_is_found_on_a_line_of_its_own() {
        let api = |printed| find(printed).and_then(|found| found.api).map(|api| api.to_string());
        assert_eq!(
            api("on ws://127.0.0.1:1/ws\n  internal on http://127.0.0.1:2/ (a page)\n").as_deref(),
            Some("127.0.0.1:2")
        );
        assert_eq!(api("on ws://127.0.0.1:1/ws\n  internal on http://127.0."), None);
    }

    #[test]
    fn both_are_found_in_a_line_of_a_log() {
        let line = r#"{"client":"ws://127.0.0.1:1/ws","internal":"http://127.0.0.1:2/","message":"started"}"#;
        let found = find(&format!("{line}\n")).unwrap();
        let expected = Found {
            path: "/ws".into(),
            api: Some(([127, 0, 0, 1], 2).into()),
            ..Found::at(([127, 0, 0, 1], 1).into())
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_that_is_not_whole_is_waited_for() {
        check("listening on ws://127.0.0.1:74", None);
        check("listening on http://127.0.0.1:7441/\n", None);
    }
}
