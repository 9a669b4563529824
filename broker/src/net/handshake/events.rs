//! A request for an event stream: what its query, its headers and its cookies ask for. `EventSource` sends nothing else.

use std::borrow::Cow;
use std::fmt;

use fanfare_protocol::Pattern;
use fanfare_protocol::frame::{Deliver, MaxRate, ReplayFrom, Subscribe};
use percent_encoding::percent_decode_str;

use super::Policy;
use super::head::Head;
use super::refusal::{No, Refusal, answer};
use crate::auth::Brought;
use crate::net::admission::is_same_origin;
use crate::notation;
use crate::outbound::{LAST_ID, last_event};

/// Where event streams are.
pub(super) const PATH: &str = "/sse";
/// The parameters that there are.
const KNOWN: &[&str] = &["pattern", "from", "deliver", "max_rate", "token"];
/// The number of an event stream's only subscription.
const SUB: u32 = 1;
/// What a browser may send with a request of a page from elsewhere, told when it asks.
const PREFLIGHT: &str = "Access-Control-Allow-Methods: GET\r\n\
                         Access-Control-Allow-Headers: Authorization, Cache-Control, Last-Event-ID\r\n\
                         Access-Control-Max-Age: 600\r\n";

/// What a client asked for, and what it brought to say who it is.
#[derive(Clone, PartialEq)]
pub(crate) struct EventsRequest {
    pub(crate) subscribe: Subscribe,
    pub(crate) brought: Brought,
    /// The headers by which a browser lets a page read the answer.
    cors: String,
}

impl fmt::Debug for EventsRequest {
    /// A token never gets into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventsRequest").field("subscribe", &self.subscribe).finish_non_exhaustive()
    }
}

impl EventsRequest {
    /// The answer that a stream of events follows, in chunks.
    pub(super) fn response(&self) -> Vec<u8> {
        format!(
            "HTTP/1.1 200 OK\r\n{}\
             Content-Type: text/event-stream\r\n\
             Cache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\n\
             X-Accel-Buffering: no\r\n\
             Transfer-Encoding: chunked\r\n\
             Connection: close\r\n\r\n",
            self.cors
        )
        .into_bytes()
    }

    /// The answer to a request that can't be served, now or ever. A browser gives up at any status but 200, so one that
    /// is to come again is told when by the end of a stream.
    pub(crate) fn refuse(&self, reason: Refusal, detail: Option<&str>) -> Vec<u8> {
        match reason.try_again() {
            Some(code) => {
                let text = detail.or(reason.text()).unwrap_or_default();
                [self.response(), last_event(code, text)].concat()
            }
            None => answer(reason, detail, &self.cors),
        }
    }
}

