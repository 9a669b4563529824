//! The description of the API (OpenAPI 3.1): what all operations share. Each operation stands at its handler.

use std::collections::BTreeMap;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    self, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};
use utoipa::{IntoResponses, OpenApi};

use super::problem::{Document, Kind, PROBLEM_JSON, Problem};
use crate::version::VERSION;

/// The API as a whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fanfare",
        description = "The HTTP API of Fanfare, a real-time publish/subscribe broker over WebSocket. What topics, \
                       patterns, streams and positions are is told in `protocol/WIRE.md`, and what holds for all \
                       operations in `broker/HTTP.md`.",
    ),
    servers((url = "/", description = "This broker")),
    tags(
        (name = "publishing", description = "Messages into topics"),
        (name = "reading", description = "What is retained, and where"),
        (name = "sessions", description = "Who is connected"),
        (name = "operation", description = "For whatever runs the broker"),
    ),
    components(schemas(Document, super::schemas::MessageToPublish)),
)]
pub(super) struct Description;

/// How the description calls the way to say who asks.
const BEARER: &str = "bearer";

/// Adds what can't be said at an operation.
pub(super) fn complete(description: &mut openapi::OpenApi) {
    VERSION.clone_into(&mut description.info.version);
    let bearer = "A token (JWT) or an API key. Where there is no authentication, nothing is needed.";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(bearer)).build();
    description.components.get_or_insert_default().add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    let anyone = SecurityRequirement::default();
    description.security = Some(vec![anyone, SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    let posts = description.paths.paths.values_mut().filter_map(|item| item.post.as_mut());
    let bodies = posts.filter(|post| post.operation_id.as_deref() == Some("publish"));
    for body in bodies.filter_map(|post| post.request_body.as_mut()) {
        if let RefOr::T(body) = body {
            // No body is a payload of no bytes.
            body.required = Some(Required::False);
        }
    }
}

/// What each status means, for every operation that can give it.
fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidRequest | Kind::InvalidTopic | Kind::InvalidPayload => {
            "A part of the request is wrong; `errors` says which."
        }
        Kind::Unauthenticated => "A token or an API key is needed, or the one that came is not accepted.",
        Kind::Forbidden => "The caller may not do this, or the request comes from a web page of elsewhere.",
        Kind::NotFound => "What the path names is not there.",
        Kind::MethodNotAllowed => "The path has no such method; `Allow` says which it has.",
        Kind::Timeout => "The body came too slowly (`http_body_timeout`).",
        Kind::Conflict => "The topic's last sequence is another than expected; `seq` is the actual one.",
        Kind::TooLarge => "The body is too large; `detail` names the limit.",
        Kind::UnsupportedMediaType => "The body is of a type that is not taken here.",
        Kind::LimitExceeded => {
            "The caller has as many requests under way as one may, or there is no room to remember the key or the \
             revocation; try again after `Retry-After`."
        }
        Kind::Internal => "A fault of the broker; please report it.",
        Kind::Unavailable => {
            "Not possible now; try again after `Retry-After`, with the same key if there is one."
        }
    }
}

fn response(kind: Kind) -> (String, RefOr<Response>) {
    let problem = Problem::new(kind, "What is wrong with this request, and what to do.");
    let document = problem.into_document();
    let status = document.status();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(serde_json::to_value(document).ok())
        .build();
    let mut response = ResponseBuilder::new().description(meaning(kind)).content(PROBLEM_JSON, content);
    if matches!(kind, Kind::LimitExceeded | Kind::Unavailable) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("In seconds.")).build();
        response = response.header("Retry-After", header);
    }
    (status.to_string(), response.build().into())
}

/// Makes types that stand for the problems of an operation.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($kind:ident)*;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    [$(response(Kind::$kind)),*].into()
                }
            }
        )*
    };
}

problems! {
    /// Of what only reads.
    ReadProblems: InvalidRequest Unauthenticated Forbidden LimitExceeded Internal Unavailable;
    /// Of what reads something that may not be there.
    FindProblems: InvalidRequest Unauthenticated Forbidden NotFound LimitExceeded Internal Unavailable;
    /// Of publishing one message.
    PublishProblems: InvalidRequest Unauthenticated Forbidden Timeout Conflict TooLarge UnsupportedMediaType LimitExceeded Internal
        Unavailable;
    /// Of what takes a JSON body.
    BodyProblems: InvalidRequest Unauthenticated Forbidden Timeout TooLarge UnsupportedMediaType LimitExceeded Internal
        Unavailable;
}
