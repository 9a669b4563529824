//! The HTTP API under `/v1`: every operation, its description, and what holds for all of them.

mod admission;
mod api;
mod body;
mod content;
mod history;
mod index;
mod lines;
mod openapi;
mod options;
mod parameters;
mod path;
mod places;
mod presence;
mod problem;
mod publish;
mod publish_many;
mod query;
mod revocations;
mod revoke;
mod schemas;
mod sessions;
mod streams;
mod topics;

use axum::Router;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use admission::Admitted;
use admission::admit;
pub(crate) use api::Api;
pub(super) use problem::Document;
pub(crate) use problem::{Kind, Problem};

/// Where everything of this API begins.
pub(super) const ROOT: &str = "/v1";
/// Where its description is.
pub(super) const DESCRIPTION: &str = "/openapi.json";

/// Every operation with its description.
fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(index::index))
        .routes(routes!(publish::publish_one))
        .routes(routes!(publish_many::publish_many))
        .routes(routes!(history::history))
        .routes(routes!(topics::topics))
        .routes(routes!(presence::presence))
        .routes(routes!(streams::streams))
        .routes(routes!(streams::stream))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::session, sessions::close))
        .routes(routes!(revocations::revocations, revoke::revoke))
        .routes(routes!(revocations::of_subject, revocations::lift_subject))
        .routes(routes!(revocations::of_token, revocations::lift_token))
}

/// Every operation as a route, and the description at its place.
pub(super) fn router(api: Api) -> Router {
    let (operations, mut description) = operations().split_for_parts();
    openapi::complete(&mut description);
    // What is described is made of plain structures, so it can always be written.
    let text = description.to_json().unwrap_or_default();
    let description = async move || ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    operations
        .route_layer(from_fn_with_state(api.clone(), admit))
        .with_state(api)
        .route(DESCRIPTION, get(description))
}

/// The paths of all operations, as routes and metrics name them.
pub(super) fn paths() -> Vec<String> {
    operations().into_openapi().paths.paths.into_keys().collect()
}

/// Whether a path belongs to this API.
pub(super) fn is_below(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
