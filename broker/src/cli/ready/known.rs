//! TLS to a broker whose certificate is at hand: just that one is trusted, whatever name it is for.
//!
//! The broker is asked at its own address, for which its certificate need not be. The file that it shows is known, so it
//! is compared instead.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::cli::files;
use crate::cli::terminal::CommandError;

/// Trusts the first certificate of this file alone, and shows `pair` (a certificate and its key) where it is asked for.
///
/// # Errors
/// A file can't be read or used.
pub(super) fn client(cert: &Path, pair: Option<&(PathBuf, PathBuf)>) -> Result<ClientConfig, CommandError> {
    let shown = CertificateDer::from_pem_slice(&read(cert)?).map_err(|error| unusable(cert, error))?;
    let builder = trusting(Some(shown))?;
    let Some((cert, key)) = pair else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_slice_iter(&read(cert)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| unusable(cert, error))?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| unusable(key, error))?;
    builder.with_client_auth_cert(chain, secret).map_err(|error| unusable(cert, error))
}

/// Trusts nobody: for a port without TLS.
///
/// # Errors
/// TLS can't be set up.
pub(super) fn nobody() -> Result<ClientConfig, CommandError> {
    Ok(trusting(None)?.with_no_client_auth())
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn trusting(certificate: Option<CertificateDer<'static>>) -> Result<Builder, CommandError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = versions(provider)?.dangerous();
    Ok(builder.with_custom_certificate_verifier(Arc::new(Known { certificate, algorithms })))
}

fn versions(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, CommandError> {
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.map_err(|error| CommandError::Input(format!("TLS can't be set up: {error}")))
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    files::read(path).map_err(CommandError::Input)
}

fn unusable(path: &Path, error: impl std::fmt::Display) -> CommandError {
    CommandError::Input(format!("{}: {error}; it must be PEM", path.display()))
}

/// The one certificate that is trusted.
#[derive(Debug)]
struct Known {
    certificate: Option<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let known = self.certificate.as_ref().is_some_and(|known| known == end_entity);
        let stranger = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
        known.then(ServerCertVerified::assertion).ok_or(stranger)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
