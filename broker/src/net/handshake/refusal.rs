//! Refusals: why a handshake fails, and the short answer that tells a person what to do instead.

use fanfare_protocol::CloseCode;

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
    /// The query of a request for events is not one.
    Query,
    /// `Last-Event-ID` is no position.
    LastEventId,
    /// A pattern meets so many streams that a client could not say where it stands.
    TooManyStreams,
    /// The token is not accepted, or one is needed.
    Unauthenticated,
    /// The token's key is not known yet.
    UnknownKey,
    /// The pattern may not be heard, or access was revoked.
    Forbidden,
    /// The client was told not to come again, and does: browsers do that by themselves until they get this answer.
    Ended,
    /// `OPTIONS`: a browser asks what a page from elsewhere may send.
    Preflight,
}

/// A refusal as it is found: why, and what the client is told where that is more than why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct No {
    pub(super) reason: Refusal,
    pub(super) detail: Option<String>,
}

impl From<Refusal> for No {
    fn from(reason: Refusal) -> Self {
        Self { reason, detail: None }
    }
}

impl No {
    /// A parameter is at fault.
    pub(super) fn query(detail: &str) -> Self {
        let detail = format!("{detail}. An event stream is GET /sse?pattern=orders.%3E, for example.");
        Self { reason: Refusal::Query, detail: Some(detail) }
    }
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
        Self::Query,
        Self::LastEventId,
        Self::TooManyStreams,
        Self::Unauthenticated,
        Self::UnknownKey,
        Self::Forbidden,
        Self::Ended,
        Self::Preflight,
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
            Self::Query => "query",
            Self::LastEventId => "last_event_id",
            Self::TooManyStreams => "too_many_streams",
            Self::Unauthenticated => "unauthenticated",
            Self::UnknownKey => "unknown_key",
            Self::Forbidden => "forbidden",
            Self::Ended => "ended",
            Self::Preflight => "preflight",
            Self::Authorization => "authorization",
        }
    }

    /// How the stream of a client ends that may be served later; none if the same request would be refused again.
    pub(super) fn try_again(self) -> Option<CloseCode> {
        matches!(self, Self::TooManyFromAddress | Self::TooManyHandshakesFromAddress | Self::UnknownKey)
            .then_some(CloseCode::OverCapacity)
    }

    /// What a person is told to do.
    pub(super) fn text(self) -> Option<&'static str> {
        self.answer().map(|(_, _, text)| text)
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
                "There is nothing here. The WebSocket endpoint is /ws, server-sent events are at /sse; \
                 metrics, health and a page are on the internal port."),
            Self::Method => ("405 Method Not Allowed", "Allow: GET\r\n",
                "Nothing is posted here: connect a WebSocket client to /ws, then publish with a frame; \
                 or publish over HTTP, on the internal port."),
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
            Self::Query | Self::LastEventId | Self::TooManyStreams | Self::Unauthenticated | Self::UnknownKey
            | Self::Forbidden | Self::Ended | Self::Preflight => return self.answer_to_events(),
        })
    }

    /// The same for a request for events.
    #[rustfmt::skip]
    fn answer_to_events(self) -> Option<Answer> {
        Some(match self {
            Self::Query => ("400 Bad Request", "", "The query can't be read."),
            Self::LastEventId => ("400 Bad Request", "",
                "Last-Event-ID is none that this broker wrote: STREAM:EPOCH:SEQ, several joined by commas. \
                 Send the id of an event as it came, or none."),
            Self::TooManyStreams => ("400 Bad Request", "",
                "This pattern meets so many streams that the id of an event would not fit a request's head \
                 (max_head_bytes). Ask for a narrower pattern, or use a WebSocket."),
            Self::Unauthenticated => ("401 Unauthorized", "WWW-Authenticate: Bearer\r\n",
                "A token is needed here, and must be good."),
            Self::UnknownKey => ("503 Service Unavailable", "Retry-After: 10\r\n",
                "The token's key is not known yet. Try again soon."),
            Self::Forbidden => ("403 Forbidden", "", "You may not hear all of this pattern."),
            Self::Ended | Self::Preflight => ("204 No Content", "", ""),
            _ => return None,
        })
    }
}

/// The answer to a handshake that fails: plain text, after which the connection closes. Empty where nobody
/// would hear it.
pub(crate) fn refuse(reason: Refusal) -> Vec<u8> {
    answer(reason, None, "")
}

/// The same with another text, if there is more to say, and further headers, each with its line end.
pub(super) fn answer(reason: Refusal, detail: Option<&str>, headers: &str) -> Vec<u8> {
    let Some((status, own, text)) = reason.answer() else { return Vec::new() };
    response(status, &[own, headers].concat(), detail.unwrap_or(text))
}

/// The answer to somebody who looks what is here.
pub(super) fn front_page(policy: &Policy) -> Vec<u8> {
    let (internal, scheme) = (policy.internal, if policy.internal_tls { "https" } else { "http" });
    let text = format!(
        "This is the client port of Fanfare. Connect a WebSocket to /ws, with the subprotocol \
         fanfare.v1.json or fanfare.v1.msgpack, or hear events at /sse?pattern=%3E.\nThe console is at {scheme}://{internal}/."
    );
    response("200 OK", "", &text)
}

fn response(status: &str, headers: &str, text: &str) -> Vec<u8> {
    if text.is_empty() {
        // An answer without content has no length either.
        return format!("HTTP/1.1 {status}\r\n{headers}Cache-Control: no-store\r\nConnection: close\r\n\r\n")
            .into_bytes();
    }
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
