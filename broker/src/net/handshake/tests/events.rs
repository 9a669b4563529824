//! What browsers and people with curl may rely on where events are.

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe};

use super::*;
use crate::auth::Brought;
use crate::net::handshake::EventsRequest;

/// The headers of a request by `EventSource`, with those that no page sends left out.
const PLAIN: &[(&str, &str)] =
    &[("Connection", ""), ("Upgrade", ""), ("Sec-WebSocket-Version", ""), ("Sec-WebSocket-Key", "")];

fn ask(query: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request(&format!("GET /sse?{query} HTTP/1.1"), &[PLAIN, headers].concat())
}

fn listing(origins: &[&str]) -> Policy {
    let mut policy = policy(false);
    policy.senders.names.origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    policy
}

fn granted(bytes: &[u8], policy: &Policy) -> (String, EventsRequest) {
    let (response, accepted) = accepted(bytes, policy);
    match accepted.wanted {
        Wanted::Events(request) => (response, *request),
        Wanted::WebSocket { .. } => panic!("a WebSocket for {}", String::from_utf8_lossy(bytes)),
    }
}

fn subscribe(query: &str) -> Subscribe {
    granted(&ask(query, &[]), &POLICY).1.subscribe
}

fn brought(headers: &[(&str, &str)], policy: &Policy) -> Brought {
    granted(&ask("pattern=a&token=t", headers), policy).1.brought
}

