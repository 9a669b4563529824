//! A network: what counts as one address when connections are counted.

use std::net::IpAddr;
use std::num::NonZeroU64;

/// An IPv4 address, or the /64 network of an IPv6 address: whoever has one IPv6 address has all of those.
///
/// As a number, so that every session can keep its own in 8 bytes: the upper half of an IPv6 address, or for IPv4 one
/// of `0:1::/32`, which is routed nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(NonZeroU64);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let number = match address.to_canonical() {
            IpAddr::V4(address) => 1 << 32 | u64::from(address.to_bits()),
            IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(0),
        };
        // Only loopback and its like have a zero there.
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::from(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn each_address_of_ipv4_counts_for_itself() {
        assert_ne!(network("10.0.0.2"), network("10.0.0.3"));
        assert_eq!(network("10.0.0.1"), network("::ffff:10.0.0.1"));
    }

    #[test]
    fn all_addresses_of_a_64_network_count_as_one() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }

    #[test]
    fn loopback_of_ipv6_is_no_address_of_ipv4() {
        assert_ne!(network("::1"), network("0.0.0.0"));
    }
}
