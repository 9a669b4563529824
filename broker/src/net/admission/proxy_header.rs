//! The header of the PROXY protocol, version 2: whom a proxy speaks for.

use std::net::IpAddr;

use proxy_header::{ParseConfig, ProxyHeader};

/// Length of the part that tells the length of the rest, in bytes.
pub(crate) const FIXED_BYTES: usize = 16;
/// The longest header that is read: addresses take 36 bytes, the rest is what proxies add about TLS.
const HEADER_BYTES_MAX: usize = 4 * 1024;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// What a connection begins with instead of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Version 1, which is text.
    VersionOne,
    /// None at all.
    Missing,
    /// One that can't be read, or is too long.
    Malformed,
}

/// The length of the whole header, in bytes, that begins with these.
pub(crate) fn total_len(fixed: &[u8; FIXED_BYTES]) -> Result<usize, BadHeader> {
    if fixed.starts_with(b"PROXY ") {
        return Err(BadHeader::VersionOne);
    }
    let [.., high, low] = *fixed;
    let len = FIXED_BYTES + usize::from(u16::from_be_bytes([high, low]));
    match fixed.starts_with(SIGNATURE) {
        false => Err(BadHeader::Missing),
        true if len > HEADER_BYTES_MAX => Err(BadHeader::Malformed),
        true => Ok(len),
    }
}

/// The address that a whole header names; none where the proxy speaks for itself, as for a health check.
pub(crate) fn source(header: &[u8]) -> Result<Option<IpAddr>, BadHeader> {
    let config = ParseConfig { include_tlvs: false, allow_v1: false, allow_v2: true };
    let (header, _) = ProxyHeader::parse(header, config).map_err(|_| BadHeader::Malformed)?;
    Ok(header.proxied_address().map(|address| address.source.ip().to_canonical()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header with this command and family, and these bytes behind them.
    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let len = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family], &len, rest].concat()
    }

    fn read(bytes: &[u8]) -> Result<Option<IpAddr>, BadHeader> {
        let len = total_len(bytes.first_chunk().unwrap())?;
        assert_eq!(len, bytes.len());
        source(bytes)
    }

    #[test]
    fn the_source_of_a_proxied_connection_is_its_client() {
        let bytes = header(0x21, 0x11, &[203, 0, 113, 7, 10, 0, 0, 1, 1, 2, 3, 4, 0x04, 0, 1, 0]);
        assert_eq!(read(&bytes), Ok(Some([203, 0, 113, 7].into())));
        let mut addresses = [0; 36];
        addresses[0] = 0x20;
        addresses[15] = 1;
        let client = "2000::1".parse().unwrap();
        assert_eq!(read(&header(0x21, 0x21, &addresses)), Ok(Some(client)));
    }

    #[test]
    fn a_proxy_that_speaks_for_itself_names_nobody() {
        assert_eq!(read(&header(0x20, 0x00, &[])), Ok(None));
        assert_eq!(read(&header(0x21, 0x00, &[])), Ok(None));
        assert_eq!(read(&header(0x20, 0x11, &[1; 12])), Ok(None));
    }

    #[test]
    fn version_one_and_other_bytes_are_told_apart() {
        assert_eq!(total_len(b"PROXY TCP4 203.0"), Err(BadHeader::VersionOne));
        assert_eq!(total_len(b"GET /ws HTTP/1.1"), Err(BadHeader::Missing));
    }

    #[test]
    fn a_header_that_is_too_short_for_its_addresses_or_too_long_is_malformed() {
        assert_eq!(read(&header(0x21, 0x11, &[1; 11])), Err(BadHeader::Malformed));
        assert_eq!(read(&header(0x31, 0x11, &[1; 12])), Err(BadHeader::Malformed));
        let long = header(0x21, 0x11, &[0; HEADER_BYTES_MAX]);
        assert_eq!(total_len(long.first_chunk().unwrap()), Err(BadHeader::Malformed));
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(command: u8, family: u8, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let bytes = header(command, family, &rest);
            let _ = read(&bytes);
        }
    }
}
