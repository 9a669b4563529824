//! The guard before every route: on loopback only under this machine's names, and nothing but reading from elsewhere's
//! web pages.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::v1::{Kind, Problem};
use crate::net::handshake::is_loopback_authority;

/// What the guard goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    /// Whether the port is bound to loopback.
    pub(super) loopback_only: bool,
}

/// Lets a request pass or answers it, and puts the headers on every answer that each must have.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.refuse(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

impl Guard {
    fn refuse(self, request: &Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) && is_from_a_page(request) {
            let text = "the request comes from a web page, and pages may only read here";
            return Some(Problem::new(Kind::Forbidden, text).into_response());
        }
        if self.loopback_only && !is_for_this_machine(request) {
            let text = "this port is bound to loopback, and the request names another machine; \
                        use http://127.0.0.1 or http://localhost";
            return Some(Problem::new(Kind::Forbidden, text).into_response());
        }
        None
    }
}

/// Browsers say where a request comes from with every method but GET and HEAD.
fn is_from_a_page(request: &Request) -> bool {
    request.headers().contains_key(header::ORIGIN)
}

/// A page elsewhere could make its own name point to this machine; then the request carries that name.
fn is_for_this_machine(request: &Request) -> bool {
    let mut named =
        request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = named.next();
    named.next().is_none()
        && host.is_some_and(is_loopback_authority)
        && authority.is_none_or(is_loopback_authority)
}
