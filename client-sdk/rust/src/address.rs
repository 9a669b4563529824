//! Where the broker is: a URL, read with the forgiveness that people expect.

use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::PathAndQuery;

use crate::error::Error;

/// The path of the broker's WebSocket, unless the URL names another.
const DEFAULT_PATH: &str = "/ws";

/// Where to connect, and what to ask for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Host and port for the operating system; an IPv6 host stands in brackets.
    pub(crate) authority: String,
    /// The URL of the handshake, with scheme `ws` or `wss` and a path.
    pub(crate) uri: Uri,
    /// Whether TLS is asked for.
    pub(crate) tls: bool,
}

impl Address {
    /// Reads `ws://host:port/path`, or `wss://` for TLS; `http://` and `https://` mean the same, and a missing path is
    /// `/ws`.
    ///
    /// # Errors
    /// The text is no URL, or asks for a scheme that is no WebSocket.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let uri: Uri = url.trim().parse().map_err(|_| wrong(url))?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(wrong(url));
        };
        let (scheme, tls, port) = match scheme {
            "ws" | "http" => ("ws", false, 80),
            "wss" | "https" => ("wss", true, 443),
            _ => return Err(wrong(url)),
        };
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(port));
        let path = match uri.path_and_query().map(PathAndQuery::as_str) {
            None | Some("" | "/") => DEFAULT_PATH,
            Some(path) => path,
        };
        let uri = format!("{scheme}://{authority}{path}").parse().map_err(|_| wrong(url))?;
        Ok(Self { authority, uri, tls })
    }
}

fn wrong(url: &str) -> Error {
    Error::Invalid(format!("{url:?} is not the URL of a broker; write one such as ws://127.0.0.1:7440"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_means_ws() {
        for url in ["ws://127.0.0.1:7440", "ws://127.0.0.1:7440/", "http://127.0.0.1:7440"] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.uri, "ws://127.0.0.1:7440/ws");
            assert_eq!(address.authority, "127.0.0.1:7440");
        }
    }

    #[test]
    fn a_path_query_and_ipv6_host_are_kept() {
        let address = Address::parse("ws://[::1]:9000/broker/ws?x=1").unwrap();
        assert_eq!(address.authority, "[::1]:9000");
        assert_eq!(address.uri, "ws://[::1]:9000/broker/ws?x=1");
    }

    #[test]
    fn a_secure_address_has_a_port_of_its_own() {
        let address = Address::parse("wss://example.org").unwrap();
        assert_eq!((address.authority.as_str(), address.tls), ("example.org:443", true));
        assert_eq!(Address::parse("https://example.org:7440").unwrap().uri, "wss://example.org:7440/ws");
        assert!(!Address::parse("ws://example.org").unwrap().tls);
    }

    #[test]
    fn an_address_that_can_not_work_is_refused_with_a_hint() {
        for (url, hint) in [
            ("ftp://example.org", "ws://127.0.0.1:7440"),
            ("localhost:7440", "ws://127.0.0.1:7440"),
            ("", "ws://127.0.0.1:7440"),
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(hint), "{url}: {error}");
        }
    }
}
