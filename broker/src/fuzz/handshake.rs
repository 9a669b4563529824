//! Handshakes: an HTTP head is judged alike however it arrives, answered as it must be, and no page from elsewhere gets in.

use std::net::Ipv4Addr;

use super::Outcome;
use crate::net::handshake::{Policy, Progress, read_head};
use crate::net::{Names, Senders};

/// An origin on the list; beside those of this machine.
const LISTED: &str = "https://app.example";
/// Up to so many bytes, every way to cut the input in two is tried; then this many.
const CUTS_MAX: usize = 64;
/// How an answer begins that opens a session, or lets events follow.
const SUCCESSES: [&str; 2] = ["HTTP/1.1 101 Switching Protocols", "HTTP/1.1 200 OK"];
/// What it may say beside that.
const GRANTED: [&str; 12] = [
    "connection",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "content-type",
    "cache-control",
    "x-content-type-options",
    "x-accel-buffering",
    "transfer-encoding",
    "vary",
    "access-control-allow-origin",
    "access-control-allow-credentials",
];

fn policy() -> Policy {
    let names = Names { origins: vec![LISTED.to_owned()], ..Names::default() };
    Policy {
        senders: Senders { loopback: true, names },
        max_head_bytes: 1_024,
        internal: (Ipv4Addr::LOCALHOST, 7441).into(),
        internal_tls: false,
    }
}

pub(super) fn run(input: &[u8]) -> Outcome {
    let policy = policy();
    let whole = read_head(input, &policy);
    let step = input.len().div_ceil(CUTS_MAX).max(1);
    for cut in (0..input.len()).step_by(step) {
        let part = read_head(&input[..cut], &policy);
        assert!(part == Progress::Partial || part == whole, "{cut} bytes: {part:?}; all: {whole:?}");
    }
    match whole {
        Progress::Partial => Outcome::Refused,
        Progress::Refused { response, reason } => {
            assert!(response.starts_with(b"HTTP/1.1 "), "{reason:?}: {}", response.escape_ascii());
            Outcome::Refused
        }
        Progress::Done { response, head_len, .. } => {
            let (head, answer) = (input.get(..head_len), str::from_utf8(&response).expect("it is ASCII"));
            is_from_here(head.expect("no more than has come"));
            is_plain(answer);
            Outcome::Taken
        }
    }
}

/// Whatever claims to be an origin is one that may come in.
fn is_from_here(head: &[u8]) {
    let head = str::from_utf8(head).unwrap_or_default();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    for (_, origin) in headers.filter(|(name, _)| name.eq_ignore_ascii_case("origin")) {
        let origin = origin.trim_ascii();
        let host = origin
            .split_once("://")
            .map(|(_, authority)| authority.trim_end_matches(|c| "0123456789".contains(c)));
        let host = host.map(|host| host.strip_suffix(':').unwrap_or(host).to_ascii_lowercase());
        let is_ours = host.as_deref().is_some_and(|host| {
            host == "localhost"
                || host.ends_with(".localhost")
                || host.starts_with("127.")
                || host.starts_with("[::")
        });
        assert!(is_ours || origin == LISTED, "a page of {origin:?} got in");
    }
}

/// The answer is one head: nothing of the request gets into it as a line of its own.
fn is_plain(answer: &str) {
    let lines = answer.strip_suffix("\r\n\r\n").unwrap_or_else(|| panic!("it does not end: {answer:?}"));
    let mut lines = lines.split("\r\n");
    let first = lines.next().unwrap_or_default();
    assert!(SUCCESSES.contains(&first), "{first:?}");
    for line in lines {
        let name = line.split_once(": ").map(|(name, _)| name.to_ascii_lowercase());
        assert!(name.is_some_and(|name| GRANTED.contains(&&*name)), "{line:?} in {answer:?}");
        assert!(line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{line:?}");
    }
}
