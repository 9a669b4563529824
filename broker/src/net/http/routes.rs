//! Routes: what can be asked at the internal port.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::count::{Counting, count};
use super::guard::{Guard, guard};
use super::request_id::{RequestIds, identify};
use super::v1::{self, Api, Kind, Problem};
use super::{ClientPort, Inside, console};
use crate::hub::Hub;

/// The format that every Prometheus reads.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const NOT_FOUND: &str = "There is nothing here. This is the internal port of Fanfare:\n\
                         /         the console: what goes on, in a browser\n\
                         /metrics  for Prometheus\n\
                         /healthz  the process answers\n\
                         /readyz   the broker works, from publish to delivery\n\
                         /v1       the HTTP API, described by /openapi.json\n";

/// Every route, behind the guard. The first to see a request is the last of the layers.
pub(super) fn router<I: Inside>(
    inside: Arc<I>,
    hub: &Arc<Hub>,
    api: Api,
    clients: ClientPort,
    policy: Guard,
) -> Router {
    Router::new()
        .route("/metrics", get(metrics::<I>))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz::<I>))
        .with_state(inside)
        .merge(console::router(clients))
        .merge(v1::router(api))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(policy, guard))
        .layer(from_fn_with_state(Arc::new(Counting::new(Arc::clone(hub))), count))
        .layer(from_fn_with_state(Arc::new(RequestIds::new(hub.instance_name())), identify))
}

async fn not_found(uri: Uri) -> Response {
    if v1::is_below(uri.path()) {
        let detail = format!("there is nothing at {}; {} says what there is", uri.path(), v1::ROOT);
        return Problem::new(Kind::NotFound, detail).into_response();
    }
    (StatusCode::NOT_FOUND, NOT_FOUND).into_response()
}

/// The router adds `Allow`.
async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    let detail = format!("{} can't be asked with {method}; `Allow` says with what", uri.path());
    Problem::new(Kind::MethodNotAllowed, detail).into_response()
}

async fn metrics<I: Inside>(State(inside): State<Arc<I>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], inside.metrics().await)
}

async fn readyz<I: Inside>(State(inside): State<Arc<I>>) -> (StatusCode, String) {
    match inside.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
