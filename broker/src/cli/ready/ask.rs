//! The question: where a broker with these settings is asked, and how.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Collected, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::known;
use crate::cli::banner::reachable;
use crate::cli::terminal::CommandError;
use crate::config::Config;

/// Time for one answer. The broker gives itself a second to find out.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The most of an answer that is read; a reason is a line.
const ANSWER_BYTES_MAX: usize = 4096;

type Asking = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// What is asked, again and again.
pub(super) struct Question {
    client: Asking,
    uri: Uri,
    /// The name to ask for, where the port does not go by its address.
    host: Option<String>,
}

impl Question {
    /// The question for the broker with this configuration; `pair` is a certificate with its key, both PEM.
    ///
    /// # Errors
    /// A file can't be read or used.
    pub(super) fn of(config: &Config, pair: Option<&(PathBuf, PathBuf)>) -> Result<Self, CommandError> {
        let address = reachable(config.internal);
        let scheme = if config.internal_tls.is_some() { "https" } else { "http" };
        let uri = format!("{scheme}://{address}/readyz").parse();
        let uri = uri.map_err(|error| CommandError::Input(format!("{address} is no address: {error}")))?;
        let loopback = config.internal.ip().to_canonical().is_loopback();
        let host = config.names.hosts.first().filter(|_| !loopback).cloned();
        let connector = HttpsConnectorBuilder::new();
        let connector = match &config.internal_tls {
            Some(files) => connector.with_tls_config(known::client(&files.cert, pair)?),
            None => connector.with_tls_config(known::nobody()?),
        };
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), uri, host })
    }

    /// Asks once.
    ///
    /// # Errors
    /// Why the broker is not ready, or nobody answers.
    pub(super) async fn ask(&self) -> Result<(), String> {
        let late = |_| Err(format!("no answer from {} within {ANSWER_TIMEOUT:?}", self.uri));
        timeout(ANSWER_TIMEOUT, self.exchange()).await.unwrap_or_else(late)
    }

    async fn exchange(&self) -> Result<(), String> {
        let mut request = Request::get(&self.uri);
        if let Some(host) = &self.host {
            request = request.header(header::HOST, host);
        }
        let request = request.body(Empty::new()).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map(Collected::to_bytes).unwrap_or_default();
        match status {
            StatusCode::OK => Ok(()),
            _ => Err(format!("{} answers {status}: {}", self.uri, String::from_utf8_lossy(&body).trim())),
        }
    }

    /// Why nobody answers: the innermost reason is the one that says something.
    fn unreachable(&self, error: &Error) -> String {
        let mut reason: &dyn std::error::Error = error;
        while let Some(source) = reason.source() {
            reason = source;
        }
        format!("{} can't be reached: {reason}; is a broker with these settings running?", self.uri)
    }
}
