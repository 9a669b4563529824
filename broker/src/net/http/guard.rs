//! The guard before every route: who may ask at all, before anybody looks at what is asked.
//!
//! Any page that a browser shows may send requests to whatever its user's machine can reach. Such a page can't read the
//! answers, as no answer here carries headers of CORS; but it must not change anything either, and under a name of its own
//! that it makes point here (rebinding) it could read. So: `Host` has to be a name of this port, and whatever changes
//! something must not come from a page that may not.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::v1::{Kind, Problem};
use crate::net::admission::{Senders, is_same_origin};

/// What browsers say of the page that a request comes from, and no page can forge.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const WRONG_HOST: &str = "The Host header names another machine than this port may be reached under. On loopback, use \
                          http://127.0.0.1 or http://localhost; names of your own belong on the list allowed_hosts.\n";
const WRONG_PAGE: &str = "Pages of this origin may not change anything here. From a program, leave out the headers \
                          Origin and Sec-Fetch-Site; an origin of your own belongs on the list allowed_origins.\n";

/// What the guard goes by.
#[derive(Clone, Debug)]
pub(super) struct Guard(Arc<Senders>);

/// Lets a request pass or answers it, and puts the headers on every answer that each must have.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = if let Some(text) = guard.refuse(&request) {
        Problem::new(Kind::Forbidden, text.trim_end()).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    // What is the same for everybody says itself how it may be kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn is_reading(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

impl Guard {
    pub(super) fn new(senders: Senders) -> Self {
        Self(Arc::new(senders))
    }

    /// What is wrong with a request, for whoever sent it.
    fn refuse(&self, request: &Request) -> Option<&'static str> {
        let host = only(request.headers(), &header::HOST);
        let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
        if ![host, authority.map_or(host, Some)]
            .iter()
            .all(|name| name.is_some_and(|name| self.0.know_host(name)))
        {
            return Some(WRONG_HOST);
        }
        let changes = !is_reading(request);
        (changes && !self.is_page_welcome(request.headers(), host.unwrap_or_default())).then_some(WRONG_PAGE)
    }

    /// Whether a request comes from no page, from this port's own, or from one that is listed.
    fn is_page_welcome(&self, headers: &HeaderMap, host: &str) -> bool {
        if headers.contains_key(header::ORIGIN) {
            let origin = only(headers, &header::ORIGIN).unwrap_or("null");
            return self.0.trust_origin(origin) || is_same_origin(origin, host);
        }
        let site = headers.get_all(FETCH_SITE);
        site.iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
    }
}

/// The value of a header that stands exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok();
    first.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;
    use crate::net::admission::Names;

    fn guard(loopback: bool) -> Guard {
        let origins = vec!["https://app.example.com".to_owned()];
        Guard::new(Senders { loopback, names: Names { origins, ..Names::default() } })
    }

    /// Whether a request with these headers passes.
    fn passes(guard: &Guard, method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/v1/messages");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.refuse(&request.body(Body::empty()).unwrap()).is_none()
    }

    #[test]
    fn programs_may_change_things_and_so_may_listed_pages_and_the_ports_own() {
        let hosts = [(true, "127.0.0.1:7441"), (false, "push.example.com")];
        for (loopback, host) in hosts {
            let guard = guard(loopback);
            assert!(passes(&guard, Method::POST, &[("host", host)]));
            assert!(passes(&guard, Method::POST, &[("host", host), ("sec-fetch-site", "none")]));
            let own = format!("http://{host}");
            for origin in ["https://app.example.com", &own] {
                let headers = [("host", host), ("origin", origin), ("sec-fetch-site", "cross-site")];
                assert!(passes(&guard, Method::DELETE, &headers), "{origin}");
            }
        }
    }

    #[test]
    fn pages_from_elsewhere_change_nothing() {
        let hosts = [(true, "localhost:7441"), (false, "push.example.com")];
        for (loopback, host) in hosts {
            let guard = guard(loopback);
            for origin in ["https://evil.example", "null", "http://push.example.com.evil.example", ""] {
                assert!(!passes(&guard, Method::POST, &[("host", host), ("origin", origin)]), "{origin}");
            }
            for site in ["cross-site", "same-site", ""] {
                assert!(!passes(&guard, Method::POST, &[("host", host), ("sec-fetch-site", site)]), "{site}");
            }
            let two =
                [("host", host), ("origin", "https://app.example.com"), ("origin", "https://evil.example")];
            assert!(!passes(&guard, Method::POST, &two));
        }
    }

    #[test]
    fn reading_is_a_matter_of_the_name_alone() {
        let from_page = [("host", "localhost"), ("origin", "https://evil.example")];
        assert!(passes(&guard(true), Method::GET, &from_page));
        assert!(!passes(&guard(true), Method::GET, &[("host", "rebound.example.com")]));
        assert!(!passes(&guard(true), Method::GET, &[]));
        assert!(!passes(&guard(true), Method::GET, &[("host", "localhost"), ("host", "localhost")]));
    }
}
