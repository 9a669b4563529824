//! Refusals: why a handshake fails, and the short answer that tells a person what to do instead.

use super::Policy;

/// Why a connection ended before it was a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// Its address has as many connections as it may.
    TooManyFromAddress,
    /// The process has as many files open as it may, but for a few that it keeps for itself.
    TooManyFiles,
    /// A trusted proxy sent no PROXY header of version 2.
    ProxyHeader,
    /// The port speaks TLS, and the client does not.
    PlainText,
    /// The TLS handshake failed: no certificate that we accept, or no version or cipher in common.
    Tls,
    /// As many handshakes as may be are under way.
    TooManyHandshakes,
    /// As many of its address as may be are under way.
    TooManyHandshakesFromAddress,
    /// The request did not come in time.
    Timeout,
    /// The peer went away, or its connection broke: there is nobody to answer.
    Lost,
    /// The request is no HTTP, lacks `Host`, repeats what may stand once, or has a body.
    Malformed,
    /// The head is too long, or has too many headers.
    HeadTooLarge,
    /// An HTTP version other than 1.1.
    HttpVersion,
    /// `Host` is no name that the port may be reached under.
    Host,
    /// A browser's page knocks that is not from where it may be.
    Origin,
    /// `GET /`: somebody looks what is here.
    FrontPage,
    /// A path that is not here.
    NotFound,
    /// A method other than `GET`.
    Method,
    /// A plain request where an upgrade to WebSocket belongs.
    NotWebSocket,
    /// A WebSocket version other than 13.
    WebSocketVersion,
    /// `Sec-WebSocket-Key` is missing or not 16 bytes in base64.
    WebSocketKey,
    /// The client offers subprotocols, and none that we know.
    Subprotocol,
    /// `Authorization` brings no token.
    Authorization,
}

