//! Parameters that several operations have, as the description shows them.

use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use super::query::{LIMIT_DEFAULT, LIMIT_MAX};
use super::schemas::{PATTERN, TOPIC, seq, string, whole};

/// A position in a query, as a part of a regular expression.
macro_rules! position {
    () => {
        "[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}:[0-9]{1,15}(,[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}:[0-9]{1,15}){0,63}"
    };
}

const FROM: &str = concat!("^(now|start|last|[0-9]{1,15}|(last:)?", position!(), ")$");
const BEFORE: &str = concat!("^(end|[0-9]{1,15}|", position!(), ")$");
const KEY: &str = "^[!-~]{1,128}$";
const AFTER: &str = "^([0-9]{1,15}:)?[0-9a-f]{8}-[0-9]{1,19}$";

/// Makes types that stand for the parameters of an operation.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident: $($parameter:expr),*;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    vec![$($parameter.build()),*]
                }
            }
        )*
    };
}

parameters! {
    /// Of a publish.
    PublishParams: topic(),
        parameter(ParameterIn::Header, "Idempotency-Key", "Makes a repeat on this topic within `key_window` (2 minutes \
                  unless configured) a duplicate, which is acknowledged and not delivered again. Needs a topic that a \
                  stream keeps.", string().pattern(Some(KEY)), json!("order-4711")),
        parameter(ParameterIn::Header, "X-Fanfare-Expect", "Publish only if this is the topic's last retained sequence \
                  (0: none). Needs a topic that a stream keeps.", seq(), json!(41));
    /// Of a page of history.
    HistoryParams: pattern(),
        query("from", "Where to begin (or, with `before`, where to end): `start` (the oldest retained message, the \
              default), `last` (the newest of each topic), `now`, a time in milliseconds since 1970, a position \
              `STREAM:EPOCH:SEQ` (several joined by commas), or `last:POSITION` to go on after a page of `last`.",
              string().pattern(Some(FROM)), json!("start")),
        query("before", "Go backwards, newest first: from `end`, from before a time in milliseconds since 1970, or from \
              before a position.", string().pattern(Some(BEFORE)), json!("end")),
        limit();
    /// Of a page of topics.
    TopicsParams: pattern(),
        query("after", "The topic that the page before ended with.", string().pattern(Some(TOPIC_OR_INTERNAL)),
              json!("orders.eu")),
        limit();
    /// Of a page of members.
    PresenceParams: topic(),
        query("after", "Where the page before ended, as its `next` says it.",
              whole().maximum(Some(999_999_999_999_999_i64)), json!(17)),
        limit();
    /// Of a page of sessions.
    SessionsParams:
        query("sort", "Oldest first (`age`, the default), or those that most waits for first.",
              string().enum_values(Some(["age", "queued_bytes"])), json!("queued_bytes")),
        query("subject", "Only those of this subject.", string(), json!("alice")),
        query("address", "Only those from this IP address.", addresses(), json!("192.0.2.7")),
        query("behind", "Only those with a subscription that is behind, or only those without.",
              ObjectBuilder::new().schema_type(Type::Boolean), json!(true)),
        query("after", "Where the page before ended, as its `next` says it.", string().pattern(Some(AFTER)),
              json!("5d3f0a91-17")),
        limit();
}

parameters! {
    /// Of a page of revocations.
    RevocationsParams:
        query("after", "Where the page before ended, as its `next` says it.",
              string().pattern(Some("^(subject|token_id):")), json!("subject:alice")),
        limit();
}

/// A topic, which may be one of the broker's own.
const TOPIC_OR_INTERNAL: &str = r"^[^\s\x00-\x1f\x7f-\x9f.*>]+(\.[^\s\x00-\x1f\x7f-\x9f.*>]+){0,15}$";

fn topic() -> ParameterBuilder {
    let text = "A topic of at most 256 bytes and 16 segments, such as `orders.eu.42`; percent-encoded.";
    let topic =
        parameter(ParameterIn::Path, "topic", text, string().pattern(Some(TOPIC)), json!("orders.eu"));
    topic.required(Required::True)
}

/// IP addresses of both versions. Formats are only notes, so what is no address is told by its form as well.
fn addresses() -> ObjectBuilder {
    let byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    string().pattern(Some(format!(r"^({byte}\.){{3}}{byte}$|^([0-9a-f]{{1,4}}:){{7}}[0-9a-f]{{1,4}}$")))
}

fn pattern() -> ParameterBuilder {
    let text = "Which topics: a topic in which `*` stands for one segment and a final `>` for one or more. Unless given, \
                all but the broker's own.";
    query("pattern", text, string().pattern(Some(PATTERN)), json!("orders.>"))
}

fn limit() -> ParameterBuilder {
    let limit = whole().minimum(Some(1)).maximum(Some(LIMIT_MAX)).default(Some(json!(LIMIT_DEFAULT)));
    query("limit", "The most elements of the page.", limit, json!(10))
}

fn query(name: &str, text: &str, schema: ObjectBuilder, example: Value) -> ParameterBuilder {
    parameter(ParameterIn::Query, name, text, schema, example)
}

fn parameter(
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
