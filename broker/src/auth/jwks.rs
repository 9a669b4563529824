//! Key sets (JWKS, RFC 7517): the keys that an issuer publishes. One that can't be used never spoils the others.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::key::{Key, KeyError, KeyKind};

/// Most keys that are taken from one set.
pub(crate) const MAX_KEYS: usize = 64;
/// The longest set, in bytes.
pub(crate) const MAX_JWKS_BYTES: usize = 256 * 1024;

/// The keys of a set that can be used, and what is wrong with the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    /// Those that can be used.
    pub keys: Vec<Key>,
    /// For each of the others its name, or its place, and why.
    pub ignored: Vec<Ignored>,
}

/// A key that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its `kid`, or its place in the set.
    pub name: String,
    /// Why.
    pub why: Unusable,
}

/// Why a key of a set is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not of the form of a key.
    #[error("it is not of the form that RFC 7517 gives a key")]
    Form,
    /// For something else than signatures.
    #[error("it is not for signatures (`use`, `key_ops`)")]
    Purpose,
    /// A secret.
    #[error("it is a symmetric key: what stands in a key set is no secret")]
    Symmetric,
    /// A curve or kind that no algorithm here is for.
    #[error("its kind, curve or `alg` is not supported")]
    Unsupported,
    /// Weak or broken.
    #[error("it {0}")]
    Weak(KeyError),
    /// One too many.
    #[error("the set has more than {MAX_KEYS} keys")]
    TooMany,
}

/// Why a text is no key set at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// No JSON of the right form.
    #[error("is no key set: it must be JSON like {{\"keys\":[…]}}")]
    Form,
    /// None can be used.
    #[error("has no key that can be used")]
    Empty,
}

impl KeySet {
    /// Reads a set.
    ///
    /// # Errors
    /// It is none, or no key of it can be used.
    pub fn read(text: &[u8]) -> Result<Self, JwksError> {
        let document: Value = serde_json::from_slice(text).map_err(|_| JwksError::Form)?;
        let entries = document.get("keys").and_then(Value::as_array).ok_or(JwksError::Form)?;
        let mut set = Self::default();
        for (place, entry) in entries.iter().enumerate() {
            match read_key(entry) {
                Ok(_) if set.keys.len() == MAX_KEYS => set.ignore(place, entry, Unusable::TooMany),
                Ok(key) => set.keys.push(key),
                Err(why) => set.ignore(place, entry, why),
            }
        }
        if set.keys.is_empty() { Err(JwksError::Empty) } else { Ok(set) }
    }

    fn ignore(&mut self, place: usize, entry: &Value, why: Unusable) {
        // As with keys: a set without end makes no list without end.
        if self.ignored.len() < MAX_KEYS {
            let name = entry.get("kid").and_then(Value::as_str);
            let name =
                name.map_or_else(|| format!("key {}", place + 1), |kid| kid.chars().take(64).collect());
            self.ignored.push(Ignored { name, why });
        }
    }
}

fn read_key(entry: &Value) -> Result<Key, Unusable> {
    let jwk: Jwk = serde_json::from_value(entry.clone()).map_err(|_| Unusable::Form)?;
    let common = &jwk.common;
    let other_use = common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature);
    let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
    if other_use || !common.key_operations.as_ref().is_none_or(verifies) {
        return Err(Unusable::Purpose);
    }
    let decoding = DecodingKey::from_jwk(&jwk);
    let (key, kinds): (_, &[KeyKind]) = match &jwk.algorithm {
        AlgorithmParameters::OctetKey(_) => return Err(Unusable::Symmetric),
        AlgorithmParameters::RSA(_) => (Key::rsa(decoding.map_err(|_| Unusable::Form)?), &[KeyKind::Rsa]),
        AlgorithmParameters::EllipticCurve(parameters) => {
            let kind: &[KeyKind] = match parameters.curve {
                EllipticCurve::P256 => &[KeyKind::P256],
                EllipticCurve::P384 => &[KeyKind::P384],
                _ => return Err(Unusable::Unsupported),
            };
            (Key::curve(decoding.map_err(|_| Unusable::Form)?), kind)
        }
        AlgorithmParameters::OctetKeyPair(parameters) if parameters.curve == EllipticCurve::Ed25519 => {
            (Key::curve(decoding.map_err(|_| Unusable::Form)?), &[KeyKind::Ed25519])
        }
        _ => return Err(Unusable::Unsupported),
    };
    let key = key.map_err(Unusable::Weak)?;
    if !kinds.contains(&key.kind()) {
        return Err(Unusable::Form);
    }
    let only =
        common.key_algorithm.map(Algorithm::try_from).transpose().map_err(|_| Unusable::Unsupported)?;
    let key = key.named(common.key_id.as_deref(), only);
    if only.is_some_and(|only| !key.takes(only)) { Err(Unusable::Unsupported) } else { Ok(key) }
}
