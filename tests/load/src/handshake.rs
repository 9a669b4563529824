//! The HTTP head that turns a connection into a WebSocket, from both sides.

use tungstenite::handshake::derive_accept_key;

/// The key of every request: the example of RFC 6455. What is measured does not depend on chance.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Longest head that is read, in bytes.
pub const HEAD_MAX_BYTES: usize = 4096;

/// A client's request for a WebSocket at `path` of `host`.
pub fn request(host: &str, path: &str, subprotocol: Option<&str>) -> String {
    let protocol = subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{protocol}\r\n"
    )
}

/// The length in bytes of the head at the start of `bytes`, if it is whole.
pub fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Checks a server's answer to [`request`].
///
/// # Errors
/// The answer as text, if it does not accept the request, or not with the subprotocol that was asked for.
pub fn check_answer(head: &[u8], subprotocol: Option<&str>) -> Result<(), String> {
    let text = String::from_utf8_lossy(head);
    let accepted = text.starts_with("HTTP/1.1 101 ")
        && value(&text, "sec-websocket-accept") == Some(&derive_accept_key(KEY.as_bytes()))
        && value(&text, "sec-websocket-protocol") == subprotocol;
    if accepted { Ok(()) } else { Err(text.into_owned()) }
}

/// A server's answer to a request; none if it has no key.
pub fn answer(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let accept = derive_accept_key(value(&text, "sec-websocket-key")?.as_bytes());
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_answer_to_our_request_is_accepted() {
        let request = request("127.0.0.1", "/ws", None);
        assert_eq!(head_bytes(request.as_bytes()), Some(request.len()));
        let answer = answer(request.as_bytes()).expect("the request has a key");
        assert_eq!(check_answer(answer.as_bytes(), None), Ok(()));
    }

    #[test]
    fn an_answer_without_the_subprotocol_asked_for_is_refused() {
        let answer = answer(request("h", "/", Some("x")).as_bytes()).expect("the request has a key");
        assert!(check_answer(answer.as_bytes(), Some("x")).is_err());
    }

    #[test]
    fn a_refusal_is_told_as_text() {
        let refusal = "HTTP/1.1 403 Forbidden\r\n\r\n";
        assert_eq!(check_answer(refusal.as_bytes(), None), Err(refusal.to_owned()));
    }
}
