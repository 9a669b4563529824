//! `X-Forwarded-For`: the client's address as trusted proxies tell it.

use std::net::{IpAddr, SocketAddr};

use super::proxies::Proxies;

/// The address of the client behind `peer`, which a trusted proxy has, by the values of `X-Forwarded-For` in order, as they
/// came: what a client wrote before the proxies need not be text.
///
/// Each proxy appends whom it heard from, so the list is read from its end, and only as long as a trusted proxy speaks:
/// what stands before that was written by the client. A word that is no address ends the reading, too.
pub(crate) fn client_of<'a>(
    peer: IpAddr,
    values: impl DoubleEndedIterator<Item = &'a [u8]>,
    proxies: &Proxies,
) -> IpAddr {
    let mut client = peer;
    let mut words = values.rev().flat_map(|value| value.rsplit(|byte| *byte == b','));
    while proxies.trust(client) {
        let Some(before) = words.next().and_then(|word| address(str::from_utf8(word).ok()?.trim_ascii()))
        else {
            break;
        };
        client = before;
    }
    client
}

/// An address, as proxies write it: some in brackets, some with the port.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    let parsed = bare.parse().or_else(|_| word.parse().map(|address: SocketAddr| address.ip()));
    parsed.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, values: &[&str]) -> String {
        client_by_bytes(peer, &values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>())
    }

    fn client_by_bytes(peer: &str, values: &[&[u8]]) -> String {
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        let proxies = Proxies { networks, protocol: false };
        client_of(peer.parse().unwrap(), values.iter().copied(), &proxies).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_the_client() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.7", "10.9.9.9,10.0.0.2"]), "203.0.113.7");
    }

    #[test]
    fn what_the_client_wrote_itself_counts_for_nothing() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 10.0.0.9, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
    }

    #[test]
    fn bytes_that_are_no_text_hide_nobody_from_the_proxy_behind_them() {
        assert_eq!(client_by_bytes("10.0.0.1", &[b"\xff, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client_by_bytes("10.0.0.1", &[b"203.0.113.7, \xff"]), "10.0.0.1");
    }

    #[test]
    fn a_word_that_is_no_address_ends_the_reading() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn ports_and_brackets_are_read_over() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.7"]), "203.0.113.7");
    }
}
