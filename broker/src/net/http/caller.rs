//! Who asks over HTTP: the one place where a request's caller is found.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::serve::Peer;
use super::v1::{Admitted, Api, Kind, Problem};
use crate::auth::Caller;
use crate::clock;
use crate::hub::Origin;
use crate::net::admission::client_of;

/// Whom a proxy speaks for.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The caller of a request: whoever the token or API key of `Authorization: Bearer` speaks for, or an anonymous one.
#[derive(Debug)]
pub(super) struct Asking(pub(super) Caller);

impl FromRequestParts<Api> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let bearer = bearer(&parts.headers)?;
        let accepted = api.hub.authority().admit(bearer, clock::read());
        let caller = accepted.map_err(|refused| refused.rejection)?;
        if let Some((request, address)) = parts.extensions.get::<Admitted>().zip(address(parts, api)) {
            request.count_for(&caller, address, api)?;
        }
        Ok(Self(caller))
    }
}

/// The caller of a request, and where it comes from: what one needs to know of who publishes.
#[derive(Clone, Debug)]
pub(super) struct Publisher {
    pub(super) caller: Caller,
    pub(super) from: Origin,
}

impl FromRequestParts<Api> for Publisher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Asking(caller) = Asking::from_request_parts(parts, api).await?;
        let address = address(parts, api).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self { caller, from: Origin::Address(address) })
    }
}

/// Where a request comes from; every one that came by a socket says so.
fn address(parts: &Parts, api: &Api) -> Option<IpAddr> {
    let Peer(peer) = parts.extensions.get()?;
    let told = parts.headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    Some(client_of(*peer, told, &api.proxies))
}

/// The token or key of a request; none if it brings none.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let wrong = |detail: &str| Problem::new(Kind::Unauthenticated, detail);
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(wrong("there is more than one Authorization header; send one"));
    }
    let text = value.to_str().map_err(|_| wrong("the Authorization header holds other than ASCII text"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim_ascii())),
        _ => Err(wrong("the Authorization header is to be `Bearer`, a space, and a token or an API key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_bearer_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(bearer(&headers(&["bearer abc"])).unwrap(), Some("abc"));
        assert_eq!(bearer(&headers(&["Bearer  abc "])).unwrap(), Some("abc"));
        assert_eq!(bearer(&headers(&[])).unwrap(), None);
    }

    #[test]
    fn whoever_means_to_say_who_they_are_is_never_taken_for_anonymous() {
        for values in [&["Basic abc"][..], &["abc"], &["Bearer a", "Bearer b"], &[""]] {
            assert!(bearer(&headers(values)).is_err(), "{values:?}");
        }
    }
}
