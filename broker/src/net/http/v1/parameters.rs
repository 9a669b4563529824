//! Parameters that several operations have, as the description shows them.

use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required};

use super::schemas::{TOPIC, string};

/// A topic, in the path.
pub(super) struct TopicParam;

impl IntoParams for TopicParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = "A topic of at most 256 bytes and 16 segments, such as `orders.eu.42`; percent-encoded.";
        let topic =
            parameter(ParameterIn::Path, "topic", text, string().pattern(Some(TOPIC)), json!("orders.eu"));
        vec![topic.required(Required::True).build()]
    }
}

/// A parameter with everything that readers want to know of it; optional until said otherwise.
pub(super) fn parameter(
    place: ParameterIn,
    name: &str,
    text: &str,
    schema: ObjectBuilder,
    example: Value,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema))
        .example(Some(example))
}
