//! Server-sent events: what a session's frames look like to an `EventSource`.
//!
//! An event is a few lines: `event` (its name; a message has none, so `onmessage` hears it), `id` (where to go on after
//! it), `data` (JSON in one line) and an empty one. Whatever the data holds, none of its bytes ends a line. Each event is
//! a chunk of the HTTP answer: there are clients that hold back a part of an answer that ends with its connection.

use std::io::Write as _;

use fanfare_protocol::codes::Reconnect;
use fanfare_protocol::encoding::event_to_json;
use fanfare_protocol::{CloseCode, Position, ServerFrame};

use crate::notation;

/// How long a client waits before it comes again, in milliseconds: so many, and up to as many more.
const RETRY_MS: u32 = 2_000;
/// The same where it is to come at once: each session was sent away at its own moment.
const RETRY_SOON_MS: u32 = 500;
/// The same where it is to back off.
const RETRY_LATER_MS: u32 = 10_000;
/// The `id` after which nobody is to come again. No position is like it.
pub(crate) const LAST_ID: &str = "closed";
/// What keeps a connection in use while there is nothing to tell.
pub(crate) const COMMENT: &[u8] = b":\n\n";

/// What stands before an `id`.
const ID: &[u8] = b"id: ";
/// What ends an event.
const EVENT_END: &[u8] = b"\n\n";
/// What stands before the body of a message, and behind it: the end of the event, and of its chunk.
const MESSAGE_START: &[u8] = b"data: {";
pub(super) const MESSAGE_END: &[u8] = b"\n\n\r\n";
/// What ends a chunk.
pub(super) const CHUNK_END: &[u8] = b"\r\n";
/// What ends the last one, and the answer.
const ANSWER_END: &[u8] = b"\r\n0\r\n\r\n";

/// The event that a frame is. One that has a position says it as its `id`, too.
pub(super) fn event(frame: &ServerFrame<'_>) -> Vec<u8> {
    let id = position_of(frame).map(notation::written);
    let mut data = Vec::with_capacity(128);
    let name = event_to_json(frame, &mut data);
    let mut out = Vec::with_capacity(data.len() + 64);
    if matches!(frame, ServerFrame::Welcome(_)) {
        retry(RETRY_MS, &mut out);
    }
    if !matches!(frame, ServerFrame::Message { .. }) {
        line("event", name, &mut out);
    }
    put(id.as_deref(), &data, &mut out);
    out
}

fn position_of<'a>(frame: &'a ServerFrame<'_>) -> Option<&'a Position> {
    match frame {
        ServerFrame::Subscribed(subscribed) => Some(&subscribed.position),
        ServerFrame::Gap { gap, .. } => gap.position.as_ref(),
        ServerFrame::Live { position, .. } => Some(position),
        _ => None,
    }
}

/// An event that is not told: it only moves the place where its client goes on.
pub(super) fn place(position: &Position) -> Vec<u8> {
    let id = &notation::written(position);
    if id.is_empty() {
        return COMMENT.to_vec();
    }
    let mut out = Vec::with_capacity(id.len() + 6);
    line("id", id, &mut out);
    out.push(b'\n');
    out
}

/// The last event of a session, with the end of the answer. Its client comes again by itself: when, and whether it is let in, is told with it.
pub(crate) fn close(code: CloseCode, reason: &str) -> Vec<u8> {
    let event = last(code, reason);
    let mut out = Vec::with_capacity(event.len() + 16);
    begin_chunk(event.len(), &mut out);
    out.extend_from_slice(&event);
    out.extend_from_slice(ANSWER_END);
    out
}

fn last(code: CloseCode, reason: &str) -> Vec<u8> {
    let data = serde_json::json!({ "code": code.number(), "reason": reason }).to_string();
    let mut out = Vec::with_capacity(data.len() + 64);
    // With a new token, such as a cookie that was replaced, the client may go on where it stood.
    let is_last = Reconnect::after(code.number()) == Reconnect::Never && code != CloseCode::TokenExpired;
    match Reconnect::after(code.number()) {
        Reconnect::Never => {}
        Reconnect::Now => retry(RETRY_SOON_MS, &mut out),
        Reconnect::BackOff => retry(RETRY_LATER_MS, &mut out),
    }
    line("event", "close", &mut out);
    put(is_last.then_some(LAST_ID), data.as_bytes(), &mut out);
    out
}