/// An answer: status, further headers (each with its line end) and text.
type Answer = (&'static str, &'static str, &'static str);

impl Refusal {
    /// Every reason.
    pub(crate) const ALL: &'static [Self] = &[
        Self::TooManyFromAddress,
        Self::TooManyFiles,
        Self::ProxyHeader,
        Self::PlainText,
        Self::Tls,
        Self::TooManyHandshakes,
        Self::TooManyHandshakesFromAddress,
        Self::Timeout,
        Self::Lost,
        Self::Malformed,
        Self::HeadTooLarge,
        Self::HttpVersion,
        Self::Host,
        Self::Origin,
        Self::FrontPage,
        Self::NotFound,
        Self::Method,
        Self::NotWebSocket,
        Self::WebSocketVersion,
        Self::WebSocketKey,
        Self::Subprotocol,
        Self::Authorization,
    ];

    /// A word for logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TooManyFromAddress => "too_many_from_address",
            Self::TooManyFiles => "too_many_files",
            Self::ProxyHeader => "proxy_header",
            Self::PlainText => "plain_text",
            Self::Tls => "tls",
            Self::TooManyHandshakes => "too_many_handshakes",
            Self::TooManyHandshakesFromAddress => "too_many_handshakes_from_address",
            Self::Timeout => "timeout",
            Self::Lost => "lost",
            Self::Malformed => "malformed",
            Self::HeadTooLarge => "head_too_large",
            Self::HttpVersion => "http_version",
            Self::Host => "host",
            Self::Origin => "origin",
            Self::FrontPage => "front_page",
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::NotWebSocket => "not_websocket",
            Self::WebSocketVersion => "websocket_version",
            Self::WebSocketKey => "websocket_key",
            Self::Subprotocol => "subprotocol",
            Self::Authorization => "authorization",
        }
    }

    #[rustfmt::skip]
    fn answer(self) -> Option<Answer> {
        Some(match self {
            // Nobody to answer, or nobody who would understand.
            Self::Lost | Self::Tls => return None,
            Self::FrontPage => ("200 OK", "", "This is the client port of Fanfare. Connect a WebSocket to /ws."),
            Self::TooManyFromAddress => ("429 Too Many Requests", "Retry-After: 10\r\n",
                "Your address has as many connections as it may. \
                 Close some, or share one; the bound is max_connections_per_address."),
            Self::TooManyFiles => ("503 Service Unavailable", "Retry-After: 10\r\n",
                "The broker has as many connections as its operating system lets it have. Try again later."),
            Self::ProxyHeader => ("400 Bad Request", "",
                "A connection from a trusted proxy must begin with a header of the PROXY protocol, version 2. \
                 Have the proxy send it (HAProxy: send-proxy-v2), or set proxy_protocol = false."),
            Self::PlainText => ("400 Bad Request", "",
                "This port speaks TLS. Connect with wss:// (or https://) instead of ws:// (or http://)."),
            Self::TooManyHandshakes => ("503 Service Unavailable", "Retry-After: 1\r\n",
                "The broker is busy with other handshakes. Try again in a second."),
            Self::TooManyHandshakesFromAddress => ("429 Too Many Requests", "Retry-After: 1\r\n",
                "This address has as many handshakes under way as one may (max_handshakes_per_address). \
                 Try again in a second, and end each handshake before the next."),
            Self::Timeout => ("408 Request Timeout", "",
                "The request did not come in time. Send the whole request at once."),
            Self::Malformed => ("400 Bad Request", "",
                "This is no plain HTTP/1.1 request with one Host header and no body, as a WebSocket handshake is. \
                 Connect a WebSocket client to /ws; this port does not speak TLS."),
            Self::HeadTooLarge => ("431 Request Header Fields Too Large", "",
                "The request head is too long. Send fewer or shorter headers, \
                 and a long token in the `hello` frame; the bound is max_head_bytes."),
            Self::HttpVersion => ("505 HTTP Version Not Supported", "",
                "A WebSocket handshake is an HTTP/1.1 request."),
            Self::Host => ("403 Forbidden", "",
                "The Host header names another machine than this port may be reached under. On loopback, connect to \
                 127.0.0.1 or localhost; names of your own, as behind a proxy, belong on the list allowed_hosts."),
            Self::Origin => ("403 Forbidden", "",
                "Pages from this origin may not connect. On loopback, open the page from http://localhost; \
                 other origins belong on the list allowed_origins."),
            Self::NotFound => ("404 Not Found", "",
                "There is nothing here. The WebSocket endpoint is /ws; \
                 metrics, health and a page are on the internal port."),
            Self::Method => ("405 Method Not Allowed", "Allow: GET\r\n",
                "This is a WebSocket endpoint: connect a WebSocket client to /ws, then publish with a frame."),
            Self::NotWebSocket => ("426 Upgrade Required", "Upgrade: websocket\r\n",
                "This is a WebSocket endpoint: connect a WebSocket client. \
                 A proxy between must pass on the headers Connection and Upgrade."),
            Self::WebSocketVersion => ("426 Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                "This endpoint speaks WebSocket version 13. Send Sec-WebSocket-Version: 13."),
            Self::WebSocketKey => ("400 Bad Request", "",
                "Sec-WebSocket-Key must be 16 random bytes in base64, once. WebSocket clients do this by themselves."),
            Self::Subprotocol => ("400 Bad Request", "",
                "None of the subprotocols offered is known here. \
                 Offer fanfare.v1.msgpack or fanfare.v1.json, or none for JSON."),
            Self::Authorization => ("401 Unauthorized", "WWW-Authenticate: Bearer\r\n",
                "The Authorization header brings no token: send `Bearer`, a space, and a token or an API key; \
                 or leave it out, and send the token in `hello`. Credentials for a proxy before the broker are \
                 for that proxy to take out."),
        })
    }
}

/// The answer to a handshake that fails: plain text, after which the connection closes. Empty where nobody
/// would hear it.
pub(crate) fn refuse(reason: Refusal) -> Vec<u8> {
    reason.answer().map_or_else(Vec::new, |(status, headers, text)| response(status, headers, text))
}

/// The answer to somebody who looks what is here.
pub(super) fn front_page(policy: &Policy) -> Vec<u8> {
    let (internal, scheme) = (policy.internal, if policy.internal_tls { "https" } else { "http" });
    let text = format!(
        "This is the client port of Fanfare. Connect a WebSocket to /ws, with the subprotocol \
         fanfare.v1.json or fanfare.v1.msgpack.\nA page to try it with is at {scheme}://{internal}/."
    );
    response("200 OK", "", &text)
}

fn response(status: &str, headers: &str, text: &str) -> Vec<u8> {
    let length = text.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\n{headers}\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\n\
         Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Connection: close\r\n\r\n{text}\n"
    )
    .into_bytes()
}
