//! How the HTTP API of a broker is reached: its address, TLS, and a request.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::cli::connection::TlsArgs;
use crate::cli::terminal::CommandError;

/// Where the API of a broker is that listens as it comes.
const USUAL: &str = "http://127.0.0.1:7441";
/// Where that broker's clients connect.
const USUAL_SERVERS: [&str; 3] = ["127.0.0.1:7440", "localhost:7440", "[::1]:7440"];
/// Time for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Most of an answer that is read, in bytes: pages are a quarter of it unless configured.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The HTTP API of a broker.
#[derive(Clone)]
pub(super) struct Api {
    base: String,
    bearer: Option<String>,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

/// What is read of a problem document.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

/// Where the API of a broker is, if it is one as it comes.
pub(super) fn usual(server: &str) -> Option<String> {
    let authority = server.strip_prefix("ws://")?.split('/').next()?;
    USUAL_SERVERS.contains(&authority).then(|| USUAL.to_owned())
}

/// Reads the base of a URL: scheme and authority.
pub(super) fn base(url: &str) -> Result<String, String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority =
        rest.map(|rest| rest.trim_end_matches('/')).filter(|rest| !rest.is_empty() && !rest.contains('/'));
    authority.map(|_| url.trim_end_matches('/').to_owned()).ok_or_else(|| {
        "write it as http://HOST:7441 or https://HOST:7441, the broker's internal port".to_owned()
    })
}

impl Api {
    /// The API at this address, asked with this token or key, and with what the flags say of certificates.
    ///
    /// # Errors
    /// A file can't be read, or holds no certificate or key.
    pub(super) fn new(base: String, token: Option<&str>, tls: &TlsArgs) -> Result<Self, CommandError> {
        let config = config(tls).map_err(CommandError::Input)?;
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, bearer: token.map(|token| format!("Bearer {token}")), client })
    }

    /// Asks for what is at this path.
    ///
    /// # Errors
    /// There is no answer, or it says no; the text says why, in a sentence.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let answer = timeout(ANSWER_TIMEOUT, self.ask(path)).await;
        let (status, body) =
            answer.map_err(|_| format!("no answer from {} within {ANSWER_TIMEOUT:?}", self.base))??;
        if status != StatusCode::OK {
            return Err(self.refusal(status, &body));
        }
        serde_json::from_slice(&body)
            .map_err(|error| format!("{}{path} is not what was expected: {error}", self.base))
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let failed = |error: String| format!("{} can't be read: {error}", self.base);
        let request = Request::get(format!("{}{path}", self.base)).header(header::ACCEPT, "application/json");
        let request = match &self.bearer {
            Some(bearer) => request.header(header::AUTHORIZATION, bearer),
            None => request,
        };
        let request = request.body(Empty::new()).map_err(|error| failed(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| failed(root_cause(&error)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
        Ok((status, body.map_err(|error| failed(error.to_string()))?.to_bytes()))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> String {
        let Problem { code, detail } = serde_json::from_slice(body).unwrap_or_default();
        match code.as_str() {
            "" => format!("{} answered {status}; is it the broker's internal port?", self.base),
            _ => format!("{code}: {detail}"),
        }
    }
}

/// What lies at the bottom of an error: the layers above it say only that something failed.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn config(tls: &TlsArgs) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS can't be set up: {error}"))?;
    let trusting = match tls.ca() {
        Some(path) => builder.with_root_certificates(authorities(path)?),
        None => builder.with_native_roots().map_err(|error| format!("the system's authorities: {error}"))?,
    };
    match tls.identity() {
        None => Ok(trusting.with_no_client_auth()),
        Some((cert, key)) => {
            let read = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            trusting
                .with_client_auth_cert(certificates(cert)?, read)
                .map_err(|error| unreadable(cert, &error))
        }
    }
}

fn authorities(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path)? {
        roots.add(authority).map_err(|error| unreadable(path, &error))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(path, &error))?;
    read.collect::<Result<_, _>>().map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}; give PEM", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_of_a_broker_as_it_comes_is_known() {
        for server in ["ws://127.0.0.1:7440", "ws://localhost:7440/ws"] {
            assert_eq!(usual(server).as_deref(), Some(USUAL), "{server}");
        }
        for server in ["ws://127.0.0.1:7450", "ws://push.example.com:7440", "wss://localhost:7440"] {
            assert_eq!(usual(server), None, "{server}");
        }
    }

    #[test]
    fn an_address_has_a_scheme_and_no_path() {
        assert_eq!(base("http://broker:7441/").as_deref(), Ok("http://broker:7441"));
        assert_eq!(base("https://broker").as_deref(), Ok("https://broker"));
        for wrong in ["broker:7441", "http://", "http://broker/metrics", "ws://broker"] {
            assert!(base(wrong).unwrap_err().contains("internal port"), "{wrong}");
        }
    }
}
