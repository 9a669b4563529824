//! Headers of a publish: its key, what it expects, and the message's own headers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderValue};
use fanfare_protocol::Headers;
use fanfare_protocol::limits::{MAX_KEY_BYTES, MAX_SEQ};

use super::problem::{Kind, Place, Problem};
use crate::trace::{TRACEPARENT, TraceContext};

const KEY: &str = "Idempotency-Key";
const EXPECT: &str = "X-Fanfare-Expect";
/// What stands before the name of a message's own header. HTTP sends names in any case; they arrive in lower case.
const HEADER_PREFIX: &str = "fanfare-header-";
/// Keys over HTTP are of visible ASCII, since white space around a header's value is nobody's.
const KEY_CHARACTERS: RangeInclusive<u8> = b'!'..=b'~';

/// What a request's headers say of the message that it publishes.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) expect: Option<u64>,
    pub(super) headers: Option<Headers>,
}

impl<'a> Options<'a> {
    /// Reads them. Where messages are traced, the request's `traceparent` becomes the message's, unless it has one.
    ///
    /// # Errors
    /// A header can't be read, or is there twice.
    pub(super) fn of(headers: &'a HeaderMap, traced: bool) -> Result<Self, Problem> {
        Ok(Self {
            key: one(headers, KEY)?.map(key).transpose()?,
            expect: one(headers, EXPECT)?.map(expect).transpose()?,
            headers: own_headers(headers, traced)?,
        })
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(invalid(name, format!("`{name}` is there more than once; keep one"))),
        (value, None) => Ok(value),
    }
}

fn key(value: &HeaderValue) -> Result<Cow<'_, str>, Problem> {
    let bytes = value.as_bytes();
    let fits = (1..=MAX_KEY_BYTES).contains(&bytes.len());
    let text = value.to_str().ok().filter(|_| fits && bytes.iter().all(|b| KEY_CHARACTERS.contains(b)));
    let must_be = format!("`{KEY}` must be 1 to {MAX_KEY_BYTES} visible characters of ASCII");
    text.map(Cow::Borrowed).ok_or_else(|| invalid(KEY, must_be))
}

fn expect(value: &HeaderValue) -> Result<u64, Problem> {
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let seq = digits.and_then(|digits| digits.parse().ok()).filter(|seq| *seq <= MAX_SEQ);
    seq.ok_or_else(|| invalid(EXPECT, format!("`{EXPECT}` must be a sequence: digits only, 0 to {MAX_SEQ}")))
}

fn own_headers(headers: &HeaderMap, traced: bool) -> Result<Option<Headers>, Problem> {
    let mut own = BTreeMap::new();
    for (name, value) in headers {
        let Some(short) = name.as_str().strip_prefix(HEADER_PREFIX) else { continue };
        let wrong = |detail: String| invalid(name.as_str(), detail);
        let text = std::str::from_utf8(value.as_bytes());
        let text = text.map_err(|_| wrong(format!("the value of `{name}` is not UTF-8")))?;
        if own.insert(short.to_owned(), text.to_owned()).is_some() {
            return Err(wrong(format!("`{name}` is there more than once; keep one")));
        }
    }
    let trace = trace_of(headers, traced);
    if own.is_empty() {
        return Ok(with_trace(None, trace));
    }
    let refused = |rule: fanfare_protocol::headers::HeadersError| {
        invalid("Fanfare-Header-*", format!("the message's headers: {rule}"))
    };
    let own = Headers::new(own).map_err(refused)?;
    own.check_publishable().map_err(refused)?;
    Ok(with_trace(Some(own), trace))
}

/// The request's place in a trace, where messages are traced.
pub(super) fn trace_of(headers: &HeaderMap, traced: bool) -> Option<&str> {
    let text = headers.get(TRACEPARENT).filter(|_| traced)?.to_str().ok()?;
    TraceContext::parse(text).map(|_| text)
}

/// A message's headers with its request's place in a trace, unless they have one or no room for it. A trace is never a
/// reason to refuse a message.
pub(super) fn with_trace(own: Option<Headers>, trace: Option<&str>) -> Option<Headers> {
    let Some(trace) = trace else { return own };
    let pairs = own.iter().flat_map(Headers::iter).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut pairs: BTreeMap<_, _> = pairs.collect();
    pairs.entry(TRACEPARENT.to_owned()).or_insert_with(|| trace.to_owned());
    Headers::new(pairs).ok().or(own)
}

fn invalid(name: &str, detail: String) -> Problem {
    Problem::part(Kind::InvalidRequest, Place::Header, name, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use fanfare_protocol::limits::MAX_HEADERS_BYTES;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn key_expectation_and_own_headers_are_read() {
        let headers =
            headers(&[(KEY, "order-7"), (EXPECT, "41"), ("Fanfare-Header-Trace", "é"), ("accept", "*/*")]);
        let options = Options::of(&headers, false).unwrap();
        assert_eq!((options.key.as_deref(), options.expect), (Some("order-7"), Some(41)));
        assert_eq!(options.headers.unwrap().iter().collect::<Vec<_>>(), [("trace", "é")]);
    }

    #[test]
    fn a_trace_of_the_request_becomes_the_messages_where_messages_are_traced_and_it_has_none() {
        const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = |pairs: &[(&str, &str)], traced| {
            let (headers, name) = (headers(pairs), TRACEPARENT);
            let own = Options::of(&headers, traced).unwrap().headers;
            own.and_then(|own| own.get(name).map(str::to_owned))
        };
        assert_eq!(read(&[(TRACEPARENT, PARENT)], true).as_deref(), Some(PARENT));
        assert_eq!(read(&[(TRACEPARENT, PARENT)], false), None);
        assert_eq!(read(&[(TRACEPARENT, "nonsense")], true), None);
        let own = [(TRACEPARENT, PARENT), ("Fanfare-Header-traceparent", "own")];
        assert_eq!(read(&own, true).as_deref(), Some("own"));
        let full = "x".repeat(MAX_HEADERS_BYTES - 1);
        assert_eq!(
            read(&[(TRACEPARENT, PARENT), ("Fanfare-Header-a", &full)], true),
            None,
            "there is no room"
        );
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        for pairs in [
            &[(KEY, "")][..],
            &[(KEY, "a b")],
            &[(KEY, "é")],
            &[(KEY, &"x".repeat(129))],
            &[(KEY, "a"), (KEY, "a")],
            &[(EXPECT, "+1")],
            &[(EXPECT, "")],
            &[(EXPECT, "9007199254740992")],
            &[("Fanfare-Header-nats-x", "")],
            &[("Fanfare-Header-", "")],
            &[("Fanfare-Header-a", "1"), ("fanfare-header-A", "2")],
        ] {
            assert!(Options::of(&headers(pairs), true).is_err(), "{pairs:?}");
        }
    }
}
