//! Keys of every kind, made anew for each test run, and the tokens that they sign.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

pub(super) const SECRET: &str = "a secret of the tests, long enough for HS256";

/// A pair of keys.
pub(super) struct Pair {
    pub(super) signing: EncodingKey,
    /// The public half.
    pub(super) pem: String,
    /// The public half without its `kid`.
    pub(super) jwk: Value,
}

fn pem(label: &str, der: &[u8]) -> String {
    let lines = STANDARD.encode(der);
    let lines: Vec<_> = lines.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(super) fn rsa(size: KeySize) -> Pair {
    let pair = RsaKeyPair::generate(size).unwrap();
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public = pair.public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Pair {
        signing: EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap(),
        pem: pem("RSA PUBLIC KEY", public.as_ref()),
        jwk: json!({
            "kty": "RSA",
            "n": part(public.modulus().big_endian_without_leading_zero()),
            "e": part(public.exponent().big_endian_without_leading_zero()),
        }),
    }
}

fn curve(pkcs8: &[u8], point: &[u8], head: &str, name: &str) -> Pair {
    let head: Vec<u8> = head
        .as_bytes()
        .chunks(2)
        .map(|hex| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap())
        .collect();
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Pair {
        signing: EncodingKey::from_ec_der(pkcs8),
        pem: pem("PUBLIC KEY", &[&head, point].concat()),
        jwk: json!({"kty": "EC", "crv": name, "x": part(x), "y": part(y)}),
    }
}

pub(super) fn p256() -> Pair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    curve(pkcs8.as_ref(), pair.public_key().as_ref(), head, "P-256")
}

pub(super) fn p384() -> Pair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let head = "3076301006072a8648ce3d020106052b81040022036200";
    curve(pkcs8.as_ref(), pair.public_key().as_ref(), head, "P-384")
}

pub(super) fn ed25519() -> Pair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let public = pair.public_key().as_ref();
    Pair {
        signing: EncodingKey::from_ed_der(pkcs8.as_ref()),
        pem: pem("PUBLIC KEY", &[&head, public].concat()),
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public)}),
    }
}

/// A token as its issuer makes it.
pub(super) fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, key).unwrap()
}

/// A token of parts that somebody wrote by hand.
pub(super) fn forge(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// The JSON of a set of these keys, under these names.
pub(super) fn jwks(keys: &[(&str, &Pair)]) -> String {
    let named = |(kid, pair): &(&str, &Pair)| {
        let mut jwk = pair.jwk.clone();
        jwk["kid"] = json!(kid);
        jwk
    };
    json!({"keys": keys.iter().map(named).collect::<Vec<_>>()}).to_string()
}