/// Reads a request for an event stream, whose sender may knock.
pub(super) fn read(
    head: &Head<'_, '_>,
    policy: &Policy,
    bearer: Option<String>,
) -> Result<EventsRequest, No> {
    let mut parameters = Parameters::read(head.query)?;
    let pattern = parameters
        .take("pattern")
        .ok_or_else(|| No::query("`pattern` is missing, which says what topics to hear"))?;
    let pattern = Pattern::new(&pattern).map_err(|rule| No::query(&format!("`pattern` {rule}")))?;
    let from = parameters.take("from").map(|from| read_from(&from)).transpose()?.unwrap_or_default();
    let from = last_event_id(head)?.unwrap_or(from);
    let deliver =
        read_deliver(parameters.take("deliver").as_deref(), parameters.take("max_rate").as_deref())?;
    let query = parameters.take("token").map(Cow::into_owned);
    let cookies = if has_own_cookies(head, policy)? {
        head.all("cookie").map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    let subscribe = Subscribe { sub: SUB, pattern, from, deliver };
    Ok(EventsRequest { subscribe, brought: Brought { bearer, query, cookies }, cors: cors(head, policy) })
}

/// The headers by which a browser lets a page read the answer: with the user's cookies, if the page's origin is listed;
/// without them, where pages from anywhere may come.
pub(super) fn cors(head: &Head<'_, '_>, policy: &Policy) -> String {
    let host = head.at_most_one("host").ok().flatten();
    match head.at_most_one("origin") {
        _ if head.path != PATH => String::new(),
        Ok(Some(origin)) if policy.senders.trust_with_cookies(origin, host) => format!(
            "Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
        ),
        Ok(Some(origin)) if policy.senders.know_origin(origin) => {
            "Access-Control-Allow-Origin: *\r\n".to_owned()
        }
        _ => String::new(),
    }
}

/// The same for a browser that asks first whether it may send more than `EventSource` does.
pub(super) fn preflight(cors: &str) -> String {
    format!("{cors}{PREFLIGHT}")
}

/// Whether the cookies of this request are meant for it: a browser sends them for any page, but says for which. A page
/// from elsewhere has to be listed, by name.
fn has_own_cookies(head: &Head<'_, '_>, policy: &Policy) -> Result<bool, Refusal> {
    let site = head.at_most_one("sec-fetch-site")?;
    Ok(match head.at_most_one("origin")? {
        Some(origin) => {
            let host = head.at_most_one("host")?;
            policy.senders.trust_with_cookies(origin, host)
                || host.is_some_and(|host| is_same_origin(origin, host))
        }
        None => site.is_none_or(|site| site == "same-origin" || site == "none"),
    })
}

/// Where a client goes on that was here before.
fn last_event_id(head: &Head<'_, '_>) -> Result<Option<ReplayFrom>, No> {
    match head.at_most_one("last-event-id")?.filter(|id| !id.is_empty()) {
        None => Ok(None),
        Some(LAST_ID) => Err(Refusal::Ended.into()),
        Some(id) => {
            let position = notation::position(id).map(ReplayFrom::Position);
            position.map(Some).ok_or_else(|| Refusal::LastEventId.into())
        }
    }
}

fn read_from(text: &str) -> Result<ReplayFrom, No> {
    let expected = || {
        No::query(&format!(
            "`from` must be now, last, start, a time in milliseconds since 1970, or a position: {}",
            notation::FORM
        ))
    };
    // `last` after a position is for pages of history.
    let from = notation::from(text).ok().filter(|from| !matches!(from, ReplayFrom::LastAfter(_)));
    from.ok_or_else(expected)
}

fn read_deliver(deliver: Option<&str>, max_rate: Option<&str>) -> Result<Deliver, No> {
    let rate = |text: &str| {
        let rate = text.parse().ok().and_then(MaxRate::new);
        rate.ok_or_else(|| No::query("`max_rate` must be a number over 0: batches a second"))
    };
    match (deliver, max_rate) {
        (Some("latest"), max_rate) => Ok(Deliver::Latest { max_rate: max_rate.map(rate).transpose()? }),
        (None | Some("every"), None) => Ok(Deliver::Every),
        (None | Some("every"), Some(_)) => {
            Err(No::query("`max_rate` goes with `deliver=latest` only; add that or leave it out"))
        }
        (Some(_), _) => Err(No::query("`deliver` must be every or latest")),
    }
}

/// The parameters of a query, each at most once.
struct Parameters<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Reads a query. What is not known is refused, so that a typing error is noticed.
    fn read(query: &'a str) -> Result<Self, No> {
        let mut read: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = KNOWN.iter().copied().find(|known| *known == name) else {
                let known = KNOWN.join(", ");
                return Err(No::query(&format!("a parameter is not known here; there are: {known}")));
            };
            if read.iter().any(|(other, _)| *other == name) {
                return Err(No::query(&format!("`{name}` is there more than once; open a stream for each")));
            }
            let value = decoded(value).ok_or_else(|| No::query(&format!("`{name}` is not UTF-8")))?;
            read.push((name, value));
        }
        Ok(Self(read))
    }

    fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Some(Cow::Owned(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}
