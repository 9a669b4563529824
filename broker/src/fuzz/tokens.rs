//! Tokens: whatever text a client sends as one, it is accepted only if a key of the configuration has signed it.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Outcome;
use crate::auth::{
    ApiKeyHash, ApiKeySettings, AuthSettings, Authority, IssuerSettings, Key, KeySource, Rights,
};
use crate::clock::Now;

/// Milliseconds since 1970 at which all tokens are read.
pub(super) const NOW_MS: u64 = 1_800_000_000_000;
pub(super) const SECRET: &[u8] = b"a secret of the fuzz targets, and of nothing else";
/// An API key; only its hash is ever configured anywhere else.
const API_KEY: &str = "ffk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The public half of a key whose private half signed the seeds in the corpus.
const PUBLIC_KEY: &str = include_str!("public_key.pem");
/// Bytes of a P-256 key in PEM before its point.
const POINT_AT: usize = 26;

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let issuer = |name: &str, key| IssuerSettings {
        issuer: Some(name.to_owned()),
        audience: None,
        algorithms: None,
        keys: KeySource::One(key),
    };
    let api_key = ApiKeySettings {
        name: "backend".to_owned(),
        hash: ApiKeyHash::of(API_KEY),
        rights: Rights::default(),
    };
    Authority::new(AuthSettings {
        issuers: vec![
            issuer("secret", Key::from_secret(SECRET).expect("it is long enough")),
            issuer("curve", Key::from_pem(PUBLIC_KEY.as_bytes()).expect("it is a key")),
        ],
        api_keys: vec![api_key],
        ..AuthSettings::default()
    })
});

pub(super) fn now() -> Now {
    Now { wall_ms: NOW_MS, ..Now::default() }
}

pub(super) fn run(input: &[u8]) -> Outcome {
    let Ok(text) = str::from_utf8(input) else { return Outcome::Refused };
    let admitted = AUTHORITY.admit(Some(text), now());
    if admitted.is_ok() {
        assert!(text == API_KEY || is_signed(text), "accepted, and nobody signed it: {text}");
    }
    Outcome::of(&admitted)
}

/// Whether the issuer that the token names has signed it: found out without anything that the broker verifies by.
fn is_signed(token: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Some((head, payload)) = signed.split_once('.') else { return false };
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let json = |text: &str| part(text).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(head), Some(payload), Some(signature)) = (json(head), json(payload), part(signature)) else {
        return false;
    };
    let signed = signed.as_bytes();
    let by_secret = |algorithm| hmac::verify(&hmac::Key::new(algorithm, SECRET), signed, &signature).is_ok();
    match (payload["iss"].as_str(), head["alg"].as_str()) {
        (Some("secret"), Some("HS256")) => by_secret(hmac::HMAC_SHA256),
        (Some("secret"), Some("HS384")) => by_secret(hmac::HMAC_SHA384),
        (Some("secret"), Some("HS512")) => by_secret(hmac::HMAC_SHA512),
        (Some("curve"), Some("ES256")) => {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point());
            key.verify(signed, &signature).is_ok()
        }
        _ => false,
    }
}

/// The point of the public key.
fn point() -> Vec<u8> {
    let lines: String = PUBLIC_KEY.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).expect("it is base64").split_off(POINT_AT)
}
