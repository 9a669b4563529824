//! Keys that tokens are verified with. A key's kind says which algorithms it may ever be used with.

mod pem;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::signature;
use aws_lc_rs::signature::ParsedPublicKey;
pub(crate) use jsonwebtoken::Algorithm;
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

pub use pem::PemError;

/// The shortest secret, in bytes: as long as what HS256 makes of it.
pub(crate) const MIN_SECRET_BYTES: usize = 32;
/// The shortest modulus of RSA, in bits; shorter ones can be broken.
const MIN_RSA_BITS: u32 = 2_048;

/// What a key is. No algorithm belongs to two kinds, so what is signed for one kind is never good for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A shared secret.
    Secret,
    /// RSA.
    Rsa,
    /// The elliptic curve P-256.
    P256,
    /// The elliptic curve P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    /// The algorithms of this kind.
    pub(crate) fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Secret => &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512],
            Self::Rsa => &[
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            Self::P256 => &[Algorithm::ES256],
            Self::P384 => &[Algorithm::ES384],
            Self::Ed25519 => &[Algorithm::EdDSA],
        }
    }
}

/// Names of algorithms, as an operator writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithms(Vec<Algorithm>);

impl Algorithms {
    /// Takes algorithms by their names, such as `ES256`.
    ///
    /// # Errors
    /// Gives the place of a name that is none of a supported algorithm.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, usize> {
        let known = |(at, name)| Algorithm::from_str(name).map_err(|_| at);
        names.into_iter().enumerate().map(known).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them fits keys of this kind.
    pub fn fit(&self, kind: KeyKind) -> bool {
        self.0.iter().any(|algorithm| kind.algorithms().contains(algorithm))
    }

    pub(super) fn contains(&self, algorithm: Algorithm) -> bool {
        self.0.contains(&algorithm)
    }
}

/// A key that verifies tokens.
#[derive(Clone)]
pub struct Key {
    kind: KeyKind,
    id: Option<Box<str>>,
    /// The one algorithm it is meant for, where its set says so.
    only: Option<Algorithm>,
    decoding: Arc<DecodingKey>,
}

/// Why bytes are no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A secret that can be guessed.
    #[error("has {0} bytes; a secret has at least {MIN_SECRET_BYTES}")]
    ShortSecret(usize),
    /// An RSA key that can be broken.
    #[error("is an RSA key of {0} bits; at least {MIN_RSA_BITS} are needed")]
    ShortRsa(u32),
    /// No valid key of its kind.
    #[error("is no valid public key")]
    Invalid,
    /// The file is not what it should be.
    #[error(transparent)]
    Pem(#[from] PemError),
}

impl Key {
    /// A shared secret.
    ///
    /// # Errors
    /// It is too short.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret(secret.len()));
        }
        Ok(Self::new(KeyKind::Secret, DecodingKey::from_secret(secret)))
    }

    /// A public key in PEM.
    ///
    /// # Errors
    /// It is none, or one that is too weak.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        pem::check(text)?;
        if let Ok(key) = DecodingKey::from_rsa_pem(text) {
            return Self::rsa(key);
        }
        if let Ok(key) = DecodingKey::from_ec_pem(text) {
            return Self::curve(key);
        }
        let key = DecodingKey::from_ed_pem(text).map_err(|_| PemError::Kind)?;
        Self::curve(key)
    }

    /// A key of RSA, if it is sound and long enough.
    pub(super) fn rsa(key: DecodingKey) -> Result<Self, KeyError> {
        let bits = match key.kind() {
            DecodingKeyKind::SecretOrDer(der) => signature::RsaParameters::public_modulus_len(der).ok(),
            DecodingKeyKind::RsaModulusExponent { n, e } if !e.is_empty() => modulus_bits(n),
            DecodingKeyKind::RsaModulusExponent { .. } => None,
        };
        match bits {
            Some(bits) if bits >= MIN_RSA_BITS => Ok(Self::new(KeyKind::Rsa, key)),
            Some(bits) => Err(KeyError::ShortRsa(bits)),
            None => Err(KeyError::Invalid),
        }
    }

    /// A key on an elliptic curve; its length says on which.
    pub(super) fn curve(key: DecodingKey) -> Result<Self, KeyError> {
        let point = key.try_get_as_bytes().map_err(|_| KeyError::Invalid)?;
        let kinds: [(KeyKind, &'static dyn signature::VerificationAlgorithm); 3] = [
            (KeyKind::P256, &signature::ECDSA_P256_SHA256_FIXED),
            (KeyKind::P384, &signature::ECDSA_P384_SHA384_FIXED),
            (KeyKind::Ed25519, &signature::ED25519),
        ];
        let on = |(_, curve): &(_, &'static dyn signature::VerificationAlgorithm)| {
            ParsedPublicKey::new(*curve, point).is_ok()
        };
        let (kind, _) = kinds.into_iter().find(on).ok_or(KeyError::Invalid)?;
        let is_of_kind = (kind == KeyKind::Ed25519) == (key.family() == jsonwebtoken::AlgorithmFamily::Ed);
        if is_of_kind { Ok(Self::new(kind, key)) } else { Err(KeyError::Invalid) }
    }

    /// The key under a name, and for one algorithm only.
    pub(super) fn named(self, id: Option<&str>, only: Option<Algorithm>) -> Self {
        Self { id: id.map(Box::from), only, ..self }
    }

    /// What it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Its name in its set, which tokens call it by.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether a token with this algorithm may be verified with it.
    pub(super) fn takes(&self, algorithm: Algorithm) -> bool {
        self.kind.algorithms().contains(&algorithm) && self.only.is_none_or(|only| only == algorithm)
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    fn new(kind: KeyKind, decoding: DecodingKey) -> Self {
        Self { kind, id: None, only: None, decoding: Arc::new(decoding) }
    }
}

fn modulus_bits(modulus: &[u8]) -> Option<u32> {
    let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
    u32::try_from(significant).ok()?.checked_mul(8).filter(|bits| *bits > 0)
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let material = match (self.decoding.kind(), other.decoding.kind()) {
            (DecodingKeyKind::SecretOrDer(a), DecodingKeyKind::SecretOrDer(b)) => a == b,
            (
                DecodingKeyKind::RsaModulusExponent { n, e },
                DecodingKeyKind::RsaModulusExponent { n: other_n, e: other_e },
            ) => n == other_n && e == other_e,
            _ => false,
        };
        material && self.kind == other.kind && self.id == other.id && self.only == other.only
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    /// A key never gets into a log, be it a secret or not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kind", &self.kind).field("id", &self.id).finish_non_exhaustive()
    }
}
