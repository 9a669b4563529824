//! Proxies: whose word about a client's address is taken, and how they give it.

use std::net::IpAddr;

use ipnet::IpNet;

/// The proxies that are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they connect from. Whoever can connect from there can claim any address.
    pub networks: Vec<IpNet>,
    /// Whether each of their connections begins with a header of the PROXY protocol, version 2.
    pub protocol: bool,
}

impl Proxies {
    /// Whether this address is one of theirs. Networks are to be canonical, too: IPv4 as such.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether a connection from here begins with a PROXY header.
    pub(crate) fn announce(&self, address: IpAddr) -> bool {
        self.protocol && self.trust(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_trusted_as_a_whole_and_ipv4_within_ipv6_too() {
        let networks = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let proxies = Proxies { networks, protocol: false };
        for trusted in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8:7::1"] {
            assert!(proxies.trust(trusted.parse().unwrap()), "{trusted}");
        }
        for stranger in ["11.0.0.1", "127.0.0.1", "::1", "2001:db9::1"] {
            assert!(!proxies.trust(stranger.parse().unwrap()), "{stranger}");
        }
    }
}
