//! Admission: a bounded number of requests is worked on at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::api::Api;
use super::problem::Problem;
use crate::net::http::serve::Streaming;

/// A request that is worked on, for as long as a copy of this lives.
#[derive(Clone, Debug)]
pub(super) struct Admitted {
    _place: Arc<OwnedSemaphorePermit>,
    /// Keeps the connection open while lines come.
    _streaming: Option<Streaming>,
}

/// Lets a request in if there is a place for it.
pub(super) async fn admit(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Ok(place) = Arc::clone(&api.places).try_acquire_owned() else {
        let detail =
            "as many requests are worked on as may be (max_http_requests); try again when others are done";
        return Problem::busy(detail).into_response();
    };
    let streaming = request.extensions().get::<Streaming>().cloned();
    let admitted = Admitted { _place: Arc::new(place), _streaming: streaming };
    request.extensions_mut().insert(admitted.clone());
    let response = next.run(request).await;
    drop(admitted);
    response
}
