//! API keys: long random texts that backends come with; the broker knows only their hashes.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How every API key begins, so that a leaked one is recognised, and none is taken for a token.
pub(crate) const PREFIX: &str = "ffk_";
/// The random part, in bytes. No one guesses it, so a fast hash hides it as well as a slow one.
const RANDOM_BYTES: usize = 32;
/// How every hash begins as it is written.
const HASH_PREFIX: &str = "sha256:";

/// A new key. Whoever holds it, is it; it is shown once and kept nowhere.
pub(crate) struct NewApiKey {
    /// The key.
    pub(crate) text: String,
    /// What the configuration has of it.
    pub(crate) hash: ApiKeyHash,
}

impl NewApiKey {
    /// Makes a key.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random)?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        Ok(Self { hash: ApiKeyHash::of(&text), text })
    }
}

/// The SHA-256 of an API key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyHash([u8; SHA256_OUTPUT_LEN]);

impl ApiKeyHash {
    /// Takes a hash as it is written: `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(HASH_PREFIX)?;
        if digits.len() != 2 * SHA256_OUTPUT_LEN || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; SHA256_OUTPUT_LEN];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// The hash of a key.
    pub(crate) fn of(key: &str) -> Self {
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
        Self(hash)
    }

    /// Whether both are the same; how long that takes tells nothing.
    pub(crate) fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Display for ApiKeyHash {
    /// As [`ApiKeyHash::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HASH_PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_known_by_its_hash_alone() {
        let (key, other) = (NewApiKey::random().unwrap(), NewApiKey::random().unwrap());
        assert!(key.hash.is(&ApiKeyHash::of(&key.text)));
        assert!(!key.hash.is(&other.hash));
        assert!(key.text.starts_with(PREFIX) && key.text.len() == PREFIX.len() + 43);
        assert_eq!(ApiKeyHash::parse(&key.hash.to_string()), Some(key.hash));
    }

    #[test]
    fn a_hash_that_is_written_otherwise_is_none() {
        let good = ApiKeyHash::of("x").to_string();
        let digits = good.strip_prefix("sha256:").unwrap();
        for text in [
            digits,
            "sha256:",
            &good[..good.len() - 1],
            &format!("{good}0"),
            &good.replace(digits, &"g".repeat(64)),
        ] {
            assert_eq!(ApiKeyHash::parse(text), None, "{text}");
        }
        let plus = format!("sha256:{}", "+1".repeat(32));
        assert_eq!(ApiKeyHash::parse(&plus), None);
        assert!(ApiKeyHash::parse(&good.to_uppercase().replace("SHA256", "sha256")).is_some());
    }
}
