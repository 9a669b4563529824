//! TLS for tests: an authority of one's own, what it signs, and bare connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::files::Directory;
use crate::within;

/// An authority that signs certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, both in PEM.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub cert: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let mut params = CertificateParams::new(Vec::new()).expect("no names are sound");
        let name = format!("authority {}", NEXT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("there is randomness");
        let pem = params.self_signed(&key).expect("it signs itself").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs a certificate for this machine, or for a client.
    pub fn sign(&self) -> Pair {
        self.sign_for(&["localhost", "127.0.0.1"])
    }

    /// Signs a certificate for these names and addresses.
    pub fn sign_for(&self, names: &[&str]) -> Pair {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("the names are sound");
        params.distinguished_name.push(DnType::CommonName, "localhost");
        let key = KeyPair::generate().expect("there is randomness");
        let cert = params.signed_by(&key, &self.issuer).expect("it signs");
        Pair { cert: cert.pem(), key: key.serialize_pem() }
    }

    /// Connects by TLS, trusting this authority alone; `before` is sent as it is.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn connect(&self, address: SocketAddr, before: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut socket = within("a connection", TcpStream::connect(address)).await?;
        within("room to send", socket.write_all(before)).await?;
        self.shake(socket, "localhost").await
    }

    /// Shakes hands by TLS with whoever goes by this name, trusting this authority alone.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn shake(
        &self,
        socket: TcpStream,
        name: &'static str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("ours is PEM"))
            .expect("and sound");
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the defaults are sound")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name).expect("a name");
        within("a TLS handshake", TlsConnector::from(Arc::new(config)).connect(name, socket)).await
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Writes both files as the configuration of [`config`] names them.
    pub fn write(&self, directory: &Directory) {
        directory.write("cert.pem", &self.cert);
        directory.write("key.pem", &self.key);
    }

    /// The certificate as it goes over the wire.
    pub fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.cert.as_bytes()).expect("ours is PEM").to_vec()
    }
}

/// A table of the configuration by which a port speaks TLS with the files in a directory.
pub fn config(table: &str, directory: &Directory) -> String {
    let path = directory.path().display();
    format!("[{table}]\ncert = \"{path}/cert.pem\"\nkey = \"{path}/key.pem\"\n")
}

/// The certificate that the other end showed.
pub fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    let (_, session) = stream.get_ref();
    session.peer_certificates().and_then(|chain| chain.first()).expect("a server shows one").to_vec()
}
