//! Parameters of a path, read by the rules of the wire.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use fanfare_protocol::Topic;

use super::problem::{Kind, Place, Problem};

/// The topic in a path.
#[derive(Debug)]
pub(super) struct TopicInPath(pub(super) Topic);

/// A name in a path, whatever it names.
#[derive(Debug)]
pub(super) struct NameInPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for TopicInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let refused = |detail| Problem::part(Kind::InvalidTopic, Place::Path, "topic", detail);
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|rejection| refused(rejection.body_text()))?;
        Topic::new(&text).map(Self).map_err(|rule| refused(format!("`topic` {rule}")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NameInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|rejection| Problem::new(Kind::NotFound, rejection.body_text()))?;
        Ok(Self(text))
    }
}