/// Adds the lines that end an event.
fn put(id: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        line("id", id, out);
    }
    out.extend_from_slice(b"data: ");
    put_in_line(data, out);
    out.extend_from_slice(EVENT_END);
}

/// Begins a chunk of so many bytes.
pub(super) fn begin_chunk(len: usize, out: &mut Vec<u8>) {
    // Writing to memory can't fail.
    let _ = write!(out, "{len:x}\r\n");
}

/// Begins the event of a message, up to its body of so many bytes; `id` is empty where it has none.
pub(super) fn begin_message(id: &str, body: usize, out: &mut Vec<u8>) {
    let id_line = if id.is_empty() { 0 } else { ID.len() + id.len() + 1 };
    begin_chunk(id_line + MESSAGE_START.len() + body + EVENT_END.len(), out);
    if !id.is_empty() {
        out.extend_from_slice(ID);
        out.extend_from_slice(id.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(MESSAGE_START);
}

/// Adds JSON in one line. Between its words, a publisher may have ended lines; within strings JSON has no such byte.
pub(super) fn put_in_line(json: &[u8], out: &mut Vec<u8>) {
    out.extend(json.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
}

/// Whether JSON may stand in a line as it is.
pub(super) fn is_line(json: &[u8]) -> bool {
    !json.contains(&b'\n') && !json.contains(&b'\r')
}

fn retry(least_ms: u32, out: &mut Vec<u8>) {
    // Where many lose their connection at once, they are not to come back at once.
    let more = getrandom::u32().unwrap_or_default() % least_ms;
    line("retry", &(least_ms + more).to_string(), out);
}

fn line(field: &str, value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_event_has_a_name_a_place_and_data_in_one_line() {
        let behind = event(&ServerFrame::Behind { sub: 1 });
        assert_eq!(text(behind), "event: behind\ndata: {}\n\n");
        let goaway = ServerFrame::Goaway { reason: "a\nb".into(), reconnect_after_ms: 5 };
        assert_eq!(
            text(event(&goaway)),
            "event: goaway\ndata: {\"reason\":\"a\\nb\",\"reconnect_after_ms\":5}\n\n"
        );
        let live = ServerFrame::Live { sub: 1, position: notation::position("recent:e:4").unwrap() };
        assert_eq!(
            text(event(&live)),
            "event: live\nid: recent:e:4\ndata: {\"position\":{\"recent\":{\"epoch\":\"e\",\"seq\":4}}}\n\n"
        );
    }

    #[test]
    fn a_place_alone_is_no_event() {
        assert_eq!(text(place(&notation::position("recent:e:4").unwrap())), "id: recent:e:4\n\n");
        assert_eq!(place(&Position::default()), COMMENT);
    }

    #[test]
    fn the_end_of_a_session_says_whether_and_when_to_come_again() {
        let first = |code| text(last(code, "why")).lines().next().unwrap_or_default().to_owned();
        let least = |code| {
            let line = first(code);
            line.strip_prefix("retry: ").and_then(|ms| ms.parse::<u32>().ok()).unwrap_or_default()
        };
        assert!((500..1_000).contains(&least(CloseCode::Drain)));
        assert!((10_000..20_000).contains(&least(CloseCode::TooSlow)));
        let for_good = "event: close\nid: closed\ndata: {\"code\":4003,\"reason\":\"why\"}\n\n";
        assert_eq!(text(last(CloseCode::Forbidden, "why")), for_good);
        assert_eq!(
            text(last(CloseCode::TokenExpired, "why")),
            "event: close\ndata: {\"code\":4002,\"reason\":\"why\"}\n\n"
        );
    }

    #[test]
    fn the_last_event_is_the_last_chunk() {
        let close = text(close(CloseCode::Forbidden, "why"));
        assert_eq!(close, format!("3c\r\n{}\r\n0\r\n\r\n", text(last(CloseCode::Forbidden, "why"))));
    }

    #[test]
    fn json_over_several_lines_becomes_one_and_means_the_same() {
        let json = b"{\n  \"a\": [1,\r\n2],\r\"b\": \"\\n\"\n}";
        let mut line = Vec::new();
        put_in_line(json, &mut line);
        assert!(!is_line(json) && is_line(&line));
        let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        assert_eq!(value(&line), value(json));
    }
}
