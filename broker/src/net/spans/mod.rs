//! Spans on their way to a collector: sent in batches, by OTLP over HTTP. A batch that is not taken is dropped and counted; it
//! is never sent again, and nobody waits for it.

mod encode;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::clock;
use crate::metrics::{Metrics, SPAN_NOT_TAKEN};
use crate::notice::Notices;
use crate::trace::Span;
use encode::Origin;

/// Spans of one request at most.
const BATCH_SPANS: usize = 512;
/// Time that the first span of a batch waits for others.
const BATCH_DELAY: Duration = Duration::from_millis(500);
/// Time for a request, from the name to the last byte of the answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for what is left when the broker ends.
const LAST_TIMEOUT: Duration = Duration::from_secs(1);
/// Most of an answer that is read, in bytes: it says at most why spans were refused.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
const PROTOBUF: &str = "application/x-protobuf";
/// The kind of notice in the log.
const NOT_TAKEN: &str = "spans";

/// How messages are traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSettings {
    /// Where spans are sent, with its path.
    pub endpoint: Uri,
    /// Of a million messages that bring no `traceparent`, so many are traced.
    pub parts_per_million: u32,
    /// What this broker is called.
    pub service_name: String,
}

/// Sends spans to a collector.
#[derive(Debug)]
pub(crate) struct Exporter {
    endpoint: Uri,
    origin: Origin,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    queued: mpsc::Receiver<Span>,
    batch: Vec<Span>,
    metrics: Arc<Metrics>,
    notices: Notices,
}

/// Why spans were not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("the collector can't be reached: {0}")]
    Connect(#[from] hyper_util::client::legacy::Error),
    #[error("the request can't be made: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("the collector answered {0}")]
    Status(StatusCode),
    #[error("the collector's answer broke off, or has over {ANSWER_MAX_BYTES} bytes: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
    #[error("the collector refused {0} of them: {1}")]
    Refused(u64, String),
    #[error("the collector took longer than {SEND_TIMEOUT:?}")]
    Late,
}

impl Exporter {
    /// Sends what comes out of this queue; `instance` tells this broker from others of its name.
    ///
    /// # Errors
    /// The system's root certificates can't be read, and are needed.
    pub(crate) fn new(
        settings: &TraceSettings,
        instance: String,
        queued: mpsc::Receiver<Span>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        let connector =
            HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        Ok(Self {
            endpoint: settings.endpoint.clone(),
            origin: Origin { service: settings.service_name.clone(), instance },
            client: Client::builder(TokioExecutor::new()).build(connector),
            queued,
            batch: Vec::with_capacity(BATCH_SPANS),
            metrics,
            notices: Notices::new([NOT_TAKEN]),
        })
    }

    /// Sends spans as they come, until dropped.
    pub(crate) async fn run(&mut self) {
        while let Some(first) = self.queued.recv().await {
            self.batch.push(first);
            // What is late is in the next batch.
            let _ = timeout(BATCH_DELAY, fill(&mut self.batch, &mut self.queued)).await;
            self.send().await;
        }
        std::future::pending::<()>().await;
    }

    /// Sends what is left, if the collector is quick.
    pub(crate) async fn finish(&mut self) {
        let last = async {
            while let Ok(span) = self.queued.try_recv() {
                self.batch.push(span);
                if self.batch.len() == BATCH_SPANS {
                    self.send().await;
                }
            }
            self.send().await;
        };
        // Those that are not sent in time go with the process, and so do their counters.
        let _ = timeout(LAST_TIMEOUT, last).await;
    }

    async fn send(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let spans = self.batch.len() as u64;
        let body = encode::request(&self.origin, self.batch.drain(..));
        let sent = timeout(SEND_TIMEOUT, self.post(body)).await.unwrap_or(Err(NotTaken::Late));
        let dropped = match &sent {
            Ok(()) => 0,
            Err(NotTaken::Refused(refused, _)) => spans.min(*refused),
            Err(_) => spans,
        };
        self.metrics.spans_exported.add(spans - dropped);
        self.metrics.spans_dropped.add(SPAN_NOT_TAKEN, dropped);
        if let Err(error) = sent
            && let Some(untold) = self.notices.admit(NOT_TAKEN, clock::now())
        {
            tracing::warn!(endpoint = %self.endpoint, %error, spans, untold, "spans were not taken, and are dropped");
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), NotTaken> {
        let request = Request::post(&self.endpoint).header(header::CONTENT_TYPE, PROTOBUF);
        let response = self.client.request(request.body(Full::from(body))?).await?;
        let status = response.status();
        let answer =
            Limited::new(response.into_body(), ANSWER_MAX_BYTES).collect().await.map_err(NotTaken::Answer)?;
        if !status.is_success() {
            return Err(NotTaken::Status(status));
        }
        encode::refused(&answer.to_bytes()).map_or(Ok(()), |(spans, why)| Err(NotTaken::Refused(spans, why)))
    }
}

async fn fill(batch: &mut Vec<Span>, queued: &mut mpsc::Receiver<Span>) {
    while batch.len() < BATCH_SPANS {
        let Some(span) = queued.recv().await else { return };
        batch.push(span);
    }
}
