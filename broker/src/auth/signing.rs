//! Signing: makes tokens, for trying things out and for backends that have no library for it.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

use super::key::{Key, KeyError};

/// A key that signs tokens, and the algorithms that it may be for; one of them fits.
pub(crate) struct SigningKey {
    key: EncodingKey,
    algorithms: &'static [Algorithm],
}

/// The file is no private key in PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no private key (PKCS #8 in PEM) of RSA, P-256, P-384 or Ed25519; `openssl genpkey` makes one")]
pub(crate) struct NoPrivateKey;

/// The key does not sign.
#[derive(Debug, thiserror::Error)]
#[error("the key can't sign a token: {0}")]
pub(crate) struct NotSigned(#[from] jsonwebtoken::errors::Error);

impl SigningKey {
    /// A shared secret.
    ///
    /// # Errors
    /// It is too short.
    pub(crate) fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        Key::from_secret(secret)?;
        Ok(Self { key: EncodingKey::from_secret(secret), algorithms: &[Algorithm::HS256] })
    }

    /// A private key in PEM.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, NoPrivateKey> {
        let (key, algorithms): (_, &[Algorithm]) = if let Ok(key) = EncodingKey::from_ed_pem(pem) {
            (key, &[Algorithm::EdDSA])
        } else if let Ok(key) = EncodingKey::from_ec_pem(pem) {
            (key, &[Algorithm::ES256, Algorithm::ES384])
        } else {
            (EncodingKey::from_rsa_pem(pem).map_err(|_| NoPrivateKey)?, &[Algorithm::RS256])
        };
        Ok(Self { key, algorithms })
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// The key is none of those that it seems to be.
    pub(crate) fn sign(&self, kid: Option<&str>, claims: &Value) -> Result<String, NotSigned> {
        let sign = |algorithm: &Algorithm| {
            let header = Header { kid: kid.map(str::to_owned), ..Header::new(*algorithm) };
            encode(&header, claims, &self.key)
        };
        let mut signed = self.algorithms.iter().map(sign);
        let first =
            signed.next().unwrap_or_else(|| Err(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into()));
        Ok(first.or_else(|error| signed.find(Result::is_ok).unwrap_or(Err(error)))?)
    }
}
