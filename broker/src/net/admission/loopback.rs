//! Loopback names: whether a `Host` or an `Origin` means this machine and no other.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `host[:port]` names this machine: `localhost` and names under it, 127.0.0.0/8, `[::1]`.
pub(super) fn is_loopback_authority(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => return is_loopback_v6(address),
        Some((address, port)) if is_loopback_v6(address) => ("localhost", port),
        Some(_) => return false,
        None => authority.find(':').map_or((authority, ":"), |colon| authority.split_at(colon)),
    };
    let is_port = port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    is_port && (is_localhost(host) || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()))
}

/// Whether a browser's `Origin` is a page from this machine. `null` (a sandbox, a file) is not.
pub(super) fn is_loopback_origin(origin: &str) -> bool {
    let authority = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
    authority.is_some_and(is_loopback_authority)
}

fn is_loopback_v6(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Names under `localhost` resolve to loopback in every browser (RFC 6761).
fn is_localhost(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.strip_suffix(".localhost").is_some_and(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_this_machine_are_loopback() {
        let cases = [
            "localhost",
            "LOCALHOST:7440",
            "app.localhost:80",
            "127.0.0.1",
            "127.8.9.10:7440",
            "[::1]",
            "[::1]:7440",
            "[::ffff:127.0.0.1]:1",
        ];
        for authority in cases {
            assert!(is_loopback_authority(authority), "{authority}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let cases = [
            "",
            ":7440",
            "example.com",
            "localhost.example.com",
            ".localhost",
            "notlocalhost",
            "127.0.0.1.example.com",
            "10.0.0.1:7440",
            "[::2]:7440",
            "[::1",
            "[::1]x",
            "::1",
            "localhost:80:90",
            "localhost:x",
            "user@localhost",
            "localhost/..",
        ];
        for authority in cases {
            assert!(!is_loopback_authority(authority), "{authority}");
        }
    }

    #[test]
    fn only_pages_from_this_machine_are_loopback_origins() {
        for origin in ["http://localhost:7441", "https://127.0.0.1", "http://[::1]:3000"] {
            assert!(is_loopback_origin(origin), "{origin}");
        }
        for origin in ["null", "", "http://", "https://example.com", "file://", "ws://localhost", "localhost"]
        {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }
}
