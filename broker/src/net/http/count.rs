//! Counting: every request by its route and the class of its answer, every problem by its code; and the lines that the log
//! has of them.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use fanfare_protocol::ErrorCode;

use super::request_id::RequestId;
use super::v1::Document;
use super::{console, v1};
use crate::clock;
use crate::hub::Hub;
use crate::net::refusals::Refusals;

/// The label of requests that no route is for.
const UNMATCHED: &str = "unmatched";

/// The routes that are counted apart.
pub(crate) fn routes() -> Vec<String> {
    let own = ["/metrics", "/healthz", "/readyz", v1::DESCRIPTION, UNMATCHED];
    console::PATHS.into_iter().chain(own).map(str::to_owned).chain(v1::paths()).collect()
}

/// Where requests are counted, and told of.
#[derive(Debug)]
pub(super) struct Counting {
    hub: Arc<Hub>,
    refusals: Refusals,
}

/// What is said of a request: nothing of what it brings but its id.
struct Asked {
    method: Method,
    route: Option<MatchedPath>,
    id: Option<RequestId>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        Self {
            method: request.method().clone(),
            route: extensions.get().cloned(),
            id: extensions.get().cloned(),
        }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(UNMATCHED, MatchedPath::as_str)
    }

    fn id(&self) -> &str {
        self.id.as_ref().map_or("none", RequestId::as_str)
    }
}

impl Counting {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, refusals: Refusals::new() }
    }

    fn count(&self, asked: &Asked, response: &Response) {
        self.hub.count_http(asked.route(), response.status().as_u16());
        let Some(code) = response.extensions().get::<ErrorCode>() else { return };
        self.hub.http_counters().errors.count(code.as_str());
        let problem = response.extensions().get::<Document>().map_or("", Document::detail);
        self.refusals.http(*code, problem, asked.id(), asked.route());
    }
}

/// Counts a request when its answer begins.
pub(super) async fn count(State(counting): State<Arc<Counting>>, request: Request, next: Next) -> Response {
    let (asked, began) = (Asked::of(&request), clock::now());
    let response = next.run(request).await;
    counting.count(&asked, &response);
    tracing::debug!(
        method = asked.method.as_str(),
        route = asked.route(),
        status = response.status().as_u16(),
        micros = u64::try_from(clock::now().since(began).as_micros()).unwrap_or(u64::MAX),
        request = asked.id(),
        "answered a request"
    );
    response
}