/// The whole answer to a request that is refused.
fn answer(bytes: &[u8], policy: &Policy) -> String {
    match read_head(bytes, policy) {
        Progress::Refused { response, .. } => String::from_utf8(response).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_answered_with_a_stream_that_nobody_keeps_or_holds_back() {
    let (response, _) = granted(&ask("pattern=orders.%3E", &[]), &POLICY);
    assert_eq!(
        response,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
}

#[test]
fn the_query_says_what_is_heard_from_where_and_how() {
    let plain = subscribe("pattern=orders.%3E");
    assert_eq!(
        (plain.pattern.as_str(), plain.from, plain.deliver),
        ("orders.>", ReplayFrom::Now, Deliver::Every)
    );
    assert_eq!(subscribe("pattern=a&from=start").from, ReplayFrom::Start);
    assert_eq!(subscribe("from=1763800000000&pattern=a").from, ReplayFrom::Time(1_763_800_000_000));
    let position = "recent:9f2c:41,audit:a:0";
    let from = ReplayFrom::Position(crate::notation::position(position).unwrap());
    assert_eq!(subscribe(&format!("pattern=a&from={position}")).from, from);
    let Deliver::Latest { max_rate } = subscribe("pattern=a&deliver=latest&max_rate=0.5").deliver else {
        panic!()
    };
    assert_eq!(max_rate.map(|rate| rate.per_second().to_bits()), Some(0.5f64.to_bits()));
}

#[test]
fn a_query_that_is_none_is_told_its_parameter() {
    for (query, told) in [
        ("", "`pattern` is missing"),
        ("pattern=a..b", "`pattern` "),
        ("pattern=%FF", "`pattern` is not UTF-8"),
        ("pattern=a&pattern=b", "`pattern` is there more than once"),
        ("pattern=a&from=yesterday", "`from` must be"),
        ("pattern=a&from=last:recent:a:1", "`from` must be"),
        ("pattern=a&deliver=some", "`deliver` must be"),
        ("pattern=a&max_rate=5", "`max_rate` goes with"),
        ("pattern=a&deliver=latest&max_rate=0", "`max_rate` must be"),
        ("pattern=a&patern=b", "a parameter is not known here"),
    ] {
        let bytes = ask(query, &[]);
        assert_eq!(refusal(&bytes, &POLICY), Refusal::Query, "{query}");
        let answer = answer(&bytes, &POLICY);
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(told), "{query}: {answer}");
    }
}

#[test]
fn who_was_here_before_goes_on_where_it_stood_whatever_its_url_says() {
    let id = [("Last-Event-ID", "recent:9f2c:41")];
    let from = granted(&ask("pattern=a&from=start", &id), &POLICY).1.subscribe.from;
    assert_eq!(from, ReplayFrom::Position(crate::notation::position("recent:9f2c:41").unwrap()));
    assert_eq!(
        granted(&ask("pattern=a", &[("Last-Event-ID", "")]), &POLICY).1.subscribe.from,
        ReplayFrom::Now
    );
    assert_eq!(refusal(&ask("pattern=a", &[("Last-Event-ID", "41")]), &POLICY), Refusal::LastEventId);
}

#[test]
fn who_was_told_not_to_come_again_is_told_so_in_a_way_that_browsers_know() {
    let answer = answer(&ask("pattern=a", &[("Last-Event-ID", "closed")]), &POLICY);
    assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn no_token_is_ever_shown() {
    let headers = [("Authorization", "Bearer secret"), ("Cookie", "token=secret")];
    let read = read_head(&ask("pattern=a&token=secret", &headers), &POLICY);
    assert!(matches!(&read, Progress::Done { .. }));
    assert!(!format!("{read:?}").contains("secret"));
    let refused = read_head(&ask("pattern=a&tokn=secret", &headers), &POLICY);
    assert!(!format!("{refused:?}").contains("secret"));
}

#[test]
fn tokens_come_by_header_query_and_cookie() {
    let headers = [("Authorization", "Bearer b"), ("Cookie", "x=c"), ("cookie", "y=d")];
    let brought = brought(&headers, &POLICY);
    assert_eq!((brought.bearer.as_deref(), brought.query.as_deref()), (Some("b"), Some("t")));
    assert_eq!(brought.cookies, ["x=c", "y=d"]);
}

#[test]
fn cookies_count_for_pages_of_this_port_and_those_listed_by_name_alone() {
    let listed = listing(&["https://app.example.com"]);
    let mut any = listed.clone();
    any.senders.names.any_origin = true;
    let cookie = ("Cookie", "x=c");
    for headers in [
        &[cookie][..],
        &[cookie, ("Sec-Fetch-Site", "same-origin")],
        &[cookie, ("Origin", "https://app.example.com"), ("Sec-Fetch-Site", "cross-site")],
        &[cookie, ("Host", "push.example.com"), ("Origin", "https://push.example.com")],
    ] {
        assert_eq!(brought(headers, &any).cookies, ["x=c"], "{headers:?}");
    }
    for headers in [
        &[cookie, ("Origin", "https://evil.example")][..],
        &[cookie, ("Origin", "null")],
        &[cookie, ("Sec-Fetch-Site", "cross-site")],
        &[cookie, ("Sec-Fetch-Site", "same-site")],
    ] {
        assert_eq!(brought(headers, &any).cookies, [""; 0], "{headers:?}");
        let open = policy(false);
        assert_eq!(brought(headers, &open).cookies, [""; 0], "{headers:?}, with no origin listed");
    }
}

#[test]
fn a_browser_lets_pages_read_the_answer_that_may_come_refused_or_not() {
    let listed = listing(&["https://app.example.com"]);
    let origin = [("Origin", "https://app.example.com")];
    let headers = "Access-Control-Allow-Origin: https://app.example.com\r\n\
                   Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n";
    let (response, _) = granted(&ask("pattern=a", &origin), &listed);
    assert!(response.contains(headers), "{response}");
    assert!(answer(&ask("pattern=", &origin), &listed).contains(headers));
    let evil = [("Origin", "https://evil.example")];
    let refused = answer(&ask("pattern=a", &evil), &listed);
    assert!(refused.starts_with("HTTP/1.1 403 ") && !refused.contains("Access-Control"), "{refused}");
    let (open, _) = granted(&ask("pattern=a", &evil), &policy(false));
    assert!(open.contains("Access-Control-Allow-Origin: *\r\n") && !open.contains("Credentials"), "{open}");
    let (none, _) = granted(&ask("pattern=a", &[]), &listed);
    assert!(!none.contains("Access-Control"), "{none}");
}

#[test]
fn a_browser_that_asks_first_is_told_what_a_page_may_send() {
    let headers =
        [PLAIN, &[("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "GET")]].concat();
    let answer = answer(&request("OPTIONS /sse?pattern=a HTTP/1.1", &headers), &POLICY);
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(answer.contains("Access-Control-Allow-Headers: Authorization, Cache-Control, Last-Event-ID\r\n"));
    assert!(answer.contains("Access-Control-Allow-Origin: http://localhost:3000\r\n"));
}

#[test]
fn who_may_come_later_is_told_when_in_a_way_that_browsers_know() {
    let (_, request) = granted(&ask("pattern=a", &[]), &POLICY);
    let later = String::from_utf8(request.refuse(Refusal::TooManyFromAddress, None)).unwrap();
    let (head, body) = later.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/event-stream"), "{later}");
    let (size, event) = body.split_once("\r\n").unwrap();
    let size = usize::from_str_radix(size, 16).unwrap();
    assert_eq!(&event[size..], "\r\n0\r\n\r\n", "{later}");
    assert!(
        event.starts_with("retry: ") && event.contains("\nevent: close\ndata: {\"code\":4100,"),
        "{later}"
    );
    let never = String::from_utf8(request.refuse(Refusal::Forbidden, Some("no"))).unwrap();
    assert!(never.starts_with("HTTP/1.1 403 ") && never.ends_with("\r\n\r\nno\n"), "{never}");
}
