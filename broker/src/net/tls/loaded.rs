//! A certificate that was read and checked: what handshakes need, and until when it is good.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::files::{Contents, TlsError, TlsFiles};

/// The one protocol that is spoken over TLS here.
const ALPN: &[u8] = b"http/1.1";

/// A certificate in use.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    /// When it is good no longer, in seconds since 1970; negative before that.
    pub(super) not_after: i64,
}

impl Loaded {
    /// Checks what was read from the files.
    pub(super) fn of(files: &TlsFiles, contents: &Contents) -> Result<Self, TlsError> {
        let chain = certificates(&files.cert, &contents.cert)?;
        let not_after = not_after(&files.cert, &chain)?;
        let key = private_key(&files.key, &contents.key.0)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::SetUp)?;
        let builder = match (&files.client_ca, &contents.client_ca) {
            (Some(path), Some(pem)) => builder.with_client_cert_verifier(verifier(path, pem, provider)?),
            _ => builder.with_no_client_auth(),
        };
        let pair = |error| TlsError::Pair { cert: files.cert.clone(), key: files.key.clone(), error };
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        // A client that comes back is recognized by its ticket, and nothing is kept for those that don't.
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::SetUp)?;
        Ok(Self { config: Arc::new(config), not_after })
    }
}

/// The private key of a file.
pub(super) fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| content(path, format!("no private key: {error}")))
}

/// What checks certificates of clients against the authorities of a file.
pub(super) fn verifier(
    path: &Path,
    pem: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path, pem)? {
        roots.add(authority).map_err(|error| content(path, error.to_string()))?;
    }
    let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    built.map_err(|error| content(path, error.to_string()))
}

/// The certificates of a file, at least one.
pub(super) fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|error| content(path, error.to_string()))?;
    if read.is_empty() {
        return Err(content(path, "there is no certificate in it".to_owned()));
    }
    Ok(read)
}

fn not_after(path: &Path, chain: &[CertificateDer<'_>]) -> Result<i64, TlsError> {
    let first = chain.first().map(AsRef::as_ref).unwrap_or_default();
    let (_, parsed) = x509_parser::parse_x509_certificate(first)
        .map_err(|error| content(path, format!("the first certificate is broken: {error}")))?;
    Ok(parsed.validity().not_after.timestamp())
}

fn content(path: &Path, what: String) -> TlsError {
    TlsError::Content { path: path.to_owned(), what }
}
