//! What proxies tell of a client's address: by the PROXY protocol, and by `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Outcome;
use crate::net::{FIXED_BYTES, Proxies, client_of, source, total_len};

/// How every header of version 2 begins.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header that a proxy is given room for, in bytes.
const HEADER_MAX_BYTES: usize = 4_096;
/// The version, and that it speaks for somebody else.
const PROXIED: u8 = 0x21;

/// The bytes that a connection begins with.
pub(super) fn header(input: &[u8]) -> Outcome {
    let Some(fixed) = input.first_chunk::<FIXED_BYTES>() else { return Outcome::Refused };
    let Ok(length) = total_len(fixed) else { return Outcome::Refused };
    assert!(fixed.starts_with(SIGNATURE), "taken for version 2: {}", fixed.escape_ascii());
    assert!((FIXED_BYTES..=HEADER_MAX_BYTES).contains(&length), "a header of {length} bytes");
    let Some(whole) = input.get(..length) else { return Outcome::Refused };
    let read = source(whole);
    if let Ok(Some(address)) = read {
        assert_eq!(whole[12], PROXIED, "an address of nobody: {}", whole.escape_ascii());
        assert_eq!(Some(address), told(whole), "{}", whole.escape_ascii());
    }
    Outcome::of(&read)
}

/// The source address where the protocol has its place.
fn told(header: &[u8]) -> Option<IpAddr> {
    let addresses = &header[FIXED_BYTES..];
    let address: IpAddr = match header[13] >> 4 {
        1 => Ipv4Addr::from(*addresses.first_chunk::<4>()?).into(),
        2 => Ipv6Addr::from(*addresses.first_chunk::<16>()?).into(),
        _ => return None,
    };
    Some(address.to_canonical())
}

/// The address of the peer, then values of the header, a line each.
pub(super) fn forwarded(input: &[u8]) -> Outcome {
    let Ok(text) = str::from_utf8(input) else { return Outcome::Refused };
    let mut lines = text.lines();
    let Some(peer) = lines.next().and_then(|line| line.parse::<IpAddr>().ok()) else {
        return Outcome::Refused;
    };
    let networks = vec!["10.0.0.0/8".parse().expect("it is a network")];
    let proxies = Proxies { networks, protocol: false };
    let values: Vec<&str> = lines.collect();
    let client = client_of(peer, values.iter().map(|value| value.as_bytes()), &proxies);
    if client == peer {
        return Outcome::Refused;
    }
    // Whoever told of it is trusted, and so is everybody between the two.
    assert!(proxies.trust(peer), "{peer} is no proxy of ours, and told of {client}");
    let words: Vec<&str> = values.iter().flat_map(|value| value.split(',')).map(str::trim_ascii).collect();
    let is_client = |word: &&str| word.contains(&client.to_string()) || address(word) == Some(client);
    let at =
        words.iter().rposition(is_client).unwrap_or_else(|| panic!("nobody told of {client}: {words:?}"));
    let between = words[at + 1..].iter().map(|word| address(word));
    assert!(
        between.clone().all(|told| told.is_some_and(|told| proxies.trust(told))),
        "{client} of {words:?}"
    );
    Outcome::Taken
}

/// An address with or without brackets and port.
fn address(word: &str) -> Option<IpAddr> {
    let end = word.rfind(':').filter(|at| word.matches(':').count() == 1 || word[..*at].ends_with(']'));
    let host = word[..end.unwrap_or(word.len())].trim_start_matches('[').trim_end_matches(']');
    host.parse().ok().map(|address: IpAddr| address.to_canonical())
}
