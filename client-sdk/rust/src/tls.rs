//! TLS: whom this client trusts, who it says that it is, and the handshake.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::Address;
use crate::error::Error;

/// The one protocol that is spoken over TLS here.
const ALPN: &[u8] = b"http/1.1";

/// What was said about TLS; all of it PEM.
#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    /// The authorities to trust, instead of the system's.
    pub(crate) ca: Option<Vec<u8>>,
    /// This client's own certificate, and its key.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// How to secure a connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl TlsOptions {
    /// Reads what was said.
    ///
    /// # Errors
    /// What should be PEM is not, a certificate does not go with its key, or the system has no authorities to trust.
    pub(crate) fn build(&self) -> Result<Tls, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Invalid(format!("TLS can't be set up: {error}")))?;
        let trusting = self.trust(builder)?;
        let built = match &self.identity {
            None => Ok(trusting.with_no_client_auth()),
            Some((cert, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key);
                let key = key.map_err(|error| invalid("the client's private key", &error))?;
                trusting.with_client_auth_cert(certificates(cert, "the client's certificate")?, key)
            }
        };
        let mut config = built.map_err(|error| invalid("the client's certificate", &error))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }

    fn trust(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    ) -> Result<ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>, Error> {
        let Some(pem) = &self.ca else {
            let verifying = builder.with_platform_verifier();
            return verifying
                .map_err(|error| invalid("the system's store of certificate authorities", &error));
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates(pem, "the certificate authority")? {
            roots.add(authority).map_err(|error| invalid("the certificate authority", &error))?;
        }
        Ok(builder.with_root_certificates(roots))
    }
}

impl Tls {
    /// Shakes hands over a fresh connection.
    ///
    /// # Errors
    /// The broker's certificate is not trusted or not for this host, or nobody there speaks TLS.
    pub(crate) async fn secure(
        &self,
        address: &Address,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Error> {
        let failed = |detail: String| Error::Tls { address: address.authority.clone(), detail };
        let host = address.uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned()).map_err(|error| failed(error.to_string()))?;
        self.0.connect(name, stream).await.map_err(|error| failed(explained(&error.to_string())))
    }
}

/// What TLS says of a failure, with what to do where that is known.
fn explained(error: &str) -> String {
    let hint = if error.contains("CaUsedAsEndEntity") {
        ": the certificate says that it is an authority's, and so it can't be a server's; make a self-signed one with \
         `openssl req -x509 … -addext basicConstraints=critical,CA:FALSE`"
    } else {
        ""
    };
    format!("{error}{hint}")
}

/// The certificates of a PEM text, at least one.
fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(what, &error))?;
    if read.is_empty() {
        return Err(Error::Invalid(format!("{what} can't be used: there is no certificate in it; give PEM")));
    }
    Ok(read)
}

fn invalid(what: &str, error: &dyn fmt::Display) -> Error {
    Error::Invalid(format!("{what} can't be used: {error}; give PEM"))
}

impl fmt::Debug for TlsOptions {
    /// A key never gets into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ca, identity) = (self.ca.is_some(), self.identity.is_some());
        f.debug_struct("TlsOptions").field("ca", &ca).field("identity", &identity).finish()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_refused_and_named() {
        let nonsense = || b"nonsense".to_vec();
        let ca = TlsOptions { ca: Some(nonsense()), ..TlsOptions::default() };
        assert!(ca.build().unwrap_err().to_string().contains("authority"));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let cert = made.cert.pem().into_bytes();
        let identity = Some((cert.clone(), nonsense()));
        let key = TlsOptions { ca: Some(cert), identity };
        assert!(key.build().unwrap_err().to_string().contains("private key"));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let identity = Some((b"certificate".to_vec(), b"a secret".to_vec()));
        let shown = format!("{:?}", TlsOptions { ca: None, identity });
        assert!(!shown.contains("secret") && !shown.contains("97"), "{shown}");
    }
}
