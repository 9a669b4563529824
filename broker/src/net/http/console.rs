//! The console: a page, its script and its style, built from `broker/console`, checked in there, and served as they are.

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ClientPort;
use crate::version::VERSION;

const PAGE: &str = include_str!("../../../console/dist/index.html");
const SCRIPT: &str = include_str!("../../../console/dist/console.js");
const STYLE: &str = include_str!("../../../console/dist/console.css");

/// Where the console's files are.
pub(super) const PATHS: [&str; 3] = ["/", "/console.js", "/console.css"];

/// Browsers keep the files, and ask each time whether they are still these: an upgrade is seen at once.
const CACHING: HeaderValue = HeaderValue::from_static("no-cache");

/// A file of the console.
#[derive(Clone, Debug)]
struct File {
    body: Bytes,
    content_type: &'static str,
    tag: HeaderValue,
    policy: HeaderValue,
}

/// The routes of the console, for a broker whose clients connect here.
pub(super) fn router(clients: ClientPort) -> Router {
    let page = PAGE
        .replace("{{client_port}}", &clients.port.to_string())
        .replace("{{client_tls}}", if clients.tls { "true" } else { "false" })
        .replace("{{version}}", VERSION);
    let files = [
        (page.into(), "text/html; charset=utf-8"),
        (Bytes::from_static(SCRIPT.as_bytes()), "text/javascript; charset=utf-8"),
        (Bytes::from_static(STYLE.as_bytes()), "text/css; charset=utf-8"),
    ];
    PATHS.into_iter().zip(files).fold(Router::new(), |router, (path, (body, content_type))| {
        let file = File { tag: tag(&body), body, content_type, policy: policy(clients) };
        router.route(path, get(async move |headers: HeaderMap| file.answer(&headers)))
    })
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let is_known = known.flat_map(|tags| tags.split(',')).any(|tag| self.tag == *tag.trim());
        let common = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, CACHING),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (common, [(header::CONTENT_TYPE, self.content_type)], self.body.clone()).into_response()
    }
}

/// Names a file's content.
fn tag(body: &[u8]) -> HeaderValue {
    let name = URL_SAFE_NO_PAD.encode(&digest(&SHA256, body).as_ref()[..16]);
    HeaderValue::try_from(format!("\"{name}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// What the page may do: run and look as its own files say, ask this port, and connect to the client port. The page is
/// reached under many names, and the client port is under the same: any name, but that port alone.
fn policy(ClientPort { port, .. }: ClientPort) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
         connect-src 'self' ws://*:{port} wss://*:{port}; require-trusted-types-for 'script'; trusted-types 'none'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
