//! Counting: every request by its route and the class of its answer, and every problem by its code.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use fanfare_protocol::ErrorCode;

use super::{console, v1};
use crate::hub::Hub;

/// The label of requests that no route is for.
const UNMATCHED: &str = "unmatched";

/// The routes that are counted apart.
pub(crate) fn routes() -> Vec<String> {
    let own = ["/metrics", "/healthz", "/readyz", v1::DESCRIPTION, UNMATCHED];
    console::PATHS.into_iter().chain(own).map(str::to_owned).chain(v1::paths()).collect()
}

/// Counts a request when its answer begins.
pub(super) async fn count(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    hub.count_http(route, response.status().as_u16());
    if let Some(code) = response.extensions().get::<ErrorCode>() {
        hub.http_counters().errors.count(code.as_str());
    }
    response
}
