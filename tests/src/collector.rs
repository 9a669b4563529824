//! A collector of one's own: takes spans by OTLP over HTTP, as those of OpenTelemetry do, and shows what came.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as WireSpan;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::eventually;

/// A collector, for as long as a test needs it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    spans: Vec<Span>,
    bytes: Vec<u8>,
}

/// A span that came, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its step.
    pub name: String,
    /// Its trace, in hexadecimal; so are the others.
    pub trace: String,
    /// Itself.
    pub id: String,
    /// What it follows; empty if nothing is known.
    pub parent: String,
    /// Its time, in nanoseconds.
    pub took_ns: u64,
    /// What it says.
    pub attributes: BTreeMap<String, String>,
    /// The same of whoever sent it.
    pub resource: BTreeMap<String, String>,
}

impl Collector {
    /// One that answers every request.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let taken: Arc<Mutex<Taken>> = Arc::default();
        let into = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&into)));
            }
        });
        Self { address, taken }
    }

    /// Lines of configuration that have a broker send its spans here, with this part of the messages that bring no trace.
    pub fn config(&self, sample_ratio: &str) -> String {
        config(self.address, sample_ratio)
    }

    /// All spans of a trace, once there are as many as this.
    pub async fn spans(&self, trace: &str, count: usize) -> Vec<Span> {
        let look = async || {
            let spans: Vec<_> = self.all().into_iter().filter(|span| span.trace == trace).collect();
            (spans.len() >= count).then_some(spans)
        };
        eventually(format!("{count} spans of {trace}"), look).await
    }

    /// Everything that came so far.
    pub fn all(&self) -> Vec<Span> {
        self.taken.lock().expect("nobody panics with it").spans.clone()
    }

    /// Whether this text stands anywhere in what came.
    pub fn was_told(&self, text: &str) -> bool {
        let taken = self.taken.lock().expect("nobody panics with it");
        taken.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// The same lines for any address.
pub fn config(collector: SocketAddr, sample_ratio: &str) -> String {
    format!(
        "[tracing]\nendpoint = \"http://{collector}\"\nsample_ratio = {sample_ratio}\nservice_name = \"push\"\n"
    )
}

async fn serve(mut socket: TcpStream, into: Arc<Mutex<Taken>>) {
    let mut bytes = Vec::new();
    while let Some(request) = next(&mut socket, &mut bytes).await {
        let read = ExportTraceServiceRequest::decode(request.as_slice()).expect("it is OTLP");
        {
            let mut taken = into.lock().expect("nobody panics with it");
            taken.spans.extend(spans(&read));
            taken.bytes.extend(request);
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
        if socket.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// The body of the next request; none when the connection ends.
async fn next(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            assert!(text.starts_with("post /v1/traces http/1.1"), "{text}");
            assert!(text.contains("content-type: application/x-protobuf"), "{text}");
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let end = head + 4 + length.and_then(|length| length.parse::<usize>().ok()).expect("a length");
            if bytes.len() >= end {
                let body = bytes[head + 4..end].to_vec();
                bytes.drain(..end);
                return Some(body);
            }
        }
        if socket.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn spans(request: &ExportTraceServiceRequest) -> Vec<Span> {
    let all = request.resource_spans.iter().flat_map(|origin| {
        let resource =
            origin.resource.as_ref().map(|resource| texts(&resource.attributes)).unwrap_or_default();
        origin
            .scope_spans
            .iter()
            .flat_map(|scope| &scope.spans)
            .map(move |span| shown(span, resource.clone()))
    });
    all.collect()
}

fn shown(span: &WireSpan, resource: BTreeMap<String, String>) -> Span {
    Span {
        name: span.name.clone(),
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        took_ns: span.end_time_unix_nano - span.start_time_unix_nano,
        attributes: texts(&span.attributes),
        resource,
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => panic!("{other:?} is of a kind that is not sent"),
    };
    let pair = |pair: &KeyValue| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref()).expect("it has a value");
        (pair.key.clone(), text(value))
    };
    attributes.iter().map(pair).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
