//! As much of HTTP as publishing needs: requests as bytes, and whole answers cut from what has come.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::{Doing, LoadError};
use crate::handshake::{HEAD_MAX_BYTES, head_bytes};

/// Longest time that a server takes for a single request.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Longest body of an answer that is believed, in bytes.
const BODY_MAX_BYTES: usize = 16 << 20;

/// A whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'b> {
    /// Its body.
    pub body: &'b str,
    /// Bytes of head and body.
    pub bytes: usize,
}

/// Appends a request with a body, over a connection that stays open.
pub fn write_post(path: &str, content_type: &str, body: &[u8], out: &mut Vec<u8>) {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

/// The answer at the start of `bytes`, once all of it has come.
///
/// # Errors
/// It is no success, or has no length.
pub fn cut(bytes: &[u8]) -> Result<Option<Answer<'_>>, LoadError> {
    let Some(head_bytes) = check_head(bytes)? else { return Ok(None) };
    let (head, rest) = bytes.split_at(head_bytes);
    let length = length(&String::from_utf8_lossy(head)).filter(|&length| length <= BODY_MAX_BYTES);
    let length = length.ok_or_else(|| fault("no length", head))?;
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let body = str::from_utf8(body).map_err(|_| fault("no text", body))?;
    Ok(Some(Answer { body, bytes: head_bytes + length }))
}

/// The length in bytes of the head at the start of `bytes`, once it has come.
///
/// # Errors
/// It is not that of a success.
pub fn check_head(bytes: &[u8]) -> Result<Option<usize>, LoadError> {
    match head_bytes(bytes) {
        Some(head) if bytes.starts_with(b"HTTP/1.1 200 ") => Ok(Some(head)),
        // What went wrong is told in the body, of which most comes with the head.
        Some(_) => Err(fault("refused", bytes)),
        None if bytes.len() > HEAD_MAX_BYTES => Err(fault("an endless head", bytes)),
        None => Ok(None),
    }
}

/// The body that is answered to `GET path`.
///
/// # Errors
/// The server does not answer in time, or not with success.
pub fn get(address: SocketAddr, path: &str) -> Result<String, LoadError> {
    let mut socket = TcpStream::connect(address).doing("connect")?;
    socket.set_read_timeout(Some(ANSWER_MAX)).doing("set a timeout")?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).doing("send a request")?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).doing("receive an answer")?;
    let whole = cut(&answer)?.ok_or_else(|| fault("cut short", &answer))?;
    Ok(whole.body.to_owned())
}

fn length(head: &str) -> Option<usize> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.and_then(|(_, value)| value.trim().parse().ok())
}

fn fault(what: &str, bytes: &[u8]) -> LoadError {
    LoadError::Protocol(format!("an answer over HTTP: {what}: {}", String::from_utf8_lossy(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_cut_once_all_of_it_has_come() {
        for end in 0..ANSWER.len() {
            assert_eq!(cut(&ANSWER[..end]).expect("a success"), None, "{end} bytes");
        }
        let two = [ANSWER, ANSWER].concat();
        let answer = Some(Answer { body: "hello", bytes: ANSWER.len() });
        assert_eq!(cut(&two).expect("a success"), answer);
    }

    #[test]
    fn whatever_is_no_success_is_told_with_its_body() {
        let error = cut(b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nslow").expect_err("no success");
        assert!(error.to_string().ends_with("slow"), "{error}");
        assert!(cut(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "an answer without length");
    }
}
