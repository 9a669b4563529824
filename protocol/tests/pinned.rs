//! What clients of every version build on, pinned: codes and their numbers. A line that changes here changes the wire, and
//! COMPATIBILITY.md says what that takes.

use fanfare_protocol::{CloseCode, ErrorCode, GapReason};

#[test]
fn error_codes_are_those_of_version_one() {
    let known: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let pinned = [
        "invalid_frame",
        "unknown_op",
        "unauthenticated",
        "forbidden",
        "invalid_topic",
        "too_large",
        "rate_limited",
        "limit_exceeded",
        "conflict",
        "not_found",
        "unavailable",
        "internal",
    ];
    assert_eq!(known, pinned);
}

#[test]
fn close_codes_have_the_numbers_and_words_of_version_one() {
    let known: Vec<_> = CloseCode::ALL.iter().map(|code| (code.number(), code.as_str())).collect();
    let pinned = [
        (1000, "normal"),
        (4000, "protocol"),
        (4001, "unauthenticated"),
        (4002, "token_expired"),
        (4003, "forbidden"),
        (4004, "too_large"),
        (4100, "over_capacity"),
        (4101, "too_slow"),
        (4102, "flood"),
        (4103, "no_hello"),
        (4104, "too_many_sessions"),
        (4200, "drain"),
        (4201, "heartbeat_missed"),
    ];
    assert_eq!(known, pinned);
}

#[test]
fn gaps_have_the_reasons_of_version_one() {
    let known: Vec<_> = GapReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(known, ["expired", "reset", "dropped"]);
}
