//! The index of the API, for people who look what is there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::DESCRIPTION;
use crate::net::http::caller::Asking;
use crate::version::VERSION;

/// What is there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Index {
    /// What answers.
    #[schema(example = "fanfare")]
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Where the full description is, for programs.
    #[schema(example = "/openapi.json")]
    openapi: &'static str,
    /// Every operation in a few words.
    operations: &'static BTreeMap<String, String>,
}

/// What is there, in a few words.
#[utoipa::path(
    get,
    path = "/v1",
    operation_id = "index",
    tag = "operation",
    responses((status = 200, description = "What is there.", body = Index), super::openapi::ReadProblems),
)]
pub(super) async fn index(Asking(_): Asking) -> Json<Index> {
    Json(Index { name: "fanfare", version: VERSION, openapi: DESCRIPTION, operations: &OPERATIONS })
}

/// Made once: the description is large.
static OPERATIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let paths = super::operations().into_openapi().paths.paths;
    let operations = paths.into_iter().flat_map(|(path, item)| {
        let operations = [("GET", item.get), ("POST", item.post), ("DELETE", item.delete)];
        let present = operations.into_iter().filter_map(|(method, operation)| Some((method, operation?)));
        present
            .map(|(method, operation)| (format!("{method} {path}"), operation.summary.unwrap_or_default()))
            .collect::<Vec<_>>()
    });
    operations.collect()
});
