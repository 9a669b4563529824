//! Who asks over HTTP: the one place where a request's caller is found.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::v1::Problem;
use crate::auth::Caller;

/// The caller of a request.
#[derive(Debug)]
pub(super) struct Asking(pub(super) Caller);

impl<S: Sync> FromRequestParts<S> for Asking {
    type Rejection = Problem;

    /// There is no authentication yet: whoever reaches the port may do everything.
    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(Caller))
    }
}
