//! The files of a certificate: where they are, what they hold, and what can be wrong with them.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// Where a port's certificate is. All are PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those of the authorities between it and the root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities whose clients may connect; without them, clients need no certificate.
    pub client_ca: Option<PathBuf>,
}

/// Why a certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{}: {error}; check the path and who may read it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// A file holds no certificate or key where one belongs, or one that is broken.
    #[error("{}: {what}; it must be PEM", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Certificate and key can't be used, or not together.
    #[error("{} and {} can't be used: {error}", cert.display(), key.display())]
    Pair {
        /// The file with the certificate.
        cert: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What is wrong.
        error: rustls::Error,
    },
    /// The operating system gives no random numbers, or the like.
    #[error("TLS can't be set up: {0}")]
    SetUp(#[source] rustls::Error),
}

/// What the files hold.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) cert: Vec<u8>,
    pub(super) key: Secret,
    pub(super) client_ca: Option<Vec<u8>>,
}

/// Bytes that never get into a log.
pub(super) struct Secret(pub(super) Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl TlsFiles {
    /// Reads all files.
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents {
            cert: read(&self.cert)?,
            key: Secret(read(&self.key)?),
            client_ca: self.client_ca.as_deref().map(read).transpose()?,
        })
    }
}

impl Contents {
    /// A number that tells other contents from these, for this process alone.
    pub(super) fn fingerprint(&self, state: &RandomState) -> u64 {
        state.hash_one((&self.cert, &self.key.0, &self.client_ca))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError::Read { path: path.to_owned(), error })
}
