//! Fetching key sets: from each issuer's address, now and then, and when a token names a key that is not known.
//!
//! While a set can't be fetched, the one before it serves. Each address has a task of its own, so that none waits for
//! another's server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::auth::{Authority, JwksError, KeySet, KeySetSource, MAX_JWKS_BYTES};
use crate::clock;

/// Time for one fetch, from the name to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// The least time between two fetches from one address, whoever asks, and after one that failed.
const FETCH_PAUSE: Duration = Duration::from_secs(10);

type Fetch = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Why a set was not fetched. The one before it serves.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the system's root certificates can't be read: {0}")]
    Roots(std::io::Error),
    #[error("its address is none: {0}")]
    Address(#[from] hyper::http::Error),
    #[error("the server can't be reached: {0}")]
    Connect(hyper_util::client::legacy::Error),
    #[error("the server answered {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("the answer broke off, or has over {MAX_JWKS_BYTES} bytes: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer took longer than {FETCH_TIMEOUT:?}")]
    Late,
    #[error("the answer {0}")]
    Content(#[from] JwksError),
}

/// Fetches the key sets of all issuers until dropped.
pub(crate) async fn fetch_key_sets(authority: Arc<Authority>) {
    let mut tasks: BTreeMap<String, Task> = BTreeMap::new();
    loop {
        let sources = authority.sources().all();
        tasks.retain(|_, task| sources.iter().any(|source| Arc::ptr_eq(source, &task.source)));
        for source in sources {
            tasks.entry(source.url.clone()).or_insert_with(|| Task::start(&authority, source));
        }
        authority.sources().changed.notified().await;
    }
}

/// The task of one address; it ends when this is dropped.
struct Task {
    source: Arc<KeySetSource>,
    handle: JoinHandle<()>,
}

impl Task {
    fn start(authority: &Arc<Authority>, source: Arc<KeySetSource>) -> Self {
        let run = follow(Arc::clone(authority), Arc::clone(&source));
        Self { source, handle: tokio::task::spawn_local(run) }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

/// Fetches one set again and again.
async fn follow(authority: Arc<Authority>, source: Arc<KeySetSource>) {
    loop {
        let fetched = fetch_once(&source.url).await;
        let failed = fetched.is_err();
        match fetched {
            Ok(keys) => take(&authority, &source, keys),
            Err(error) => {
                source.failures.add(1);
                tracing::warn!(url = source.url, %error, "a key set was not fetched; the last one serves");
            }
        }
        tokio::time::sleep(FETCH_PAUSE.min(source.refresh)).await;
        if !failed {
            // Longer, unless a key is missing.
            let _ = timeout(source.refresh.saturating_sub(FETCH_PAUSE), source.wanted.notified()).await;
        }
    }
}

fn take(authority: &Authority, source: &KeySetSource, keys: KeySet) {
    for ignored in &keys.ignored {
        tracing::warn!(url = source.url, key = ignored.name, why = %ignored.why, "a key of the set is not used");
    }
    tracing::debug!(url = source.url, keys = keys.keys.len(), "a key set was fetched");
    source.keys.set(keys.keys.len() as u64);
    source.fetched_ms.set(clock::wall_ms());
    authority.take_keys(&source.url, &Arc::new(keys));
}

/// Fetches a set.
///
/// # Errors
/// It can't be had in time, or is none.
pub(crate) async fn fetch_once(url: &str) -> Result<KeySet, FetchError> {
    timeout(FETCH_TIMEOUT, fetch(url)).await.unwrap_or(Err(FetchError::Late))
}

async fn fetch(url: &str) -> Result<KeySet, FetchError> {
    let client = client()?;
    let request = Request::get(url).header(header::ACCEPT, "application/json").body(Empty::new())?;
    let response = client.request(request).await.map_err(FetchError::Connect)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let body =
        Limited::new(response.into_body(), MAX_JWKS_BYTES).collect().await.map_err(FetchError::Body)?;
    Ok(KeySet::read(&body.to_bytes())?)
}

/// A client for one fetch: fetches are rare, and the system's root certificates may change between two.
fn client() -> Result<Fetch, FetchError> {
    let connector = HttpsConnectorBuilder::new().with_native_roots().map_err(FetchError::Roots)?;
    let connector = connector.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}
