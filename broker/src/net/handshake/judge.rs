//! The judgement: what a complete request asks for, and whether it gets it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanfare_protocol::Encoding;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::head::Head;
use super::refusal::{No, Refusal};
use super::{Accepted, Policy, Wanted, events};

/// Length of a decoded `Sec-WebSocket-Key`, in bytes.
const KEY_BYTES: usize = 16;
/// Schemes of log-ins that browsers add by themselves, for a site or a proxy that once asked for them.
const OF_BROWSERS: [&str; 4] = ["basic", "digest", "negotiate", "ntlm"];

/// A handshake that succeeds.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) accepted: Accepted,
    pub(super) response: Vec<u8>,
}

/// The answer `101`; with a subprotocol, if the client named one and expects to hear it again. No extension is ever
/// granted.
fn upgrade(key: &str, subprotocol: Option<Encoding>) -> Vec<u8> {
    let accept_key = derive_accept_key(key.as_bytes());
    let subprotocol = subprotocol.map_or_else(String::new, |encoding| {
        format!("Sec-WebSocket-Protocol: {}\r\n", encoding.subprotocol())
    });
    format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Connection: Upgrade\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept_key}\r\n\
         {subprotocol}\r\n"
    )
    .into_bytes()
}

/// Judges a request: first whether it may knock at all, then what it wants, then how.
pub(super) fn judge(head: &Head<'_, '_>, policy: &Policy) -> Result<Granted, No> {
    check_form(head)?;
    check_sender(head, policy)?;
    let (wanted, response) = match check_target(head)? {
        Target::WebSocket => {
            let key = check_upgrade(head)?;
            let (encoding, named) = choose_encoding(head)?;
            let wanted = Wanted::WebSocket { encoding, bearer: bearer(head)? };
            (wanted, upgrade(key, named.then_some(encoding)))
        }
        Target::Events => {
            let request = events::read(head, policy, bearer(head)?)?;
            let response = request.response();
            (Wanted::Events(Box::new(request)), response)
        }
    };
    let forwarded_for = head.raw("x-forwarded-for").map(<[u8]>::to_vec).collect();
    Ok(Granted { accepted: Accepted { wanted, forwarded_for }, response })
}

/// What follows the head must be WebSocket, so a request with a body is none of ours.
fn check_form(head: &Head<'_, '_>) -> Result<(), Refusal> {
    if head.version != 1 {
        return Err(Refusal::HttpVersion);
    }
    let empty = head.at_most_one("content-length")?.is_none_or(|length| length == "0");
    if !empty || head.all("transfer-encoding").next().is_some() {
        return Err(Refusal::Malformed);
    }
    Ok(())
}

/// A browser's page from elsewhere is kept out, also under a name made to point here.
fn check_sender(head: &Head<'_, '_>, policy: &Policy) -> Result<(), Refusal> {
    let host = head.at_most_one("host")?.ok_or(Refusal::Malformed)?;
    let origin = head.at_most_one("origin")?;
    if !policy.senders.know_host(host) {
        return Err(Refusal::Host);
    }
    if origin.is_some_and(|origin| !policy.senders.know_origin(origin)) {
        return Err(Refusal::Origin);
    }
    Ok(())
}

/// What a path stands for.
enum Target {
    WebSocket,
    Events,
}

fn check_target(head: &Head<'_, '_>) -> Result<Target, Refusal> {
    match (head.path, head.method) {
        ("/ws", "GET") => Ok(Target::WebSocket),
        (events::PATH, "GET") => Ok(Target::Events),
        (events::PATH, "OPTIONS") => Err(Refusal::Preflight),
        ("/", "GET") => Err(Refusal::FrontPage),
        ("/ws" | "/" | events::PATH, _) => Err(Refusal::Method),
        _ => Err(Refusal::NotFound),
    }
}

/// Checks that the request is an upgrade to WebSocket 13; gives its key.
fn check_upgrade<'b>(head: &Head<'_, 'b>) -> Result<&'b str, Refusal> {
    if !head.says("connection", "upgrade") || !head.says("upgrade", "websocket") {
        return Err(Refusal::NotWebSocket);
    }
    if head.at_most_one("sec-websocket-version")? != Some("13") {
        return Err(Refusal::WebSocketVersion);
    }
    let key = head.at_most_one("sec-websocket-key")?.ok_or(Refusal::WebSocketKey)?;
    let bytes = STANDARD.decode(key).map_err(|_| Refusal::WebSocketKey)?;
    if bytes.len() == KEY_BYTES { Ok(key) } else { Err(Refusal::WebSocketKey) }
}

/// The first offer that we know, and whether there was an offer at all.
fn choose_encoding(head: &Head<'_, '_>) -> Result<(Encoding, bool), Refusal> {
    let known = |offer: &str| Encoding::ALL.iter().copied().find(|encoding| encoding.subprotocol() == offer);
    let mut offers = head.words("sec-websocket-protocol").peekable();
    if offers.peek().is_none() {
        return Ok((Encoding::Json, false));
    }
    offers.find_map(known).map(|encoding| (encoding, true)).ok_or(Refusal::Subprotocol)
}

/// The token of `Authorization: Bearer`. Whoever means to say who they are is never taken for anonymous: what brings no
/// token is refused. But what a browser adds by itself is passed over: it is for somebody before the broker, and the page
/// could not leave it out. Its token comes in `hello`.
fn bearer(head: &Head<'_, '_>) -> Result<Option<String>, Refusal> {
    let Some(value) = head.at_most_one("authorization")? else { return Ok(None) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let (is, token) = (|known: &str| scheme.eq_ignore_ascii_case(known), token.trim_ascii());
    if is("bearer") && !token.is_empty() {
        return Ok(Some(token.to_owned()));
    }
    // Every browser says where its page is from, or that it is from here.
    let is_browser = head.at_most_one("origin")?.is_some() || head.at_most_one("sec-fetch-site")?.is_some();
    let from_browser = is_browser && OF_BROWSERS.into_iter().any(is);
    if from_browser { Ok(None) } else { Err(Refusal::Authorization) }
}
