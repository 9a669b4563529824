//! Spans as OTLP has them, in protobuf: <https://opentelemetry.io/docs/specs/otlp/>.

use fanfare_protocol::PayloadKind;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

use crate::trace::{self, What};
use crate::version::VERSION;

/// Whose spans they are.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) service: String,
    /// Tells this broker from others of its name.
    pub(super) instance: String,
}

/// A request that takes spans to a collector.
pub(super) fn request(origin: &Origin, spans: impl Iterator<Item = trace::Span>) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![
            text("service.name", &origin.service),
            text("service.version", VERSION),
            text("service.instance.id", &origin.instance),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "fanfare".to_owned(),
        version: VERSION.to_owned(),
        ..Default::default()
    };
    let spans = ScopeSpans { scope: Some(scope), spans: spans.map(span).collect(), ..Default::default() };
    let all = ResourceSpans { resource: Some(resource), scope_spans: vec![spans], ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![all] }.encode_to_vec()
}

/// How many spans the collector refused, and why, as its answer says; none if it took all of them. An answer that can't be
/// read says nothing.
pub(super) fn refused(answer: &[u8]) -> Option<(u64, String)> {
    let partial = ExportTraceServiceResponse::decode(answer).ok()?.partial_success?;
    let spans = u64::try_from(partial.rejected_spans).ok().filter(|spans| *spans > 0)?;
    Some((spans, partial.error_message))
}

fn span(span: trace::Span) -> Span {
    let (name, kind, attributes, status) = told(span.what);
    Span {
        trace_id: span.context.trace.0.to_vec(),
        span_id: span.context.span.0.to_vec(),
        parent_span_id: span.parent.map(|parent| parent.0.to_vec()).unwrap_or_default(),
        flags: u32::from(span.context.sampled),
        name: name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: span.start_ns,
        end_time_unix_nano: span.end_ns,
        attributes,
        status,
        ..Span::default()
    }
}

fn told(what: What) -> (&'static str, SpanKind, Vec<KeyValue>, Option<Status>) {
    let system = text("messaging.system", "fanfare");
    match what {
        What::Deliver { shard, behind } => {
            let mut attributes = vec![system, number("fanfare.shard", shard)];
            attributes.extend(behind.then(|| yes("fanfare.behind")));
            ("deliver", SpanKind::Internal, attributes, None)
        }
        What::Publish { stream, kind, payload_bytes, duplicate, refused } => {
            let mut attributes = vec![
                system,
                text("messaging.operation.name", "publish"),
                number("messaging.message.body.size", payload_bytes),
                text("fanfare.payload_kind", word(kind)),
            ];
            attributes.extend(stream.map(|stream| text("fanfare.stream", stream.as_str())));
            attributes.extend(duplicate.then(|| yes("fanfare.duplicate")));
            attributes.extend(refused.map(|code| text("error.type", code)));
            let failed = |code: &str| Status { message: code.to_owned(), code: StatusCode::Error.into() };
            ("publish", SpanKind::Server, attributes, refused.map(failed))
        }
    }
}

fn word(kind: PayloadKind) -> &'static str {
    match kind {
        PayloadKind::Json => "json",
        PayloadKind::Text => "text",
        PayloadKind::Bytes => "bytes",
    }
}

fn text(name: &str, value: &str) -> KeyValue {
    KeyValue { value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }), ..named(name) }
}

fn number(name: &str, value: usize) -> KeyValue {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    KeyValue { value: Some(AnyValue { value: Some(Value::IntValue(value)) }), ..named(name) }
}

fn yes(name: &str) -> KeyValue {
    KeyValue { value: Some(AnyValue { value: Some(Value::BoolValue(true)) }), ..named(name) }
}

fn named(name: &str) -> KeyValue {
    KeyValue { key: name.to_owned(), ..KeyValue::default() }
}
