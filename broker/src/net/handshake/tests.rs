//! What clients, browsers and people with curl may rely on at the client port.

mod events;

use fanfare_protocol::Encoding;
use proptest::prelude::*;

use super::{Accepted, Policy, Progress, Refusal, Wanted, read_head, refuse};
use crate::net::admission::{Names, Senders};

const POLICY: Policy = policy(true);
const PUBLIC: Policy = policy(false);

const fn policy(loopback: bool) -> Policy {
    let names = Names { origins: Vec::new(), any_origin: false, hosts: Vec::new() };
    Policy {
        senders: Senders { loopback, names },
        max_head_bytes: 2048,
        internal: std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7441),
        internal_tls: false,
    }
}

/// The headers of a handshake that succeeds.
const GOOD: &[(&str, &str)] = &[
    ("Host", "127.0.0.1:7440"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// A request like the good one, with some headers changed (an empty value: left out) or added.
fn request(line: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let replaced = |name: &str| changes.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let kept = GOOD.iter().filter(|(name, _)| !replaced(name));
    let headers = kept.chain(changes.iter().filter(|(_, value)| !value.is_empty()));
    let lines: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{line}\r\n{}\r\n", lines.concat()).into_bytes()
}

fn get(changes: &[(&str, &str)]) -> Vec<u8> {
    request("GET /ws HTTP/1.1", changes)
}

fn accepted(bytes: &[u8], policy: &Policy) -> (String, Accepted) {
    match read_head(bytes, policy) {
        Progress::Done { response, accepted, head_len } => {
            assert_eq!(head_len, bytes.len());
            (String::from_utf8(response).unwrap(), accepted)
        }
        other => panic!("{other:?} for {}", String::from_utf8_lossy(bytes)),
    }
}

/// The encoding and the token of a WebSocket handshake.
fn websocket(accepted: &Accepted) -> (Encoding, Option<&str>) {
    match &accepted.wanted {
        Wanted::WebSocket { encoding, bearer } => (*encoding, bearer.as_deref()),
        Wanted::Events(_) => panic!("{accepted:?}"),
    }
}

fn refusal(bytes: &[u8], policy: &Policy) -> Refusal {
    match read_head(bytes, policy) {
        Progress::Refused { response, reason } => {
            let by_request = [Refusal::FrontPage, Refusal::Query, Refusal::Preflight];
            assert!(by_request.contains(&reason) || response == refuse(reason));
            reason
        }
        other => panic!("{other:?} for {}", String::from_utf8_lossy(bytes)),
    }
}

/// Checks why each of these changes to a good request is refused.
fn check_refused(cases: &[(&[(&str, &str)], Refusal)]) {
    for (changes, expected) in cases {
        assert_eq!(refusal(&get(changes), &POLICY), *expected, "{changes:?}");
    }
}

#[test]
fn a_handshake_is_answered_with_the_accept_key_of_the_rfc() {
    let (response, accepted) = accepted(&get(&[]), &POLICY);
    assert_eq!(
        response,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
    assert_eq!(websocket(&accepted), (Encoding::Json, None));
    assert!(accepted.forwarded_for.is_empty());
}

#[test]
fn the_first_offer_that_is_known_is_chosen_and_echoed() {
    let cases = [
        ("fanfare.v1.msgpack", Encoding::MsgPack),
        ("fanfare.v1.json,fanfare.v1.msgpack", Encoding::Json),
        ("other, fanfare.v1.msgpack , fanfare.v1.json", Encoding::MsgPack),
    ];
    for (offers, encoding) in cases {
        let (response, accepted) = accepted(&get(&[("Sec-WebSocket-Protocol", offers)]), &POLICY);
        assert_eq!(websocket(&accepted).0, encoding, "{offers}");
        assert!(
            response.contains(&format!("Sec-WebSocket-Protocol: {}\r\n", encoding.subprotocol())),
            "{response}"
        );
    }
}

#[test]
fn offers_may_stand_in_several_headers() {
    let offers = [("Sec-WebSocket-Protocol", "other"), ("sec-websocket-protocol", "fanfare.v1.msgpack")];
    assert_eq!(websocket(&accepted(&get(&offers), &POLICY).1).0, Encoding::MsgPack);
}

#[test]
fn unknown_offers_are_refused() {
    check_refused(&[
        (&[("Sec-WebSocket-Protocol", "mqtt")], Refusal::Subprotocol),
        (&[("Sec-WebSocket-Protocol", "FANFARE.V1.JSON")], Refusal::Subprotocol),
    ]);
}

#[test]
fn compression_is_never_granted() {
    let (response, _) = accepted(&get(&[("Sec-WebSocket-Extensions", "permessage-deflate")]), &POLICY);
    assert!(!response.to_lowercase().contains("extensions"));
}

#[test]
fn header_names_and_words_are_read_in_any_case_and_in_lists() {
    let changes = [("connection", "keep-alive, UPGRADE"), ("upgrade", "h2c, WebSocket")];
    accepted(&get(&changes), &POLICY);
}

#[test]
fn the_query_is_ignored() {
    accepted(&request("GET /ws?token=no&x=/?y HTTP/1.1", &[]), &POLICY);
}

#[test]
fn the_bearer_token_is_handed_on_and_never_shown() {
    let (_, accepted) = accepted(&get(&[("Authorization", "bearer  a.b.c")]), &POLICY);
    assert_eq!(websocket(&accepted).1, Some("a.b.c"));
    assert!(!format!("{accepted:?}").contains("a.b.c"));
}

#[test]
fn whoever_means_to_say_who_they_are_and_does_not_is_refused() {
    for value in ["Bearer", "Bearer ", "a.b.c", "Token a.b.c", "Basic eDp5", "Bearer,a.b.c", "\u{e9}"] {
        assert_eq!(refusal(&get(&[("Authorization", value)]), &POLICY), Refusal::Authorization, "{value}");
    }
    let (empty, two) =
        ("Authorization: \r\n", [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]);
    let bytes = String::from_utf8(get(&[]))
        .unwrap()
        .replace("Upgrade: websocket\r\n", &format!("Upgrade: websocket\r\n{empty}"));
    assert_eq!(refusal(bytes.as_bytes(), &POLICY), Refusal::Authorization);
    assert_eq!(refusal(&get(&two), &POLICY), Refusal::Malformed);
    let text = String::from_utf8(refuse(Refusal::Authorization)).unwrap();
    assert!(text.contains("\r\nWWW-Authenticate: Bearer\r\n") && text.contains("send `Bearer`"), "{text}");
}

#[test]
fn what_a_browser_adds_by_itself_for_a_proxy_is_passed_over() {
    let from_page = |value| [("Origin", "http://localhost:7441"), ("Authorization", value)];
    for value in ["Basic eDp5", "NEGOTIATE YII=", "Digest username=\"x\"", "NTLM TlRM"] {
        assert_eq!(websocket(&accepted(&get(&from_page(value)), &POLICY).1).1, None, "{value}");
    }
    assert_eq!(refusal(&get(&from_page("Bearer ")), &POLICY), Refusal::Authorization);
}

#[test]
fn what_follows_the_head_is_left_to_the_session() {
    let mut bytes = get(&[]);
    let head = bytes.len();
    bytes.extend(vec![0x81; 5000]);
    assert!(matches!(read_head(&bytes, &POLICY), Progress::Done { head_len, .. } if head_len == head));
}

#[test]
fn a_plain_request_is_told_to_upgrade() {
    check_refused(&[
        (&[("Upgrade", "")], Refusal::NotWebSocket),
        (&[("Connection", "keep-alive")], Refusal::NotWebSocket),
        (&[("Upgrade", "h2c")], Refusal::NotWebSocket),
    ]);
    let text = String::from_utf8(refuse(Refusal::NotWebSocket)).unwrap();
    assert!(text.starts_with("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"), "{text}");
}

#[test]
fn another_websocket_version_is_told_ours() {
    check_refused(&[
        (&[("Sec-WebSocket-Version", "8")], Refusal::WebSocketVersion),
        (&[("Sec-WebSocket-Version", "")], Refusal::WebSocketVersion),
    ]);
    let text = String::from_utf8(refuse(Refusal::WebSocketVersion)).unwrap();
    assert!(text.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{text}");
}

#[test]
fn a_key_is_16_bytes_in_base64_once() {
    let key = "Sec-WebSocket-Key";
    check_refused(&[
        (&[(key, "")], Refusal::WebSocketKey),
        (&[(key, "SGVsbG8sIHdvcmxkIQ==")], Refusal::WebSocketKey),
        (&[(key, "not base64")], Refusal::WebSocketKey),
        (&[(key, "dGhlIHNhbXBsZSBub25jZQ=="), (key, "dGhlIHNhbXBsZSBub25jZQ==")], Refusal::Malformed),
    ]);
}

#[test]
fn a_body_is_refused_because_frames_would_be_read_from_it() {
    check_refused(&[
        (&[("Content-Length", "5")], Refusal::Malformed),
        (&[("Transfer-Encoding", "chunked")], Refusal::Malformed),
    ]);
    accepted(&get(&[("Content-Length", "0")]), &POLICY);
}

#[test]
fn on_loopback_the_host_must_be_this_machine() {
    check_refused(&[
        (&[("Host", "")], Refusal::Malformed),
        (&[("Host", "a.example:7440")], Refusal::Host),
        (&[("Host", "localhost"), ("Host", "a.example")], Refusal::Malformed),
    ]);
    accepted(&get(&[("Host", "a.example")]), &PUBLIC);
    assert_eq!(refusal(&get(&[("Host", "")]), &PUBLIC), Refusal::Malformed);
}

#[test]
fn on_loopback_only_pages_of_this_machine_get_in() {
    check_refused(&[
        (&[("Origin", "https://a.example")], Refusal::Origin),
        (&[("Origin", "null")], Refusal::Origin),
        (&[("Origin", "http://localhost"), ("Origin", "https://a.example")], Refusal::Malformed),
    ]);
    accepted(&get(&[("Origin", "http://localhost:7441")]), &POLICY);
    accepted(&get(&[("Origin", "https://a.example")]), &PUBLIC);
}

#[test]
fn what_proxies_say_of_the_client_is_passed_on_in_order() {
    let told = [("X-Forwarded-For", "203.0.113.7, 10.0.0.2"), ("x-forwarded-for", "10.0.0.3")];
    let (_, told) = accepted(&get(&told), &POLICY);
    assert_eq!(told.forwarded_for, [b"203.0.113.7, 10.0.0.2".as_slice(), b"10.0.0.3"]);
}

#[test]
fn paths_and_methods_that_are_not_here_get_a_hint() {
    let cases = [
        ("GET / HTTP/1.1", Refusal::FrontPage),
        ("GET /?x HTTP/1.1", Refusal::FrontPage),
        ("GET /wss HTTP/1.1", Refusal::NotFound),
        ("GET /ws/ HTTP/1.1", Refusal::NotFound),
        ("POST /metrics HTTP/1.1", Refusal::NotFound),
        ("POST /ws HTTP/1.1", Refusal::Method),
        ("HEAD / HTTP/1.1", Refusal::Method),
        ("GET /ws HTTP/1.0", Refusal::HttpVersion),
    ];
    for (line, expected) in cases {
        assert_eq!(refusal(&request(line, &[]), &POLICY), expected, "{line}");
    }
}

#[test]
fn the_front_page_says_where_the_other_port_is() {
    let Progress::Refused { response, .. } = read_head(&request("GET / HTTP/1.1", &[]), &POLICY) else {
        panic!()
    };
    let text = String::from_utf8(response).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("http://127.0.0.1:7441/"), "{text}");
}

#[test]
fn garbage_and_tls_are_malformed() {
    let cases: [&[u8]; 4] =
        [b"\x16\x03\x01\x02\x00", b"hello\x00", b"PRI * HTTP/2.0\r\n\r\n", b"GET /ws\r\n\r\n"];
    for bytes in cases {
        assert_eq!(refusal(bytes, &POLICY), Refusal::Malformed, "{bytes:?}");
    }
}

#[test]
fn a_head_that_is_too_long_is_refused_at_the_bound() {
    let long = "x".repeat(POLICY.max_head_bytes);
    let bytes = get(&[("X-Long", &long)]);
    assert_eq!(refusal(&bytes, &POLICY), Refusal::HeadTooLarge);
    assert_eq!(read_head(&bytes[..POLICY.max_head_bytes - 1], &POLICY), Progress::Partial);
    assert_eq!(refusal(&bytes[..POLICY.max_head_bytes], &POLICY), Refusal::HeadTooLarge);
}

#[test]
fn a_head_just_within_the_bound_is_read() {
    let bytes = get(&[]);
    accepted(&bytes, &Policy { max_head_bytes: bytes.len(), ..POLICY });
    assert_eq!(refusal(&bytes, &Policy { max_head_bytes: bytes.len() - 1, ..POLICY }), Refusal::HeadTooLarge);
}

#[test]
fn too_many_headers_are_too_large() {
    let many = vec![("X-Many", "1"); 64];
    assert_eq!(refusal(&get(&many), &POLICY), Refusal::HeadTooLarge);
}

#[test]
fn every_refusal_has_its_own_word_and_a_whole_answer() {
    let mut words: Vec<_> = Refusal::ALL.iter().map(|reason| reason.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Refusal::ALL.len());
    for reason in Refusal::ALL.iter().filter(|reason| !matches!(reason, Refusal::Lost | Refusal::Tls)) {
        let text = String::from_utf8(refuse(*reason)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        if body.is_empty() {
            assert!(head.starts_with("HTTP/1.1 204 ") && !head.contains("Content-"), "{text}");
            continue;
        }
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{text}");
        assert!(head.ends_with("\r\nConnection: close"), "{text}");
    }
}

/// What a caller comes to that reads byte by byte and stops at the first outcome.
fn read_byte_by_byte(bytes: &[u8]) -> Progress {
    let outcomes = (0..=bytes.len()).map(|end| read_head(&bytes[..end], &POLICY));
    outcomes.into_iter().find(|progress| *progress != Progress::Partial).unwrap_or(Progress::Partial)
}

#[test]
fn the_way_a_request_is_cut_into_reads_changes_nothing() {
    let long = "x".repeat(POLICY.max_head_bytes);
    let requests = [
        get(&[]),
        get(&[("Origin", "https://a.example")]),
        get(&[("X-Long", &long)]),
        request("POST / HTTP/1.1", &[]),
        request("GET /sse?pattern=a.%3E&from=last HTTP/1.1", &[("Last-Event-ID", "recent:9f2c:41")]),
        request("GET /sse?pattern= HTTP/1.1", &[]),
        b"\r\n\r\nGET /ws HTTP/1.1\r\nHost localhost\r\n\r\n".to_vec(),
    ];
    for bytes in requests {
        assert_eq!(
            read_byte_by_byte(&bytes),
            read_head(&bytes, &POLICY),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_however_they_are_cut(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(read_byte_by_byte(&bytes), read_head(&bytes, &POLICY));
    }

    #[test]
    fn a_request_with_changed_bytes_is_read_or_refused_however_it_is_cut(
        changes in proptest::collection::vec((0usize..200, any::<u8>()), 1..4)
    ) {
        let mut bytes = get(&[("Sec-WebSocket-Protocol", "fanfare.v1.json")]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        prop_assert_eq!(read_byte_by_byte(&bytes), read_head(&bytes, &POLICY));
    }
}
