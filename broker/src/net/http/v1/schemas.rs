//! Schemas of what is written and read without a structure of ours: messages, gaps, positions.

use serde_json::json;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, AnyOfBuilder, ArrayBuilder, OneOfBuilder, SchemaType,
};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use fanfare_protocol::limits::MAX_SEQ;

/// The longest name of who is shut out, in characters: no subject and no token id that is accepted is longer.
pub(super) const MAX_NAME_CHARS: usize = 256;

/// A topic: segments of anything but white space, control characters, `.`, `*` and `>`; `$` begins the broker's own.
pub(super) const TOPIC: &str =
    r"^[^\s\x00-\x1f\x7f-\x9f.*>$][^\s\x00-\x1f\x7f-\x9f.*>]*(\.[^\s\x00-\x1f\x7f-\x9f.*>]+){0,15}$";
/// A pattern: the same with `*` for a segment and a final `>`.
pub(super) const PATTERN: &str =
    r"^(([^\s\x00-\x1f\x7f-\x9f.*>]+|\*)\.){0,15}([^\s\x00-\x1f\x7f-\x9f.*>]+|\*|>)$";

pub(super) fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub(super) fn whole() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}

fn any() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
}

fn strings() -> ObjectBuilder {
    ObjectBuilder::new().additional_properties(Some(RefOr::T(Schema::from(string().build()))))
}

pub(super) fn seq() -> ObjectBuilder {
    whole().maximum(Some(i64::try_from(MAX_SEQ).unwrap_or(i64::MAX)))
}

/// Just one of the three forms of a payload.
fn payload() -> OneOfBuilder {
    OneOfBuilder::new()
        .item(ObjectBuilder::new().property("data", any().description(Some("Any JSON."))).required("data"))
        .item(ObjectBuilder::new().property("text", string()).required("text"))
        .item(
            ObjectBuilder::new()
                .property("data_b64", string().content_encoding("base64").description(Some("Bytes.")))
                .required("data_b64"),
        )
}

/// A name that says who is shut out, and nothing beside it but what `more` adds.
fn shut_out(name: &str, text: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .property(name, string().min_length(Some(1)).max_length(Some(MAX_NAME_CHARS)).description(Some(text)))
        .required(name)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn hold() -> ObjectBuilder {
    seq().minimum(Some(1)).description(Some(
        "Time that it holds, in milliseconds: at most `max_revocation_time`, and that unless said.",
    ))
}

/// Makes a type that stands for a schema with this name.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident = $text:literal: $schema:expr;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    RefOr::T(Schema::from($schema))
                }
            }

            impl ToSchema for $name {
                fn name() -> std::borrow::Cow<'static, str> {
                    $text.into()
                }
            }
        )*
    };
}

schemas! {
    /// What one element of a list of messages says.
    MessageToPublish = "MessageToPublish": AllOfBuilder::new()
        .description(Some("A message to publish, with the fields of the wire's `publish` frame. Just one of `data`, \
                           `text` and `data_b64` is its payload."))
        .item(ObjectBuilder::new()
            .property("topic", string().pattern(Some(TOPIC)))
            .required("topic")
            .property("key", string().min_length(Some(1)).max_length(Some(128)))
            .property("expect", seq())
            .property("headers", strings()))
        .item(payload())
        .build();
    /// Lines of JSON, which no schema knows.
    Lines = "Lines": any().description(Some("One JSON value a line.")).build();
    /// A message as the wire writes it, without `op` and `sub`.
    Message = "Message": AllOfBuilder::new()
        .description(Some("A retained message. Just one of `data`, `text` and `data_b64` is its payload."))
        .item(ObjectBuilder::new()
            .property("topic", string())
            .required("topic")
            .property("time", whole().description(Some("When the broker took it, in milliseconds since 1970.")))
            .required("time")
            .property("stream", string())
            .required("stream")
            .property("seq", seq().description(Some("Its number in the stream.")))
            .required("seq")
            .property("prev", seq().description(Some("That of the message before it on its topic, where known.")))
            .property("by", string().description(Some("Its publisher's subject, where the stream says so.")))
            .property("headers", strings()))
        .item(payload())
        .build();
    /// Who is shut out.
    Revocation = "Revocation": OneOfBuilder::new()
        .item(shut_out("subject", "Every token with this `sub`; `key:NAME` for an API key.").property("hold_ms", hold()))
        .item(shut_out("token_id", "The token with this `jti`.").property("hold_ms", hold()))
        .item(shut_out("session", "One open session, by its name. It is closed; nothing holds after that."))
        .examples([json!({"subject": "alice", "hold_ms": 3_600_000})])
        .build();
    /// A list of messages. An element that is no message fails by itself, so anything is taken.
    MessagesToPublish = "MessagesToPublish": ArrayBuilder::new()
        .items(AnyOfBuilder::new().item(Ref::from_schema_name("MessageToPublish")).item(any()))
        .description(Some("At most `max_batch_items` (10,000) in `max_batch_bytes` (4 MiB) unless configured. An \
                           element that is no message fails by itself."))
        .examples([json!([
            {"topic": "orders.eu", "data": {"item": "tea"}, "key": "order-4711"},
            {"topic": "orders.us", "text": "coffee"},
        ])])
        .build();
}
