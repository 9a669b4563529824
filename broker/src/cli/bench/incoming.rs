//! What the server says beside messages, and what of it is trouble.

use std::ops::AddAssign;

use fanfare_client::Encoding;
use fanfare_protocol::frame::ErrorFrame;
use fanfare_protocol::{ErrorCode, GapReason, ServerFrame};

use super::frames::{BINARY, CLOSE, Frame, PING, TEXT};

/// What whoever may not do something needs.
const GRANTS: &str = "; the bench needs a token (--token-file FILE or FANFARE_TOKEN) that may subscribe and publish to \
                      `bench.>`";

/// What a frame means for the bench.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// Nothing.
    Fine,
    /// The server welcomes this session.
    Welcome,
    /// A subscription stands.
    Subscribed,
    /// Wants an answer with the same payload, on the level of WebSocket.
    Ping,
    /// Wants the answer `pong`, as a frame of Fanfare.
    Heartbeat,
    /// A subscription fell behind.
    Behind,
    /// Messages are missing.
    Gap(GapReason),
    /// The server refuses something.
    Error(String),
    /// The connection ends.
    End(String),
}

/// What went wrong on connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Troubles {
    /// Times that the server said that messages are missing.
    pub(super) gaps: u64,
    /// Times that it refused something.
    pub(super) errors: u64,
    /// Connections that ended too early.
    pub(super) ended: u64,
    /// Times that a subscription fell behind: no fault, but worth knowing.
    pub(super) behind: u64,
    /// The first of each kind, in words.
    pub(super) words: Vec<String>,
}

/// Says what a frame that is no message of the bench means.
pub(super) fn judge(encoding: Encoding, frame: &Frame<'_>) -> Incoming {
    match frame.opcode {
        TEXT | BINARY => match encoding.decode_server(frame.payload) {
            Ok(frame) => frame.map_or(Incoming::Fine, meaning),
            Err(error) => Incoming::Error(format!("a frame that can't be read: {error}")),
        },
        CLOSE => Incoming::End(closed(frame.payload)),
        PING => Incoming::Ping,
        _ => Incoming::Fine,
    }
}

fn meaning(frame: ServerFrame<'_>) -> Incoming {
    match frame {
        ServerFrame::Welcome(_) => Incoming::Welcome,
        ServerFrame::Subscribed(_) => Incoming::Subscribed,
        ServerFrame::Ping { .. } => Incoming::Heartbeat,
        ServerFrame::Behind { .. } => Incoming::Behind,
        ServerFrame::Gap { gap, .. } => Incoming::Gap(gap.reason),
        ServerFrame::Error(error) => Incoming::Error(refusal(&error)),
        ServerFrame::Unsubscribed { code, .. } => {
            let code = code.map_or("no code", |code| code.as_str());
            Incoming::Error(format!("the server ended a subscription ({code})"))
        }
        _ => Incoming::Fine,
    }
}

fn refusal(error: &ErrorFrame<'_>) -> String {
    let advice = match error.code {
        ErrorCode::Forbidden | ErrorCode::Unauthenticated => GRANTS,
        _ => "",
    };
    format!("{}: {}{advice}", error.code.as_str(), error.message)
}

fn closed(payload: &[u8]) -> String {
    match payload.split_first_chunk() {
        None => "the server closed a connection without saying why".to_owned(),
        Some((code, reason)) => {
            let (code, reason) = (u16::from_be_bytes(*code), String::from_utf8_lossy(reason));
            format!("the server closed a connection with {code} {reason}").trim_end().to_owned()
        }
    }
}

impl Troubles {
    /// Takes note of what a frame means.
    pub(super) fn note(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Gap(reason) => {
                self.gaps += 1;
                self.word(self.gaps, || format!("the server told of a gap ({})", reason.as_str()));
            }
            Incoming::Error(text) => {
                self.errors += 1;
                self.word(self.errors, || text);
            }
            Incoming::End(text) => {
                self.ended += 1;
                self.word(self.ended, || text);
            }
            Incoming::Behind => self.behind += 1,
            _ => {}
        }
    }

    /// Whether there was no trouble.
    pub(super) fn is_none(&self) -> bool {
        (self.gaps, self.errors, self.ended) == (0, 0, 0)
    }

    fn word(&mut self, count: u64, text: impl FnOnce() -> String) {
        if count == 1 {
            self.words.push(text());
        }
    }
}

impl AddAssign for Troubles {
    fn add_assign(&mut self, other: Self) {
        self.gaps += other.gaps;
        self.errors += other.errors;
        self.ended += other.ended;
        self.behind += other.behind;
        self.words.extend(other.words);
        self.words.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(json: &str) -> Incoming {
        judge(Encoding::Json, &Frame { opcode: TEXT, payload: json.as_bytes(), bytes: 0 })
    }

    #[test]
    fn frames_are_judged_by_what_they_mean_for_the_bench() {
        assert_eq!(judged(r#"{"op":"ping"}"#), Incoming::Heartbeat);
        assert_eq!(judged(r#"{"op":"behind","sub":1}"#), Incoming::Behind);
        assert_eq!(judged(r#"{"op":"later","sub":1}"#), Incoming::Fine);
        let gap = judged(r#"{"op":"gap","sub":1,"reason":"expired"}"#);
        assert_eq!(gap, Incoming::Gap(GapReason::Expired));
        let refusal = judged(r#"{"op":"error","code":"forbidden","message":"not yours"}"#);
        assert_eq!(refusal, Incoming::Error(format!("forbidden: not yours{GRANTS}")));
    }

    #[test]
    fn a_close_is_told_with_its_code_and_reason() {
        let close = |payload: &[u8]| judge(Encoding::Json, &Frame { opcode: CLOSE, payload, bytes: 0 });
        let told = Incoming::End("the server closed a connection with 4200 drain".to_owned());
        assert_eq!(close(b"\x10\x68drain"), told);
        assert!(matches!(close(b""), Incoming::End(_)));
    }

    #[test]
    fn of_many_troubles_the_first_of_a_kind_is_told_in_words() {
        let mut troubles = Troubles::default();
        assert!(troubles.is_none());
        (0..3).for_each(|n| troubles.note(Incoming::Error(format!("error {n}"))));
        troubles.note(Incoming::Behind);
        assert_eq!(
            (troubles.errors, troubles.behind, &troubles.words[..]),
            (3, 1, &["error 0".to_owned()][..])
        );
        assert!(!troubles.is_none());
    }
}
